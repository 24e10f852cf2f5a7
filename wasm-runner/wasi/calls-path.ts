// Calls on a path beneath an open directory: open, create, remove, link, rename, stat.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import { putFilestat, setTimes } from './calls-descriptor.ts';
import * as e from './errno.ts';
import type { WasiHost } from './host.ts';
import { DirectoryNode, FileNode, LinkNode, type TreeNode } from './nodes.ts';
import { PATH_BYTES_MAX, pathText, type Resolved, resolve } from './paths.ts';

/** Hard links of one file. */
const LINKS_MAX = 65_000;
/** Depth of directories, so that listing the outputs cannot exhaust the host's stack. */
const DEPTH_MAX = 512;

export const pathCalls = {
  path_create_directory(host: WasiHost, fd: number, path: number, length: number): number {
    const at = lookup(host, fd, path, length, false);
    if (at.node !== null) return e.EEXIST;
    const parent = writable(at);
    if (depth(parent) >= DEPTH_MAX) return e.ENAMETOOLONG;
    parent.attach(at.name!, new DirectoryNode(parent.tree));
    return e.ESUCCESS;
  },

  path_filestat_get(
    host: WasiHost,
    fd: number,
    flags: number,
    path: number,
    length: number,
    result: number,
  ): number {
    const at = lookup(host, fd, path, length, follows(flags));
    return putFilestat(host, result, at.node ?? e.fail(e.ENOENT));
  },

  path_filestat_set_times(
    host: WasiHost,
    fd: number,
    lookupFlags: number,
    path: number,
    length: number,
    atim: bigint,
    mtim: bigint,
    flags: number,
  ): number {
    const at = lookup(host, fd, path, length, follows(lookupFlags));
    return setTimes(host, at.node ?? e.fail(e.ENOENT), atim, mtim, flags);
  },

  path_link(
    host: WasiHost,
    oldFd: number,
    oldFlags: number,
    oldPath: number,
    oldLength: number,
    newFd: number,
    newPath: number,
    newLength: number,
  ): number {
    if (follows(oldFlags)) return e.EINVAL;
    const from = lookup(host, oldFd, oldPath, oldLength, false);
    const node = from.node ?? e.fail(e.ENOENT);
    const to = lookup(host, newFd, newPath, newLength, false);
    if (to.node !== null) return e.EEXIST;
    if (node instanceof DirectoryNode) return e.EPERM;
    if (to.wantsDirectory) return e.ENOENT;
    const parent = writable(to);
    if (parent.tree.readOnly !== node.tree.readOnly) return e.EXDEV;
    if (node.links >= LINKS_MAX) return e.EMLINK;
    parent.attach(to.name!, node);
    node.links++;
    return e.ESUCCESS;
  },

  path_open(
    host: WasiHost,
    fd: number,
    lookupFlags: number,
    path: number,
    length: number,
    oflags: number,
    rightsBase: bigint,
    rightsInheriting: bigint,
    fdflags: number,
    result: number,
  ): number {
    const directory = host.directory(fd);
    const create = (oflags & e.OFLAGS_CREAT) !== 0;
    if (create && oflags & e.OFLAGS_DIRECTORY) return e.EINVAL;
    if (oflags >>> 0 > 15 || fdflags >>> 0 > e.FDFLAGS_ALL) return e.EINVAL;
    const rights = BigInt.asUintN(64, rightsBase);
    const exclusive = create && (oflags & e.OFLAGS_EXCL) !== 0;
    const at = lookup(host, fd, path, length, follows(lookupFlags) && !exclusive);
    host.memory.u32(result);
    const common = {
      flags: fdflags,
      rights,
      inheriting: BigInt.asUintN(64, rightsInheriting) & directory.inheriting,
    };
    const node = at.node === null ? createFile(at, create) : existing(at.node, oflags, rights, exclusive);
    if (node instanceof DirectoryNode) {
      const opened = {
        kind: 'directory' as const,
        ...common,
        rights: rights & e.RIGHTS_DIRECTORY,
        node,
        preopen: null,
        listing: null,
      };
      host.memory.setU32(result, host.descriptors.add(opened));
      return e.ESUCCESS;
    }
    const opened = { kind: 'file' as const, ...common, rights: rights & e.RIGHTS_FILE, node, offset: 0 };
    const newFd = host.descriptors.add(opened);
    if (oflags & e.OFLAGS_TRUNC && node.size > 0) node.resize(0);
    host.memory.setU32(result, newFd);
    return e.ESUCCESS;
  },

  path_readlink(
    host: WasiHost,
    fd: number,
    path: number,
    length: number,
    buffer: number,
    size: number,
    result: number,
  ): number {
    const node = lookup(host, fd, path, length, false).node ?? e.fail(e.ENOENT);
    if (!(node instanceof LinkNode)) return e.EINVAL;
    const target = new TextEncoder().encode(node.target);
    const count = Math.min(target.length, size >>> 0);
    host.memory.slice(buffer, count).set(target.subarray(0, count));
    host.memory.setU32(result, count);
    return e.ESUCCESS;
  },

  path_remove_directory(host: WasiHost, fd: number, path: number, length: number): number {
    const at = lookup(host, fd, path, length, false);
    const node = at.node ?? e.fail(e.ENOENT);
    if (at.name === null) return e.EINVAL;
    if (!(node instanceof DirectoryNode)) return e.ENOTDIR;
    const parent = writable(at);
    if (node.entries.size > 0) return e.ENOTEMPTY;
    parent.detach(at.name);
    node.links = 0;
    node.releaseIfGone();
    return e.ESUCCESS;
  },

  path_rename(
    host: WasiHost,
    oldFd: number,
    oldPath: number,
    oldLength: number,
    newFd: number,
    newPath: number,
    newLength: number,
  ): number {
    const from = lookup(host, oldFd, oldPath, oldLength, false);
    const to = lookup(host, newFd, newPath, newLength, false);
    const node = from.node ?? e.fail(e.ENOENT);
    if (from.name === null || to.name === null) return e.EINVAL;
    if (from.parent.tree.readOnly !== to.parent.tree.readOnly) return e.EXDEV;
    const oldParent = writable(from);
    const newParent = writable(to);
    if (node === to.node) return e.ESUCCESS;
    if (node instanceof DirectoryNode) {
      for (let above: DirectoryNode | null = newParent; above !== null; above = above.parent)
        if (above === node) return e.EINVAL;
      if (to.node !== null && !(to.node instanceof DirectoryNode)) return e.ENOTDIR;
      if (to.node instanceof DirectoryNode && to.node.entries.size > 0) return e.ENOTEMPTY;
      if (depth(newParent) + height(node) >= DEPTH_MAX) return e.ENAMETOOLONG;
    } else {
      if (to.node instanceof DirectoryNode) return e.EISDIR;
      if (to.wantsDirectory) return e.ENOTDIR;
    }
    if (to.node !== null) drop(newParent, to.name, to.node);
    oldParent.detach(from.name);
    newParent.attach(to.name, node);
    node.ctim = host.clock.stamp();
    return e.ESUCCESS;
  },

  path_symlink(
    host: WasiHost,
    target: number,
    targetLength: number,
    fd: number,
    path: number,
    length: number,
  ): number {
    const text = pathText(host.memory.slice(target, targetLength));
    if (text.startsWith('/')) return e.EPERM;
    const at = lookup(host, fd, path, length, false);
    if (at.node !== null) return e.EEXIST;
    if (at.wantsDirectory) return e.ENOENT;
    const parent = writable(at);
    parent.attach(at.name!, new LinkNode(parent.tree, text));
    return e.ESUCCESS;
  },

  path_unlink_file(host: WasiHost, fd: number, path: number, length: number): number {
    const at = lookup(host, fd, path, length, false);
    const node = at.node ?? e.fail(e.ENOENT);
    if (node instanceof DirectoryNode) return e.EISDIR;
    drop(writable(at), at.name!, node);
    return e.ESUCCESS;
  },
};

function follows(flags: number): boolean {
  return (flags & e.LOOKUP_SYMLINK_FOLLOW) !== 0;
}

function lookup(host: WasiHost, fd: number, path: number, length: number, follow: boolean): Resolved {
  const directory = host.directory(fd);
  if (length >>> 0 > PATH_BYTES_MAX) e.fail(e.ENAMETOOLONG);
  const at = resolve(directory.node, pathText(host.memory.slice(path, length)), follow);
  host.charge(at.steps * LENGTH_WEIGHTS.hostItem);
  return at;
}

/** The directory to change; the root of a removed tree cannot take entries. */
function writable(at: Resolved): DirectoryNode {
  if (at.parent.tree.readOnly) e.fail(e.EROFS);
  if (at.parent.links === 0) e.fail(e.ENOENT);
  return at.parent;
}

function createFile(at: Resolved, create: boolean): FileNode {
  if (!create) e.fail(e.ENOENT);
  if (at.wantsDirectory) e.fail(e.EISDIR);
  const parent = writable(at);
  const file = new FileNode(parent.tree);
  parent.attach(at.name!, file);
  return file;
}

function existing(
  node: TreeNode,
  oflags: number,
  rights: bigint,
  exclusive: boolean,
): FileNode | DirectoryNode {
  if (exclusive) e.fail(e.EEXIST);
  if (node instanceof LinkNode) return e.fail(oflags & e.OFLAGS_DIRECTORY ? e.ENOTDIR : e.ELOOP);
  const truncates = (oflags & e.OFLAGS_TRUNC) !== 0;
  if (node instanceof DirectoryNode) {
    if (truncates || (rights & e.RIGHT_FD_WRITE) !== 0n) e.fail(e.EISDIR);
    return node;
  }
  if (oflags & e.OFLAGS_DIRECTORY) e.fail(e.ENOTDIR);
  if (node.tree.readOnly && (truncates || (rights & e.RIGHT_FD_WRITE) !== 0n)) e.fail(e.EROFS);
  return node;
}

function drop(parent: DirectoryNode, name: string, node: TreeNode): void {
  parent.detach(name);
  node.links--;
  node.ctim = node.tree.stamp();
  node.releaseIfGone();
}

function depth(directory: DirectoryNode): number {
  let count = 0;
  for (let above: DirectoryNode | null = directory; above !== null; above = above.parent) count++;
  return count;
}

function height(directory: DirectoryNode): number {
  let highest = 0;
  for (const child of directory.entries.values())
    if (child instanceof DirectoryNode) highest = Math.max(highest, height(child));
  return highest + 1;
}

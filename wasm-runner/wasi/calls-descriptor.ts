// Calls on an open descriptor that move no content: seek, stat, flags, rights, times.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import type { Descriptor, OpenFile } from './descriptors.ts';
import * as e from './errno.ts';
import type { WasiHost } from './host.ts';
import { FILE_BYTES_MAX, type TreeNode } from './nodes.ts';

const SEEK_SET = 0;
const SEEK_CUR = 1;
const SEEK_END = 2;
/** Advice values of fd_advise: 0 to 5. */
const ADVICE_MAX = 5;

export const descriptorCalls = {
  fd_advise(host: WasiHost, fd: number, _offset: bigint, _length: bigint, advice: number): number {
    fileOf(host, fd);
    return advice >>> 0 > ADVICE_MAX ? e.EINVAL : e.ESUCCESS;
  },

  fd_allocate(host: WasiHost, fd: number, offset: bigint, length: bigint): number {
    const file = writableFile(host, fd);
    const end = BigInt.asUintN(64, offset) + BigInt.asUintN(64, length);
    if (length === 0n) return e.EINVAL;
    if (end > BigInt(FILE_BYTES_MAX)) return e.EFBIG;
    if (Number(end) > file.node.size) growFile(host, file, Number(end));
    return e.ESUCCESS;
  },

  fd_close(host: WasiHost, fd: number): number {
    host.descriptors.close(fd);
    return e.ESUCCESS;
  },

  fd_datasync: (host: WasiHost, fd: number) => synced(host, fd),
  fd_sync: (host: WasiHost, fd: number) => synced(host, fd),

  fd_fdstat_get(host: WasiHost, fd: number, result: number): number {
    const descriptor = host.descriptors.get(fd);
    host.memory.slice(result, 24).fill(0);
    host.memory.setU8(result, filetypeOf(descriptor));
    host.memory.setU16(result + 2, descriptor.flags);
    host.memory.setU64(result + 8, descriptor.rights);
    host.memory.setU64(result + 16, descriptor.inheriting);
    return e.ESUCCESS;
  },

  fd_fdstat_set_flags(host: WasiHost, fd: number, flags: number): number {
    const descriptor = host.descriptors.get(fd);
    if (flags >>> 0 > e.FDFLAGS_ALL) return e.EINVAL;
    if (descriptor.kind === 'directory') return e.EBADF;
    descriptor.flags = flags;
    return e.ESUCCESS;
  },

  fd_fdstat_set_rights(host: WasiHost, fd: number, base: bigint, inheriting: bigint): number {
    const descriptor = host.descriptors.get(fd);
    const newBase = BigInt.asUintN(64, base);
    const newInheriting = BigInt.asUintN(64, inheriting);
    if ((newBase & ~descriptor.rights) !== 0n || (newInheriting & ~descriptor.inheriting) !== 0n)
      return e.ENOTCAPABLE;
    descriptor.rights = newBase;
    descriptor.inheriting = newInheriting;
    return e.ESUCCESS;
  },

  fd_filestat_get(host: WasiHost, fd: number, result: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind === 'file' || descriptor.kind === 'directory')
      return putFilestat(host, result, descriptor.node);
    host.memory.slice(result, 64).fill(0);
    host.memory.setU64(result + 24, 1n);
    return e.ESUCCESS;
  },

  fd_filestat_set_size(host: WasiHost, fd: number, size: bigint): number {
    const file = writableFile(host, fd);
    const bytes = BigInt.asUintN(64, size);
    if (bytes > BigInt(FILE_BYTES_MAX)) return e.EFBIG;
    growFile(host, file, Number(bytes));
    return e.ESUCCESS;
  },

  fd_filestat_set_times(host: WasiHost, fd: number, atim: bigint, mtim: bigint, flags: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind !== 'file' && descriptor.kind !== 'directory') return e.EBADF;
    return setTimes(host, descriptor.node, atim, mtim, flags);
  },

  fd_prestat_get(host: WasiHost, fd: number, result: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind !== 'directory' || descriptor.preopen === null) return e.EBADF;
    host.memory.setU32(result, 0);
    host.memory.setU32(result + 4, new TextEncoder().encode(descriptor.preopen).length);
    return e.ESUCCESS;
  },

  fd_prestat_dir_name(host: WasiHost, fd: number, at: number, length: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind !== 'directory' || descriptor.preopen === null) return e.EBADF;
    const name = new TextEncoder().encode(descriptor.preopen);
    if (length >>> 0 < name.length) return e.ENAMETOOLONG;
    host.memory.slice(at, name.length).set(name);
    return e.ESUCCESS;
  },

  fd_renumber(host: WasiHost, from: number, to: number): number {
    host.descriptors.renumber(from, to);
    return e.ESUCCESS;
  },

  fd_seek(host: WasiHost, fd: number, offset: bigint, whence: number, result: number): number {
    const file = seekable(host, fd);
    const base =
      whence === SEEK_SET
        ? 0
        : whence === SEEK_CUR
          ? file.offset
          : whence === SEEK_END
            ? file.node.size
            : e.fail(e.EINVAL);
    const target = BigInt(base) + offset;
    if (target < 0n || target > BigInt(Number.MAX_SAFE_INTEGER)) return e.EINVAL;
    host.memory.setU64(result, target);
    file.offset = Number(target);
    return e.ESUCCESS;
  },

  fd_tell(host: WasiHost, fd: number, result: number): number {
    host.memory.setU64(result, BigInt(seekable(host, fd).offset));
    return e.ESUCCESS;
  },
};

/** Puts a filestat record of 64 bytes. */
export function putFilestat(host: WasiHost, result: number, node: TreeNode): number {
  const { memory } = host;
  memory.slice(result, 64).fill(0);
  memory.setU64(result, 1n);
  memory.setU64(result + 8, node.ino);
  memory.setU8(result + 16, node.filetype);
  memory.setU64(result + 24, BigInt(node.links));
  memory.setU64(result + 32, BigInt(node.size));
  memory.setU64(result + 40, node.atim);
  memory.setU64(result + 48, node.mtim);
  memory.setU64(result + 56, node.ctim);
  return e.ESUCCESS;
}

/** Sets file times as the flags say. */
export function setTimes(host: WasiHost, node: TreeNode, atim: bigint, mtim: bigint, flags: number): number {
  if (flags >>> 0 > 15) return e.EINVAL;
  if (flags & e.FSTFLAGS_ATIM && flags & e.FSTFLAGS_ATIM_NOW) return e.EINVAL;
  if (flags & e.FSTFLAGS_MTIM && flags & e.FSTFLAGS_MTIM_NOW) return e.EINVAL;
  if (node.tree.readOnly) return e.EROFS;
  const now = host.clock.stamp();
  if (flags & e.FSTFLAGS_ATIM) node.atim = BigInt.asUintN(64, atim);
  if (flags & e.FSTFLAGS_ATIM_NOW) node.atim = now;
  if (flags & e.FSTFLAGS_MTIM) node.mtim = BigInt.asUintN(64, mtim);
  if (flags & e.FSTFLAGS_MTIM_NOW) node.mtim = now;
  node.ctim = now;
  return e.ESUCCESS;
}

function filetypeOf(descriptor: Descriptor): number {
  if (descriptor.kind === 'file') return e.FILETYPE_REGULAR_FILE;
  return descriptor.kind === 'directory' ? e.FILETYPE_DIRECTORY : e.FILETYPE_UNKNOWN;
}

/** The open file of a descriptor. */
export function fileOf(host: WasiHost, fd: number): OpenFile {
  const descriptor = host.descriptors.get(fd);
  if (descriptor.kind === 'file') return descriptor;
  return e.fail(descriptor.kind === 'directory' ? e.EBADF : e.ESPIPE);
}

function seekable(host: WasiHost, fd: number): OpenFile {
  return fileOf(host, fd);
}

/** The same, open for writing. */
export function writableFile(host: WasiHost, fd: number): OpenFile {
  const file = fileOf(host, fd);
  if ((file.rights & e.RIGHT_FD_WRITE) === 0n) e.fail(e.EBADF);
  return file;
}

function synced(host: WasiHost, fd: number): number {
  const descriptor = host.descriptors.get(fd);
  return descriptor.kind === 'file' || descriptor.kind === 'directory' ? e.ESUCCESS : e.EINVAL;
}

function growFile(host: WasiHost, file: OpenFile, size: number): void {
  host.charge(Math.max(0, size - file.node.size) >> LENGTH_WEIGHTS.hostByteShift);
  file.node.resize(size);
}

// Resolves guest paths beneath an open directory, symbolic links included. Nothing above that directory can be named.
// Must not: create or remove nodes.

import { EILSEQ, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, fail } from './errno.ts';
import { DirectoryNode, LinkNode, type TreeNode } from './nodes.ts';

/** Bytes of a path and of one name, as on Linux. */
export const PATH_BYTES_MAX = 4_096;
const NAME_BYTES_MAX = 255;
/** Symbolic links followed in one resolution, as on Linux. */
const SYMLINKS_MAX = 40;

export interface Resolved {
  /** Directory that holds the last name; for a path that ends in `.` or `..`, the directory itself. */
  readonly parent: DirectoryNode;
  /** Last name, or null for a path that ends in `.` or `..`. */
  readonly name: string | null;
  readonly node: TreeNode | null;
  /** The path ended in a slash. */
  readonly wantsDirectory: boolean;
  /** Names looked up, for the fuel charge. */
  readonly steps: number;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of path bytes. Fails with EILSEQ, EINVAL (a zero byte), ENAMETOOLONG or ENOENT (empty). */
export function pathText(bytes: Uint8Array): string {
  if (bytes.length === 0) fail(ENOENT);
  if (bytes.length > PATH_BYTES_MAX) fail(ENAMETOOLONG);
  if (bytes.includes(0)) fail(EINVAL);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return fail(EILSEQ);
  }
}

/** Resolves `path` beneath `base`; a last symbolic link is followed when `follow` says so or the path ends in a slash. */
export function resolve(base: DirectoryNode, path: string, follow: boolean): Resolved {
  const pending: string[] = [];
  let wantsDirectory = pushParts(pending, path);
  const trail: DirectoryNode[] = [base];
  let links = 0;
  let steps = 0;
  let last: { parent: DirectoryNode; name: string | null; node: TreeNode | null } = {
    parent: base,
    name: null,
    node: base,
  };
  while (pending.length > 0) {
    const name = pending.pop()!;
    const current = trail[trail.length - 1]!;
    steps++;
    if (name === '') continue;
    if (name === '.' || name === '..') {
      if (name === '..' && trail.length === 1) fail(EPERM);
      if (name === '..') trail.pop();
      const here = trail[trail.length - 1]!;
      last = { parent: here, name: null, node: here };
      continue;
    }
    if (name.length * 3 > NAME_BYTES_MAX && new TextEncoder().encode(name).length > NAME_BYTES_MAX)
      fail(ENAMETOOLONG);
    const node = current.entries.get(name) ?? null;
    const isLast = pending.length === 0;
    if (node instanceof LinkNode && (!isLast || follow || wantsDirectory)) {
      if (++links > SYMLINKS_MAX) fail(ELOOP);
      const slash = pushParts(pending, node.target);
      if (isLast) wantsDirectory ||= slash;
      continue;
    }
    last = { parent: current, name, node };
    if (isLast) break;
    if (node === null) fail(ENOENT);
    if (!(node instanceof DirectoryNode)) fail(ENOTDIR);
    trail.push(node);
  }
  if (wantsDirectory && last.node !== null && !(last.node instanceof DirectoryNode)) fail(ENOTDIR);
  return { ...last, wantsDirectory, steps };
}

/** Puts the names of a path on the stack, first on top; true when the path ends in a slash. */
function pushParts(stack: string[], path: string): boolean {
  if (path.startsWith('/')) fail(EPERM);
  const parts = path.split('/');
  let end = parts.length;
  while (end > 1 && parts[end - 1] === '') end--;
  for (let index = end - 1; index >= 0; index--) stack.push(parts[index]!);
  return end < parts.length;
}

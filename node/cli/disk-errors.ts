// What the disk answers to a command, in words: a place that is not there or not ours is a slip of whoever typed it, a full disk is the disk's.

import { ZeroError } from '../../protocol/errors/index.ts';

type Kind = readonly [code: 'STORAGE_FAILED' | 'USAGE', words: string, hint: string];

const PLACE = 'Name a file in a folder that is there and that this user may use.';
const ROOM =
  'Make room, or name a place on another disk, and run it again: what was begun is not left behind.';
const KINDS: Readonly<Record<string, Kind>> = {
  ENOENT: ['USAGE', 'there is no such file or folder', PLACE],
  ENOTDIR: ['USAGE', 'a part of its path is no folder', PLACE],
  EISDIR: ['USAGE', 'it is a folder', PLACE],
  EACCES: ['USAGE', 'its permissions do not allow it', PLACE],
  EPERM: ['USAGE', 'its permissions do not allow it', PLACE],
  EEXIST: ['USAGE', 'it is there already', PLACE],
  ENAMETOOLONG: ['USAGE', 'its name is too long', PLACE],
  EROFS: ['STORAGE_FAILED', 'the disk is read-only', ROOM],
  ENOSPC: ['STORAGE_FAILED', 'the disk is full', ROOM],
  EDQUOT: ['STORAGE_FAILED', 'the quota of this user is used up', ROOM],
  EIO: ['STORAGE_FAILED', 'the disk failed', 'Look into the log of the system, and use another disk.'],
};
/** What files are asked for. An ENOENT of a program that was not found, or of a name without an address, is something else. */
const SYSCALLS =
  /^(?:open|read|write|fsync|fdatasync|rename|unlink|mkdir|mkdtemp|rmdir|rm|scandir|l?stat|fstat|access|copyfile|ftruncate)$/;

function kindOf(error: unknown): Kind | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall !== undefined && SYSCALLS.test(syscall) ? KINDS[code ?? ''] : undefined;
}

/** The error of a disk as people read it; `path` where the error does not name it. Undefined for every other error. */
export function diskError(error: unknown, path?: string): ZeroError | undefined {
  const kind = kindOf(error);
  if (kind === undefined) return undefined;
  const [code, words, hint] = kind;
  const { path: named = path, syscall } = error as NodeJS.ErrnoException;
  return new ZeroError(code, named === undefined ? `${syscall}: ${words}` : `${named}: ${words}`, {
    cause: error,
    hint,
  });
}

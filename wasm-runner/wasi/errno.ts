// Error numbers and constants of WASI preview 1, and the exception that carries one. Must not: hold behaviour.

export const ESUCCESS = 0;
export const EACCES = 2;
export const EBADF = 8;
export const EEXIST = 20;
export const EFAULT = 21;
export const EFBIG = 22;
export const EILSEQ = 25;
export const EINVAL = 28;
export const EISDIR = 31;
export const ELOOP = 32;
export const EMFILE = 33;
export const EMLINK = 34;
export const ENAMETOOLONG = 37;
export const ENOENT = 44;
export const ENOTDIR = 54;
export const ENOTEMPTY = 55;
export const ENOTSOCK = 57;
export const ENOTSUP = 58;
export const EPERM = 63;
export const EROFS = 69;
export const ESPIPE = 70;
export const EXDEV = 75;
export const ENOTCAPABLE = 76;

export const FILETYPE_UNKNOWN = 0;
export const FILETYPE_DIRECTORY = 3;
export const FILETYPE_REGULAR_FILE = 4;
export const FILETYPE_SYMBOLIC_LINK = 7;

/** The one descriptor flag that means something here: memory is always in step, and never blocks. */
export const FDFLAGS_APPEND = 1;
/** All descriptor flags: append, dsync, nonblock, rsync, sync. */
export const FDFLAGS_ALL = 31;

export const OFLAGS_CREAT = 1;
export const OFLAGS_DIRECTORY = 2;
export const OFLAGS_EXCL = 4;
export const OFLAGS_TRUNC = 8;

export const LOOKUP_SYMLINK_FOLLOW = 1;

export const FSTFLAGS_ATIM = 1;
export const FSTFLAGS_ATIM_NOW = 2;
export const FSTFLAGS_MTIM = 4;
export const FSTFLAGS_MTIM_NOW = 8;

/** Rights, by bit. */
export const RIGHT_FD_READ = 1n << 1n;
export const RIGHT_FD_SEEK = 1n << 2n;
export const RIGHT_FD_TELL = 1n << 5n;
export const RIGHT_FD_WRITE = 1n << 6n;
export const RIGHT_POLL = 1n << 27n;
/** What a regular file can do: everything on a descriptor but reading a directory. */
export const RIGHTS_FILE = 0x0000_0000_08e0_01ffn;
/** What a directory can do: path calls, readdir, stat and times. Not sizes: those belong to files. */
export const RIGHTS_DIRECTORY = 0x0000_0000_07b7_fe11n;
export const RIGHTS_STREAM = RIGHT_POLL | (1n << 3n) | (1n << 21n);
export const RIGHTS_ALL = 0x0000_0000_3fff_ffffn;

/** A WASI call that fails with an error number; the guest sees the number. */
export class WasiError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** Throws the error number. */
export function fail(errno: number): never {
  throw new WasiError(errno);
}

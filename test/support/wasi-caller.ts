// Calls WASI functions as a module would, with strings and structures placed in a memory that a test owns. Whose functions they are is the
// caller's business. Must not: know a host.

import { Buffer } from 'node:buffer';

type Argument = number | bigint | string;

export type Functions = Readonly<Record<string, (...args: (number | bigint)[]) => number>>;

/** Directory descriptors that every run starts with. */
export const IN = 3;
export const OUT = 4;

export const CREATE = 1;
export const DIRECTORY = 2;
export const EXCLUSIVE = 4;
export const TRUNCATE = 8;
export const READ = 1n << 1n;
export const WRITE = 1n << 6n;

export interface Filestat {
  readonly ino: bigint;
  readonly filetype: number;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

export class WasiCaller {
  readonly memory: WebAssembly.Memory;
  readonly #functions: Functions;
  #next = 1_024;

  constructor(functions: Functions, memory: WebAssembly.Memory) {
    this.#functions = functions;
    this.memory = memory;
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Room for `size` bytes, zeroed. */
  room(size: number): number {
    const at = this.#next;
    this.#next = (this.#next + size + 15) & ~7;
    if (this.#next > this.memory.buffer.byteLength) throw new Error('test guest is out of memory');
    return at;
  }

  put(bytes: Uint8Array | string): { at: number; length: number } {
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const at = this.room(content.length);
    new Uint8Array(this.memory.buffer).set(content, at);
    return { at, length: content.length };
  }

  text(at: number, length: number): string {
    return Buffer.from(this.memory.buffer, at, length).toString();
  }

  /** Calls a function; a string stands for its pointer and length. Returns the error number. */
  call(name: string, ...args: Argument[]): number {
    const flat = args.flatMap((arg) => {
      if (typeof arg !== 'string') return [arg];
      const { at, length } = this.put(arg);
      return [at, length];
    });
    return this.#functions[name]!(...flat);
  }

  /** Opens a path; returns the descriptor, or minus the error number. */
  open(
    path: string,
    oflags = 0,
    rights = 0n,
    options: { fd?: number; follow?: boolean; fdflags?: number; inheriting?: bigint } = {},
  ): number {
    const result = this.room(4);
    const { fd = OUT, follow = false, fdflags = 0, inheriting = 0n } = options;
    const errno = this.call(
      'path_open',
      fd,
      follow ? 1 : 0,
      path,
      oflags,
      rights,
      inheriting,
      fdflags,
      result,
    );
    return errno === 0 ? this.view.getUint32(result, true) : -errno;
  }

  /** Makes a file with content. */
  file(path: string, content = '', fd = OUT): void {
    const opened = this.open(path, CREATE | EXCLUSIVE, READ | WRITE, { fd });
    if (opened < 0) throw new Error(`cannot make ${path}: ${-opened}`);
    this.write(opened, content);
    this.call('fd_close', opened);
  }

  /** Writes; returns the count, or minus the error number. */
  write(fd: number, ...parts: string[]): number {
    return this.#vectors(
      'fd_write',
      fd,
      parts.map((part) => this.put(part)),
      [],
    );
  }

  pwrite(fd: number, content: string, offset: bigint): number {
    return this.#vectors('fd_pwrite', fd, [this.put(content)], [offset]);
  }

  /** Reads up to `size` bytes; returns the text, or minus the error number. */
  read(fd: number, size: number, offset?: bigint): string | number {
    const part = { at: this.room(size), length: size };
    const count = this.#vectors(
      offset === undefined ? 'fd_read' : 'fd_pread',
      fd,
      [part],
      offset === undefined ? [] : [offset],
    );
    return count < 0 ? count : this.text(part.at, count);
  }

  #vectors(
    name: string,
    fd: number,
    parts: readonly { at: number; length: number }[],
    extra: bigint[],
  ): number {
    const list = this.room(parts.length * 8);
    for (const [index, part] of parts.entries()) {
      this.view.setUint32(list + index * 8, part.at, true);
      this.view.setUint32(list + index * 8 + 4, part.length, true);
    }
    const result = this.room(4);
    const errno = this.call(name, fd, list, parts.length, ...extra, result);
    return errno === 0 ? this.view.getUint32(result, true) : -errno;
  }

  #filestat(at: number): Filestat {
    const long = (offset: number): bigint => this.view.getBigUint64(at + offset, true);
    return {
      ino: long(8),
      filetype: this.view.getUint8(at + 16),
      nlink: long(24),
      size: long(32),
      atim: long(40),
      mtim: long(48),
      ctim: long(56),
    };
  }

  fdStat(fd: number): Filestat | number {
    const at = this.room(64);
    const errno = this.call('fd_filestat_get', fd, at);
    return errno === 0 ? this.#filestat(at) : -errno;
  }

  stat(path: string, follow = false, fd = OUT): Filestat | number {
    const at = this.room(64);
    const errno = this.call('path_filestat_get', fd, follow ? 1 : 0, path, at);
    return errno === 0 ? this.#filestat(at) : -errno;
  }

  /** Type, flags and rights of a descriptor. */
  fdstat(fd: number): { filetype: number; flags: number; rights: bigint; inheriting: bigint } | number {
    const at = this.room(24);
    const errno = this.call('fd_fdstat_get', fd, at);
    if (errno !== 0) return -errno;
    return {
      filetype: this.view.getUint8(at),
      flags: this.view.getUint16(at + 2, true),
      rights: this.view.getBigUint64(at + 8, true),
      inheriting: this.view.getBigUint64(at + 16, true),
    };
  }

  /** Names in a directory from a cookie on, as far as the buffer holds them whole, and the bytes used. */
  list(
    fd: number,
    size = 4_096,
    cookie = 0n,
  ): { entries: { name: string; next: bigint; ino: bigint; type: number }[]; used: number } {
    const buffer = this.room(size);
    const result = this.room(4);
    const errno = this.call('fd_readdir', fd, buffer, size, cookie, result);
    if (errno !== 0) throw new Error(`readdir: ${errno}`);
    const used = this.view.getUint32(result, true);
    const entries = [];
    for (let at = buffer; at + 24 <= buffer + used; ) {
      const length = this.view.getUint32(at + 16, true);
      if (at + 24 + length > buffer + used) break;
      entries.push({
        name: this.text(at + 24, length),
        next: this.view.getBigUint64(at, true),
        ino: this.view.getBigUint64(at + 8, true),
        type: this.view.getUint8(at + 20),
      });
      at += 24 + length;
    }
    return { entries, used };
  }
}

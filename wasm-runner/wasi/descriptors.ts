// The table of open descriptors of one run. Must not: read guest memory.

import { EBADF, EMFILE, fail } from './errno.ts';
import type { DirectoryNode, FileNode, TreeNode } from './nodes.ts';

/** Open descriptors of one run. */
export const DESCRIPTORS_MAX = 1_024;

/** Standard input, read from a fixed buffer. */
export interface InputStream {
  readonly kind: 'input';
  rights: bigint;
  inheriting: bigint;
  flags: number;
  readonly bytes: Uint8Array;
  offset: number;
}

/** Standard output or error. */
export interface OutputStream {
  readonly kind: 'output';
  rights: bigint;
  inheriting: bigint;
  flags: number;
  write(bytes: Uint8Array): void;
}

export interface OpenFile {
  readonly kind: 'file';
  rights: bigint;
  inheriting: bigint;
  flags: number;
  readonly node: FileNode;
  offset: number;
}

export interface OpenDirectory {
  readonly kind: 'directory';
  rights: bigint;
  inheriting: bigint;
  flags: number;
  readonly node: DirectoryNode;
  /** Guest path when it was opened before the run; null otherwise. */
  readonly preopen: string | null;
  /** The listing that readdir cookies point into: taken when a reader starts over. */
  listing: readonly { readonly name: string; readonly node: TreeNode }[] | null;
}

export type Descriptor = InputStream | OutputStream | OpenFile | OpenDirectory;

export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  /** Opens at the lowest free number, as POSIX does. */
  add(descriptor: Descriptor): number {
    if (this.#open.size >= DESCRIPTORS_MAX) fail(EMFILE);
    let fd = 0;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    if (descriptor.kind === 'file' || descriptor.kind === 'directory') descriptor.node.opens++;
    return fd;
  }

  get(fd: number): Descriptor {
    return this.#open.get(fd) ?? fail(EBADF);
  }

  close(fd: number): Descriptor {
    const descriptor = this.get(fd);
    this.#open.delete(fd);
    if (descriptor.kind === 'file' || descriptor.kind === 'directory') {
      descriptor.node.opens--;
      descriptor.node.releaseIfGone();
    }
    return descriptor;
  }

  /** Moves a descriptor over another open one. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#open.set(to, descriptor);
    this.#open.delete(from);
  }
}

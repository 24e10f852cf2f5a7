// Files, directories and symbolic links in memory. Must not: resolve paths (paths.ts does) or know descriptors.

import type { OutputBudget } from './budget.ts';
import { NODE_BYTES } from './budget.ts';
import { EFBIG, FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, FILETYPE_SYMBOLIC_LINK, fail } from './errno.ts';

/** Largest file: what a 32-bit guest can hold; the output budget is far below. */
export const FILE_BYTES_MAX = 0xffff_ffff;

/** What the nodes of one tree share. */
export interface Tree {
  readonly readOnly: boolean;
  /** Bytes that writing takes from; null where nothing is counted, as in the input tree. */
  readonly budget: OutputBudget | null;
  stamp(): bigint;
  nextInode(): bigint;
}

abstract class NodeBase {
  readonly tree: Tree;
  readonly ino: bigint;
  abstract readonly filetype: number;
  links = 1;
  /** Open descriptors of it; what an open descriptor holds still counts after the last name is gone. */
  opens = 0;
  atim: bigint;
  mtim: bigint;
  ctim: bigint;

  constructor(tree: Tree) {
    tree.budget?.take(NODE_BYTES);
    this.tree = tree;
    this.ino = tree.nextInode();
    this.atim = this.mtim = this.ctim = tree.stamp();
  }

  abstract get size(): number;

  /** Bytes beside NODE_BYTES that this node took from the budget. */
  protected abstract heldBytes(): number;

  /** Gives the bytes back when neither a name nor a descriptor leads here any more; then nobody can ask again. */
  releaseIfGone(): void {
    if (this.links > 0 || this.opens > 0) return;
    this.tree.budget?.give(NODE_BYTES + this.heldBytes());
  }

  /** Notes a change of content. */
  touch(): void {
    this.mtim = this.ctim = this.tree.stamp();
  }
}

export class FileNode extends NodeBase {
  readonly filetype = FILETYPE_REGULAR_FILE;
  #bytes: Uint8Array;
  #size: number;

  constructor(tree: Tree, bytes: Uint8Array = new Uint8Array(0)) {
    super(tree);
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The content; a view that is valid until the next write. */
  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Makes the file this long; new bytes are zero. */
  resize(size: number): void {
    if (size > FILE_BYTES_MAX) fail(EFBIG);
    if (size > this.#size) this.tree.budget?.take(size - this.#size);
    else this.tree.budget?.give(this.#size - size);
    if (size > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(size, Math.min(this.#bytes.length * 2, FILE_BYTES_MAX)));
      bigger.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = bigger;
    } else if (size > this.#size) this.#bytes.fill(0, this.#size, size);
    this.#size = size;
    this.touch();
  }

  /** Writes at an offset, growing the file and filling a gap with zeroes. */
  write(offset: number, source: Uint8Array): void {
    if (source.length === 0) return;
    if (offset + source.length > this.#size) this.resize(offset + source.length);
    this.#bytes.set(source, offset);
    this.touch();
  }

  protected heldBytes(): number {
    return this.#size;
  }
}

export class LinkNode extends NodeBase {
  readonly filetype = FILETYPE_SYMBOLIC_LINK;
  readonly target: string;

  constructor(tree: Tree, target: string) {
    super(tree);
    tree.budget?.take(target.length);
    this.target = target;
  }

  get size(): number {
    return new TextEncoder().encode(this.target).length;
  }

  protected heldBytes(): number {
    return this.target.length;
  }
}

export class DirectoryNode extends NodeBase {
  readonly filetype = FILETYPE_DIRECTORY;
  readonly entries = new Map<string, TreeNode>();
  /** null for the root of a tree, and for a directory that was removed. */
  parent: DirectoryNode | null = null;

  get size(): number {
    return 0;
  }

  attach(name: string, node: TreeNode): void {
    this.tree.budget?.take(name.length);
    this.entries.set(name, node);
    if (node instanceof DirectoryNode) node.parent = this;
    this.touch();
  }

  detach(name: string): void {
    const node = this.entries.get(name);
    if (node === undefined) return;
    this.tree.budget?.give(name.length);
    this.entries.delete(name);
    if (node instanceof DirectoryNode) node.parent = null;
    this.touch();
  }

  protected heldBytes(): number {
    return 0;
  }

  /** Entries in the byte order of their UTF-8 names: the order every machine lists them in. */
  sorted(): [name: string, node: TreeNode][] {
    return [...this.entries].sort(([a], [b]) => compareUtf8(a, b));
  }
}

export type TreeNode = FileNode | LinkNode | DirectoryNode;

/** Order of two strings by their UTF-8 bytes, which is their order by code point. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates stand for code points above the rest of the 16-bit range.
    const high = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
    return high(x) - high(y);
  }
  return a.length - b.length;
}

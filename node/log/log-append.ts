// What is appended to a log at once. Types only.

import type { CompactTree, TreeNode } from '../../protocol/log/index.ts';

/** A record with the body it commits to: an encoded envelope, or null where the author withholds it. */
export interface StoredEntry {
  readonly record: Uint8Array;
  readonly body: Uint8Array | null;
}

/** An append: checked by the caller, stored as one. */
export interface LogAppend {
  readonly origin: string;
  /** Size before the append; refused when the log has moved on meanwhile. */
  readonly from: number;
  readonly entries: readonly StoredEntry[];
  /** Nodes that the entries completed, and the tree after them. */
  readonly nodes: readonly TreeNode[];
  readonly tree: CompactTree;
  /** Note that commits to exactly this tree, or null while more is to come. */
  readonly checkpoint: string | null;
}

// All logs that this node holds, its own and its peers', on disk: records, tree nodes, bodies, heads.
// One durable batch makes an append visible: after a crash a log is at its old size or at its new one, never between.

import { equalBytes, fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AsyncHashReader,
  CompactTree,
  decodeLogEntry,
  EMPTY_ROOT,
  parseCheckpoint,
  type TreeNode,
} from '../../protocol/log/index.ts';
import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
  orderedKey,
} from '../storage/index.ts';

/** Logs of different origins that one node holds. */
const ORIGINS_MAX = 10_000;

/** What is held of one log. While a tail arrives in parts, the tree is ahead of the newest complete checkpoint. */
export interface LogState {
  readonly origin: string;
  /** Entries at hand. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly tree: CompactTree;
  /** Newest signed note whose entries are all at hand; empty until there is one. */
  readonly checkpoint: string;
  /** When this state was stored, in milliseconds. */
  readonly at: number;
}

interface StoredHead {
  tree: string;
  checkpoint: string;
  at: number;
}

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

/** The durable store of logs. Appends to one origin must come one after another (see Serial). */
export class LogStore {
  readonly #db: Database;
  readonly #nodes: BytesLevel;
  readonly #records: BytesLevel;
  readonly #bodies: BytesLevel;
  readonly #heads: JsonLevel<StoredHead>;
  readonly #states = new Map<string, LogState>();

  constructor(db: Database) {
    this.#db = db;
    this.#nodes = bytesLevel(db, 'log-nodes');
    this.#records = bytesLevel(db, 'log-records');
    this.#bodies = bytesLevel(db, 'log-bodies');
    this.#heads = jsonLevel<StoredHead>(db, 'log-heads');
  }

  /** Reads every head. Throws DATA_CORRUPT when a tree does not match its checkpoint. */
  async load(): Promise<void> {
    for await (const [origin, head] of this.#heads.iterator()) {
      const tree = CompactTree.restore(fromBase64(head.tree));
      const checkpoint = head.checkpoint === '' ? undefined : parseCheckpoint(head.checkpoint);
      const ahead = checkpoint !== undefined && checkpoint.size > tree.size;
      const differs = checkpoint?.size === tree.size && !equalBytes(checkpoint.root, tree.root());
      if (ahead || differs)
        throw new ZeroError('DATA_CORRUPT', `the log of ${origin} does not match its checkpoint`);
      this.#states.set(origin, {
        origin,
        size: tree.size,
        root: tree.root(),
        tree,
        checkpoint: head.checkpoint,
        at: head.at,
      });
    }
  }

  /** The state of a log; size 0 when it is unknown. */
  state(origin: string): LogState {
    return (
      this.#states.get(origin) ?? {
        origin,
        size: 0,
        root: EMPTY_ROOT,
        tree: new CompactTree(),
        checkpoint: '',
        at: 0,
      }
    );
  }

  /** Every log held. */
  states(): LogState[] {
    return [...this.#states.values()];
  }

  /**
   * Appends to a log in one fsync'd batch. Throws STORAGE_FAILED or BUSY (another append came first); nothing is changed then.
   * Appends to one origin must be serialised by the caller.
   */
  async append(append: LogAppend, now: number): Promise<LogState> {
    const { origin, tree } = append;
    const before = this.state(origin);
    if (before.size !== append.from) throw new ZeroError('BUSY', `the log of ${origin} has moved on`);
    if (!this.#states.has(origin) && this.#states.size >= ORIGINS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'too many logs');
    const checkpoint = append.checkpoint ?? before.checkpoint;
    const batch = this.#db.batch();
    append.entries.forEach(({ record, body }, i) => {
      const key = recordKey(origin, append.from + i);
      batch.put(key, record, { sublevel: this.#records });
      // By position and not by id: an id does not cover the signatures, so a stranger's log could replace a good body with a bad one.
      if (body !== null) batch.put(key, body, { sublevel: this.#bodies });
    });
    for (const node of append.nodes)
      batch.put(nodeKey(origin, node.level, node.index), node.hash, { sublevel: this.#nodes });
    batch.put(
      origin,
      { tree: toBase64(tree.serialise()), checkpoint, at: now },
      { sublevel: this.#heads as never },
    );
    try {
      await batch.write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'the log could not be written', { cause });
    }
    const state = { origin, size: tree.size, root: tree.root(), tree, checkpoint, at: now };
    this.#states.set(origin, state);
    return state;
  }

  /** The record at an index of a log, or undefined. */
  async record(origin: string, index: number): Promise<Uint8Array | undefined> {
    return await this.#records.get(recordKey(origin, index));
  }

  /** Entries [from, to) of a log, in order. Throws DATA_CORRUPT when a record is missing. */
  async *entries(
    origin: string,
    from: number,
    to: number,
  ): AsyncGenerator<StoredEntry & { index: number; statementId: string }> {
    const end = Math.min(to, this.state(origin).size);
    const range = { gte: recordKey(origin, from), lt: recordKey(origin, end) };
    let index = from;
    for await (const [key, record] of this.#records.iterator(range)) {
      if (key !== recordKey(origin, index)) break;
      yield {
        index,
        statementId: decodeLogEntry(record).statementId,
        record,
        body: (await this.#bodies.get(key)) ?? null,
      };
      index += 1;
    }
    if (index < end) throw new ZeroError('DATA_CORRUPT', `entry ${index} of ${origin} is missing`);
  }

  /** The encoded envelope at an index of a log, or undefined. */
  async body(origin: string, index: number): Promise<Uint8Array | undefined> {
    return await this.#bodies.get(recordKey(origin, index));
  }

  /** Stored tree nodes of a log, for proofs. */
  reader(origin: string): AsyncHashReader {
    return { node: (level, index) => this.#nodes.get(nodeKey(origin, level, index)) };
  }
}

function recordKey(origin: string, index: number): string {
  return `${origin}/${orderedKey(index)}`;
}

function nodeKey(origin: string, level: number, index: number): string {
  return `${origin}/${level}/${orderedKey(index)}`;
}

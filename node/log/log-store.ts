// All logs that this node holds, its own and its peers', on disk: records, tree nodes, bodies, heads.
// One durable batch makes an append visible: after a crash a log is at its old size or its new one, never between.
// What is read back is compared with its hashes: damage on the disk is never served.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AsyncHashReader,
  CompactTree,
  EMPTY_ROOT,
  leafHash,
  parseCheckpoint,
} from '../../protocol/log/index.ts';
import { Serial } from '../serial.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE, storageFailed } from '../storage/index.ts';
import { CheckpointBook } from './checkpoint-book.ts';
import { EntryMemory, type ReadEntry } from './entry-memory.ts';
import { Gaps } from './gaps.ts';
import { type InnerNodes, innerNodes } from './inner-nodes.ts';
import type { LogAppend } from './log-append.ts';
import { NodeMemory } from './node-memory.ts';
import {
  damagedEntry,
  type LogState,
  nodeKey,
  readHead,
  readId,
  recordKey,
  withChecksum,
  withoutChecksum,
  writeHead,
} from './stored-forms.ts';

export type { LogState } from './stored-forms.ts';

/** Logs of different origins that one node holds. */
const ORIGINS_MAX = 10_000;

/** The durable store of logs. Appends to one origin must come one after another (see Serial). */
export class LogStore {
  /** Older heads of every log. */
  readonly checkpoints: CheckpointBook;
  readonly #db: Database;
  readonly #nodes: BytesLevel;
  readonly #recent = new NodeMemory();
  readonly #newest = new EntryMemory();
  readonly #records: BytesLevel;
  readonly #bodies: BytesLevel;
  readonly #heads: BytesLevel;
  readonly #states = new Map<string, LogState>();
  readonly #gaps = new Gaps();
  readonly #fills = new Serial();
  #bytes = 0;

  constructor(db: Database) {
    this.#db = db;
    this.checkpoints = new CheckpointBook(db);
    this.#nodes = bytesLevel(db, 'log-nodes');
    this.#records = bytesLevel(db, 'log-records');
    this.#bodies = bytesLevel(db, 'log-bodies');
    this.#heads = bytesLevel(db, 'log-heads');
  }

  /** Reads every head. Answers the logs whose head is damaged: they are not held any more. */
  async load(): Promise<string[]> {
    const damaged: string[] = [];
    for await (const [origin, bytes] of this.#heads.iterator()) {
      const state = readHead(origin, bytes);
      if (state === undefined) damaged.push(origin);
      else this.#keep(state);
    }
    const batch = this.#db.batch();
    for (const origin of damaged) batch.del(origin, { sublevel: this.#heads });
    await batch.write(DURABLE);
    return damaged;
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
        bytes: 0,
      }
    );
  }

  /** Bytes of records and bodies of all logs. */
  get bytes(): number {
    return this.#bytes;
  }

  #keep(state: LogState): LogState {
    this.#bytes += state.bytes - (this.#states.get(state.origin)?.bytes ?? 0);
    this.#states.set(state.origin, state);
    return state;
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
      if (body !== null) batch.put(key, withChecksum(body), { sublevel: this.#bodies });
      else this.#gaps.note(origin, append.from + i);
    });
    for (const node of append.nodes)
      batch.put(nodeKey(origin, node.level, node.index), node.hash, { sublevel: this.#nodes });
    const added = append.entries.reduce(
      (sum, { record, body }) => sum + record.length + (body?.length ?? 0),
      0,
    );
    const bytes = before.bytes + added;
    batch.put(origin, writeHead({ tree, checkpoint, at: now, bytes }), { sublevel: this.#heads });
    if (append.checkpoint !== null) this.checkpoints.put(batch, origin, tree.size, append.checkpoint);
    try {
      await batch.write(DURABLE);
    } catch (cause) {
      throw storageFailed('the log could not be written', cause);
    }
    this.#recent.note(origin, append.nodes);
    this.#newest.note(origin, append.from, append.entries, append.nodes);
    // Room is made behind the answer; what was not thinned out now is at the next look.
    void this.checkpoints.thin(origin).catch(() => {});
    // What came without an append while this was written counts too.
    const held = this.state(origin).bytes + added;
    return this.#keep({ origin, size: tree.size, root: tree.root(), tree, checkpoint, at: now, bytes: held });
  }

  /** Goes back to the sound beginning of a damaged log; what follows is fetched again. The signed head is kept where it fits. */
  async cut(origin: string, tree: CompactTree, bytes: number): Promise<void> {
    const { checkpoint, at } = this.state(origin);
    const fits = checkpoint !== '' && parseCheckpoint(checkpoint).size <= tree.size;
    const head = { tree, checkpoint: fits ? checkpoint : '', at, bytes };
    await this.#db.batch().put(origin, writeHead(head), { sublevel: this.#heads }).write(DURABLE);
    this.forget();
    this.#keep({ origin, size: tree.size, root: tree.root(), ...head });
  }

  /** From here on what is read comes from the disk. */
  forget(): void {
    this.#recent.clear();
    this.#newest.clear();
  }

  /** The record at an index of a log, or undefined. */
  async record(origin: string, index: number): Promise<Uint8Array | undefined> {
    return this.#newest.get(origin, index)?.record ?? (await this.#records.get(recordKey(origin, index)));
  }

  /** Entries [from, to) of a log, in order, each compared with its hashes. Throws DATA_CORRUPT, with the index, where one is damaged. */
  async *entries(origin: string, from: number, to: number): AsyncGenerator<ReadEntry> {
    const end = Math.min(to, this.state(origin).size);
    const known = this.#newest.range(origin, from, end);
    if (known !== undefined) return yield* known;
    const range = { gte: recordKey(origin, from), lt: recordKey(origin, end) };
    const bodies = this.#bodies.iterator(range);
    const leaves = this.#nodes.values({ gte: nodeKey(origin, 0, from), lt: nodeKey(origin, 0, end) });
    try {
      let next = await bodies.next();
      let index = from;
      for await (const [key, record] of this.#records.iterator(range)) {
        if (key !== recordKey(origin, index)) break;
        const stored = next?.[0] === key ? next[1] : undefined;
        if (stored !== undefined) next = await bodies.next();
        const body = stored === undefined ? null : withoutChecksum(stored);
        const leaf = leafHash(record);
        const hash = await leaves.next();
        const statementId = readId(record);
        const sound = hash !== undefined && equalBytes(hash, leaf);
        if (!sound || statementId === undefined || body === undefined) throw damagedEntry(origin, index);
        if (body === null) this.#gaps.note(origin, index);
        // Of no bytes: it was let go, and nobody need send it again.
        yield { index, statementId, record, body: body?.length === 0 ? null : body, leaf };
        index += 1;
      }
      if (index < end) throw damagedEntry(origin, index);
    } finally {
      await Promise.all([bodies.close(), leaves.close()]);
    }
  }

  /** The encoded envelope at an index of a log, or undefined when it is withheld or damaged. */
  async body(origin: string, index: number): Promise<Uint8Array | undefined> {
    const known = this.#newest.get(origin, index)?.body ?? undefined;
    if (known !== undefined) return known;
    const stored = await this.#bodies.get(recordKey(origin, index));
    const body = stored === undefined ? undefined : withoutChecksum(stored);
    return body?.length === 0 ? undefined : body;
  }

  /** Lets a body go. The caller has proof that others hold it. */
  async evict(origin: string, index: number): Promise<void> {
    const body = await this.body(origin, index);
    if (body === undefined) return;
    await this.#bodies.put(recordKey(origin, index), withChecksum(new Uint8Array()));
    this.#newest.forget(origin, index);
    this.#count(origin, -body.length);
  }

  /**
   * Adds the body of an entry whose record came without it; answers false when it is here already. The caller has checked that it is the one the
   * record names. It counts among the bytes of the log, and who asks for room has to be told of it before the next.
   */
  async fill(origin: string, index: number, body: Uint8Array): Promise<boolean> {
    return await this.#fills.run(origin, () => this.#fill(origin, index, body));
  }

  async #fill(origin: string, index: number, body: Uint8Array): Promise<boolean> {
    if ((await this.body(origin, index)) !== undefined) return false;
    try {
      const key = recordKey(origin, index);
      await this.#db.batch().put(key, withChecksum(body), { sublevel: this.#bodies }).write(DURABLE);
    } catch (cause) {
      throw storageFailed('the body could not be written', cause);
    }
    this.#newest.forget(origin, index);
    this.#gaps.filled(origin, index);
    this.#count(origin, body.length);
    return true;
  }

  /** Bytes that came to a log or left it without an append. The head on the disk says them after the next one, and every start counts anew. */
  #count(origin: string, change: number): void {
    const state = this.state(origin);
    this.#keep({ ...state, bytes: Math.max(0, state.bytes + change) });
  }

  /** Takes the bytes of a log that was read through from its beginning to its end. */
  counted(origin: string, bytes: number): void {
    this.#count(origin, bytes - this.state(origin).bytes);
  }

  /** Entries of a log whose body is not here; of many, some. */
  gaps(origin: string): number[] {
    return this.#gaps.of(origin);
  }

  /** Inner tree nodes of a log, level by level in order: `next(level)` answers the next one of that level. */
  innerNodes(origin: string): InnerNodes {
    return innerNodes(this.#nodes, origin);
  }

  /** Nodes [from, to) of one level of a log's tree, in order; fewer where some are missing. */
  async nodes(origin: string, level: number, from: number, to: number): Promise<Uint8Array[]> {
    return await this.#nodes
      .values({ gte: nodeKey(origin, level, from), lt: nodeKey(origin, level, to) })
      .all();
  }

  /** Records [from, to) of a log, in order; fewer where some are missing. */
  async records(origin: string, from: number, to: number): Promise<Uint8Array[]> {
    return await this.#records.values({ gte: recordKey(origin, from), lt: recordKey(origin, to) }).all();
  }

  /** Stored tree nodes of a log, for proofs. */
  reader(origin: string): AsyncHashReader {
    return this.#recent.reader(origin, this.#nodes);
  }
}

// The node's own log: one writer, append-only, group commit. Nothing is acknowledged before it is on disk.
// When its data was lost, it takes nothing new until its peers have given back what it had signed; when it has two histories, nothing at all.

import { randomBytes } from 'node:crypto';
import { type Envelope, encodeEnvelope, envelopeId } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  encodeLogEntry,
  LOG_SALT_BYTES,
  leafHash,
  type NoteSigner,
  noteSigner,
  originOf,
  signCheckpoint,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import { Drain } from '../drain.ts';
import { Serial } from '../serial.ts';
import type { HeadGuard } from './head-guard.ts';
import type { LogState, LogStore } from './log-store.ts';
import type { RestoredGate } from './restored-gate.ts';

/** Appends that wait for the disk at once. */
const WAITING_MAX = 4096;
/** Urgent appends that wait beyond those. */
const URGENT_MAX = 64;
/** Appends in one batch: keeps the batch a few MiB at most. */
const BATCH_MAX = 128;

/** Where a statement stands in a log. */
export interface LogPosition {
  readonly origin: string;
  readonly index: number;
  readonly statementId: string;
}

interface Waiting {
  readonly envelope: Envelope;
  readonly resolve: (position: LogPosition) => void;
  readonly reject: (error: unknown) => void;
}

/** Told of each durable append before its caller is. */
export interface AppendListener {
  /** A statement of this node is on disk: its bytes, and the envelope that was appended. */
  entry(body: Uint8Array, position: LogPosition, envelope: Envelope): void;
  /** The log has a new signed head. */
  head(state: LogState): void;
}

/** Writer of the node's own log. */
export class OwnLog {
  readonly origin: string;
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #signer: NoteSigner;
  readonly #listener: AppendListener;
  readonly #guard: HeadGuard | undefined;
  readonly #restored: RestoredGate | undefined;
  readonly #isForked: () => boolean;
  readonly #checkDisk: () => void;
  readonly #serial = new Serial();
  #lost: Verified<Checkpoint> | undefined;
  #waiting: Waiting[] = [];
  /** So many at the head of those that wait are urgent, in their order. */
  #urgent = 0;
  readonly #drain = new Drain(
    () => this.#waiting.length > 0,
    () => this.#writeGroup(),
  );

  constructor(deps: {
    store: LogStore;
    clock: Clock;
    peerId: string;
    seed: Uint8Array;
    listener: AppendListener;
    guard?: HeadGuard;
    restored?: RestoredGate;
    /** Whether two histories of this log are known to be signed. */
    isForked?: () => boolean;
    /** Throws STORAGE_FAILED while nothing is written. */
    checkDisk?: () => void;
  }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#listener = deps.listener;
    this.#guard = deps.guard;
    this.#restored = deps.restored;
    this.#isForked = deps.isForked ?? (() => false);
    this.#checkDisk = deps.checkDisk ?? (() => {});
    this.origin = originOf(deps.peerId);
    this.#signer = noteSigner(deps.seed);
  }

  /** Compares what is stored with the head that was signed last. Answers false when entries were lost: the log then waits for its peers. */
  async check(): Promise<boolean> {
    const signed = await this.#guard?.read(this.origin);
    this.#lost = signed !== undefined && signed.size > this.state().size ? signed : undefined;
    if (this.#lost === undefined && this.state().size > 0) this.#guard?.note(this.state().checkpoint);
    return this.#lost === undefined;
  }

  /** The head that was signed and is not at hand, while the log waits for its peers. */
  get lost(): Verified<Checkpoint> | undefined {
    return this.#lost;
  }

  /** Runs work that makes the log grow from elsewhere, with no append between. */
  async restore(work: () => Promise<void>): Promise<void> {
    await this.#serial.run('write', work);
    if (this.#lost !== undefined && this.state().size >= this.#lost.size) await this.check();
  }

  /** The newest durable state. */
  state(): LogState {
    return this.#store.state(this.origin);
  }

  /** Appends a signed envelope, an urgent one before all that waits; resolves when it is on disk under a signed checkpoint. Throws BUSY, STORAGE_FAILED, LOG_RECOVERING or LOG_FORKED. */
  async append(envelope: Envelope, { isUrgent = false } = {}): Promise<LogPosition> {
    this.#checkOpen(isUrgent);
    const position = new Promise<LogPosition>((resolve, reject) => {
      const one = { envelope, resolve, reject };
      if (isUrgent) this.#waiting.splice(this.#urgent++, 0, one);
      else this.#waiting.push(one);
    });
    this.#drain.wake();
    return await position;
  }

  /** Throws what an append would be refused with now: for whoever makes something first that is of no use without its statement. */
  checkTakes(): void {
    this.#checkOpen(false);
    this.#checkDisk();
  }

  #checkOpen(isUrgent: boolean): void {
    this.#checkForked();
    this.#checkRestored();
    if (this.#lost !== undefined)
      throw new ZeroError('LOG_RECOVERING', `entries up to ${this.#lost.size} of the own log were lost`, {
        details: { held: this.state().size, signed: this.#lost.size },
        hint: `Peers give them back. If no peer has them, remove ${this.#guard?.path} to go on without them.`,
      });
    // What stops things is rare, and has room where nothing else has.
    if (this.#waiting.length >= WAITING_MAX + (isUrgent ? URGENT_MAX : 0))
      throw new ZeroError('BUSY', 'too many statements wait for the disk');
  }

  /** What a node that came from a backup waits for before it signs anything new; undefined when there is nothing. */
  get restored(): RestoredGate['waiting'] {
    return this.#restored?.waiting;
  }

  /** Hears that a peer has been compared with, and holds nothing newer of this log. Answers true when the log may grow again for it. */
  async confirmed(peer: string): Promise<boolean> {
    return (await this.#restored?.confirmed(peer)) ?? false;
  }

  /** What would be written to it nobody takes: an acknowledgement would say that somebody does. */
  #checkForked(): void {
    if (!this.#isForked()) return;
    throw new ZeroError('LOG_FORKED', 'two histories of the own log are signed, and everybody shuts it out', {
      details: { origin: this.origin },
      hint: 'Stop every node that has its key, and publish from a new one: docs/runbooks/restore-a-node.md.',
    });
  }

  #checkRestored(): void {
    const waiting = this.restored;
    if (waiting === undefined) return;
    const { backupOf, confirm, heard } = waiting;
    throw new ZeroError('LOG_RECOVERING', `this node came from a backup of ${backupOf}`, {
      details: { confirm, heard },
      hint: `It signs again when ${confirm - heard} more peer(s) have shown that they hold nothing newer of its log. If there is no network left, restore with --alone.`,
    });
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    await this.#drain.idle();
    await this.#guard?.flush();
  }

  /** What came in one turn of the event loop, or while a group was written, shares one fsync. */
  async #writeGroup(): Promise<void> {
    const group = this.#waiting.splice(0, BATCH_MAX);
    this.#urgent = Math.max(0, this.#urgent - group.length);
    try {
      await this.#serial.run('write', () => this.#write(group));
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { size, tree: current } = this.state();
    const tree = current.clone();
    const ids = group.map(({ envelope }) => envelopeId(envelope));
    const entries = group.map(({ envelope }, i) => ({
      record: encodeLogEntry({ statementId: ids[i]!, salt: new Uint8Array(randomBytes(LOG_SALT_BYTES)) }),
      body: encodeEnvelope(envelope),
    }));
    const nodes = entries.flatMap(({ record }) => tree.append(leafHash(record)));
    // Signed before it is stored, told to nobody before it is: a crash between leaves no second head of this size in the world.
    const checkpoint = signCheckpoint({
      origin: this.origin,
      size: tree.size,
      root: tree.root(),
      signer: this.#signer,
    });
    const state = await this.#store.append(
      { origin: this.origin, from: size, entries, nodes, tree, checkpoint },
      this.#clock.now(),
    );
    this.#guard?.note(state.checkpoint);
    const positions = ids.map((statementId, i) => ({ origin: this.origin, index: size + i, statementId }));
    positions.forEach((position, i) => {
      this.#listener.entry(entries[i]!.body, position, group[i]!.envelope);
    });
    this.#listener.head(state);
    group.forEach((one, i) => {
      one.resolve(positions[i]!);
    });
  }
}

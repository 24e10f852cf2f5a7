// Heads over gossip. When what is new under a head is small it travels along, so that a statement reaches everybody in as many steps as
// the mesh is wide, without anyone asking. A head alone is followed by asking the peer that passed it on. Either way it is stored before
// it is passed on. Gossip only makes it fast: whoever missed a part is made complete by the rounds of anti-entropy.

import type { PeerId } from '@libp2p/interface';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  decodeEquivocation,
  type EquivocationFinding,
  encodeEquivocation,
  parseCheckpoint,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import { answerTail, decodeSyncMessage } from '../../protocol/sync/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip, Verdict } from '../gossip/index.ts';
import type { LogState, LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import type { ForkBook } from './fork-book.ts';
import type { HeadsInWait } from './heads-in-wait.ts';
import { HeadsUnderWay } from './heads-under-way.ts';
import type { Liars } from './liars.ts';
import { isComplete, type Puller } from './puller.ts';

/** Bytes of new entries that travel with their head; below the largest gossip message. More is asked for by those who want it. */
const PUSH_BYTES_MAX = 49_152;
/** A message that is no text: every DAG-CBOR array begins above ASCII. */
const FIRST_BINARY_BYTE = 0x80;
/** Evidence is a JSON object; no origin begins so. */
const FIRST_EVIDENCE_BYTE = 0x7b;

/**
 * Milliseconds after a head that nobody waits for before the next one is told. A node that ends a task now and then has each receipt elsewhere
 * within a second.
 */
const BULK_PAUSE_MS = 1_000;
/**
 * While more keeps coming each pause is so many times the one before. What a head costs every node (the message, its checks, a write to the disk)
 * is then shared by all that a burst leaves in the log.
 */
const BULK_PAUSE_GROWTH = 4;
/** Longest pause, in milliseconds: with time to spare below the minute in which every connected node has everything. */
const BULK_PAUSE_MS_MAX = 8_000;
/**
 * While tasks wait at this node, what nobody waits for stays here so long at most, in milliseconds: each entry costs every node a check and a
 * write, and the same processors do the tasks. With a round of announcements (10 s) it is known elsewhere in half a minute, and so is how fresh
 * that knowledge is.
 */
const BUSY_HOLD_MS_MAX = 16_000;

export interface HeadGossipDeps {
  readonly clock: Clock;
  readonly gossip: Gossip;
  readonly store: LogStore;
  readonly ownLog: OwnLog;
  readonly forks: ForkBook;
  readonly log: Logger;
  readonly puller: Puller;
  readonly liars: Liars;
  readonly waiting: HeadsInWait;
  /** Looks whether a head that brings nothing new contradicts what is held. */
  readonly compare: (head: Verified<Checkpoint>) => Promise<void>;
  /** Takes the cosignatures of a head that is held; answers whether any was news. */
  readonly cosigned: (head: Verified<Checkpoint>) => Promise<boolean>;
  /** Shown what came with a signed head, before any of it is stored. */
  readonly onPushed: (bodies: readonly (Uint8Array | null)[]) => void;
  /** True while tasks wait at this node. */
  readonly isBusy: () => boolean;
}

/** What came with a head. */
interface Pushed {
  readonly data: Uint8Array;
  readonly bodies: readonly (Uint8Array | null)[];
}

/** A head that promises more than is held. */
interface Followed {
  readonly origin: string;
  readonly size: number;
  readonly text: string;
  readonly head: Verified<Checkpoint>;
}

/** Publishes and follows heads. */
export class HeadGossip {
  readonly #deps: HeadGossipDeps;
  readonly #serial = new Serial();
  readonly #underWay = new HeadsUnderWay();
  /** Largest gossiped size of logs that are being pulled: of a burst of heads only the newest is followed. */
  readonly #newest = new Map<string, number>();
  /** The head of the own log that was told of last. */
  #told: LogState | undefined;
  /** The newest head that waits to be told of, since when one does, and the end of the wait. */
  #held: LogState | undefined;
  #heldSince = 0;
  #cancel: (() => void) | undefined;
  #pauseMs = BULK_PAUSE_MS;

  constructor(deps: HeadGossipDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#told = this.#deps.ownLog.state();
    this.#deps.gossip.subscribe('heads', async (data, from) => await this.#onMessage(data, from));
  }

  /** Tells what was held back, while there is somebody to hear it. */
  async stop(): Promise<void> {
    const held = this.#held;
    this.#cancel?.();
    this.#held = undefined;
    if (held !== undefined) await this.#tell(held, false);
  }

  /** What a peer is shown that asks for the newest own head: while one is held back, the one before, or its rounds would bring each entry alone. */
  shown(): LogState {
    return (this.#held === undefined ? undefined : this.#told) ?? this.#deps.ownLog.state();
  }

  /**
   * Tells the network of a new own head. What somebody may wait for goes to everybody at once. The rest is told at once as well, unless this
   * node is busy, but then not again for a while, which grows as long as more comes, and along the mesh: many entries in one message cost
   * every node far less than a message each.
   */
  async publish(state: LogState, isUrgent: boolean): Promise<void> {
    const { clock, isBusy } = this.#deps;
    // Asked every time: it remembers how much there was to do.
    const isHeld = isBusy() || this.#cancel !== undefined;
    if (!isUrgent && isHeld) {
      if (this.#held === undefined) this.#heldSince = clock.now();
      this.#held = state;
      this.#cancel ??= clock.after(BULK_PAUSE_MS, () => this.#onPause());
      return;
    }
    await this.#now(state, isUrgent);
  }

  /** Tells of a head, and begins the pause after it. */
  async #now(state: LogState, isUrgent: boolean): Promise<void> {
    this.#cancel?.();
    this.#held = undefined;
    this.#cancel = this.#deps.clock.after(this.#pauseMs, () => this.#onPause());
    await this.#tell(state, isUrgent);
  }

  #onPause(): void {
    const { clock, isBusy } = this.#deps;
    const held = this.#held;
    this.#cancel = undefined;
    if (held !== undefined && clock.now() - this.#heldSince < BUSY_HOLD_MS_MAX && isBusy()) {
      this.#cancel = clock.after(BULK_PAUSE_MS, () => this.#onPause());
      return;
    }
    this.#pauseMs =
      held === undefined ? BULK_PAUSE_MS : Math.min(BULK_PAUSE_MS_MAX, this.#pauseMs * BULK_PAUSE_GROWTH);
    if (held !== undefined) void this.#now(held, false);
  }

  /** Publishes a head, with what is new under it when that is small. */
  async #tell(state: LogState, isUrgent: boolean): Promise<void> {
    const from = this.#told?.size ?? 0;
    this.#told = state;
    const pushed = from < state.size ? await this.#push(state, from).catch(() => undefined) : undefined;
    await this.#deps.gossip.publish('heads', pushed ?? utf8(state.checkpoint), isUrgent);
  }

  /** The entries from `from` to the head with the head, or undefined when they are too many. */
  async #push(state: LogState, from: number): Promise<Uint8Array | undefined> {
    const { origin, size, checkpoint } = state;
    const { store } = this.#deps;
    const bytes = await answerTail(
      { kind: 'tail-request', origin, from, to: size, credit: PUSH_BYTES_MAX },
      { checkpoint, nodes: store.reader(origin), entries: (first, end) => store.entries(origin, first, end) },
    );
    const { entries } = decodeSyncMessage(bytes, ['tail-response'], PUSH_BYTES_MAX);
    return from + entries.length === size ? bytes : undefined;
  }

  /** Tells the network that a log signed two histories. */
  async publishEvidence(finding: Verified<EquivocationFinding>): Promise<void> {
    await this.#deps.gossip.publish('heads', encodeEquivocation(finding));
  }

  async #onMessage(data: Uint8Array, from: PeerId): Promise<Verdict> {
    if (data[0] === FIRST_EVIDENCE_BYTE) return await this.#onEvidence(data);
    if ((data[0] ?? 0) < FIRST_BINARY_BYTE) return await this.#onHead(fromUtf8(data), from);
    const { checkpoint, entries } = decodeSyncMessage(data, ['tail-response'], PUSH_BYTES_MAX);
    return await this.#onHead(checkpoint, from, { data, bodies: entries.map(({ body }) => body) });
  }

  /** Evidence proves itself. It is kept against logs that are held here: others can be made up without end, and would fill the book. */
  async #onEvidence(data: Uint8Array): Promise<Verdict> {
    const { forks, store } = this.#deps;
    const evidence = decodeEquivocation(data);
    const { origin } = parseCheckpoint(evidence.first);
    if (forks.has(origin) || store.state(origin).size === 0) return 'ignore';
    return (await forks.add(verifyEquivocation(evidence))) ? 'accept' : 'ignore';
  }

  /** A gossiped head: take or pull what it promises. Accepted only when it is here. */
  async #onHead(text: string, from: PeerId, pushed?: Pushed): Promise<Verdict> {
    const { origin, size } = parseCheckpoint(text);
    const { compare, cosigned, forks, liars, onPushed, ownLog, store } = this.#deps;
    if (origin === ownLog.origin || forks.has(origin) || liars.has(from)) return 'ignore';
    const known = store.state(origin);
    if (known.checkpoint === text) return 'ignore';
    const head = verifyNodeCheckpoint(text, origin);
    if (size <= known.size && isComplete(known)) {
      await compare(head);
      // The same head with more cosignatures is worth passing on.
      return !forks.has(origin) && (await cosigned(head)) ? 'accept' : 'ignore';
    }
    if (pushed !== undefined) onPushed(pushed.bodies);
    const bytes = text.length + (pushed?.data.length ?? 0);
    const follow = () => this.#follow({ origin, size, text, head }, from, pushed);
    return (await this.#underWay.run(from.toString(), bytes, follow)) ?? 'ignore';
  }

  /** Takes what came with a head, and pulls what did not. */
  async #follow({ head, origin, size, text }: Followed, from: PeerId, pushed?: Pushed): Promise<Verdict> {
    const { cosigned, log, waiting } = this.#deps;
    this.#newest.set(origin, Math.max(size, this.#newest.get(origin) ?? 0));
    try {
      return await this.#serial.run(origin, async () => {
        if (pushed !== undefined) {
          const first = size - pushed.bodies.length;
          await this.#deps.puller.take(from, { origin, from: first, to: size }, pushed.data);
        }
        const verdict = await this.#pull(from, origin, size);
        if (verdict === 'accept') await cosigned(head);
        return verdict;
      });
    } catch (error) {
      if (!isZeroError(error)) throw error;
      log.debug({ peer: from.toString(), origin, code: error.code }, 'a gossiped head was not pulled');
      await waiting.hold(origin, text, from);
      return 'ignore';
    } finally {
      if (this.#newest.get(origin) === size) this.#newest.delete(origin);
    }
  }

  /** Pulls a head's entries if they are not here, unless a newer head of that log waits: it includes these. */
  async #pull(from: PeerId, origin: string, size: number): Promise<Verdict> {
    const { puller, store } = this.#deps;
    const enough = () => store.state(origin).size >= size && isComplete(store.state(origin));
    if (enough()) return 'accept';
    if ((this.#newest.get(origin) ?? 0) > size) return 'ignore';
    await puller.pull(from, origin, size);
    return store.state(origin).size >= size ? 'accept' : 'ignore';
  }
}

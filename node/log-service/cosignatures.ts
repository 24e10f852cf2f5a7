// Gets the own log's heads cosigned by witnesses, and spreads what they say. Of a burst of heads only the newest is shown; while no quorum
// vouches for it the witnesses are asked again, ever more rarely; and a head that does not change is shown again before it looks stale.

import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  addSignatures,
  type Checkpoint,
  consistencyProofAsync,
  decodeCosignatures,
  originOf,
  parseCheckpoint,
  parseSize,
  soundCosignatures,
  TLOG_SIZE_TYPE,
  WITNESS_PREFIX,
  witnessKeyOf,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip } from '../gossip/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { WitnessQuorum } from './ports.ts';
import type { WitnessPolicy } from './witness-policy.ts';
import type { WitnessProtocol } from './witness-protocol.ts';

/** Rest of a log after a new head, before the first question: one cosigned head covers all before it. */
const PAUSE_MS = 1_000;
/** Of a log that never rests so long, a head is shown after this time all the same. */
const PAUSE_MS_MAX = 8_000;
/** The same while tasks wait at this node: as long as it holds back what it has logged of them (node/sync/head-gossip.ts). */
const BUSY_PAUSE_MS_MAX = 16_000;
/** First pause between two rounds while no quorum is reached; it doubles. */
const RETRY_MS = 5_000;
/** Longest pause: witnesses that come back are used within a minute. */
const RETRY_MS_MAX = 60_000;
/** A head that stays is cosigned again after this time, so that readers with a bound on age (an hour, say) see that it is not frozen. */
const REFRESH_MS = 600_000;
/** Witnesses asked beyond the quorum where nobody is named: some are away. */
const SPARE = 2;
/** Peers whose newest cosigned size is remembered. */
const REMEMBERED_MAX = 256;

/** What came of asking one witness last. */
export interface AskedWitness {
  readonly peerId: string;
  /** Size of the head that it cosigned last, of those that this run asked; null when it never did. */
  readonly size: number | null;
  /** When it was asked last, in milliseconds. */
  readonly at: number;
  /** Why it did not cosign; empty when it did. */
  readonly reason: string;
}

export interface CosignaturesDeps {
  readonly host: Host;
  readonly gossip: Gossip;
  readonly store: LogStore;
  readonly ownLog: OwnLog;
  readonly forks: ForkBook;
  readonly policy: WitnessPolicy;
  readonly protocol: WitnessProtocol;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** True while tasks wait at this node. */
  readonly isBusy: () => boolean;
}

/** Collects cosignatures. */
export class Cosignatures {
  readonly #deps: CosignaturesDeps;
  readonly #serial = new Serial();
  readonly #asked = new RecentMap<string, AskedWitness>(REMEMBERED_MAX);
  /** Size that each witness cosigned last: where its next consistency proof begins. */
  readonly #sizes = new RecentMap<string, number>(REMEMBERED_MAX);
  /** When a round begins at the latest, since the log grew after the last one. */
  #dueAt: number | undefined;
  #cancel: () => void = () => {};
  #retryMs = RETRY_MS;
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: CosignaturesDeps) {
    this.#deps = deps;
  }

  start(): void {
    // Who asks no witness is not behind them.
    if (this.#deps.policy.kind === 'none') this.#deps.metrics.forget('zerostate_log_witnessed_size', {});
    this.#later(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#round;
  }

  /** To be called when the own log has a new head. */
  grown(): void {
    this.#retryMs = RETRY_MS;
    if (this.#round === undefined) this.#soon();
  }

  /** What came of asking each witness. */
  asked(): AskedWitness[] {
    return [...this.#asked.values()];
  }

  /** Takes the cosignatures of a head that somebody passed on, when it is one that is kept here. Answers whether any was news. */
  async take(head: Verified<Checkpoint>): Promise<boolean> {
    const { policy, store } = this.#deps;
    const { origin, size, text } = head;
    const keys = policy.keysFor(head);
    if (keys.length === 0) return false;
    return await this.#serial.run(origin, async () => {
      const kept = await store.checkpoints.at(origin, size);
      // Another root of the same size is a fork and not for this place; a head that was thinned out is of no use any more.
      if (kept === undefined || parseCheckpoint(kept).body !== head.body) return false;
      return (await store.checkpoints.merge(origin, size, text, keys)).isNews;
    });
  }

  /** Asks the witnesses to cosign the newest own head now. Answers who vouches for it then; undefined while there is no head. */
  async collect(signal?: AbortSignal): Promise<WitnessQuorum | undefined> {
    const { clock, ownLog, policy, store } = this.#deps;
    const { checkpoint } = ownLog.state();
    if (checkpoint === '') return undefined;
    const head = parseCheckpoint(checkpoint);
    const witnesses = await this.#witnesses();
    const lines = await Promise.all(witnesses.map((peer) => this.#askOne(peer, head, signal)));
    const text = addSignatures(checkpoint, lines.flat());
    const { isNews, text: kept } = await this.#serial.run(ownLog.origin, () =>
      store.checkpoints.merge(ownLog.origin, head.size, text, policy.keysFor(parseCheckpoint(text))),
    );
    // The head itself is everywhere by now: what others say of it is in no hurry.
    if (isNews) void this.#deps.gossip.publish('heads', utf8(kept), false);
    const quorum = policy.judge(parseCheckpoint(kept), { now: clock.now() });
    if (quorum.reached) this.#deps.metrics.set('zerostate_log_witnessed_size', head.size);
    return quorum;
  }

  /** A round comes when the log has rested, and not before the tasks here have; within bounds. */
  #soon(): void {
    const { clock, isBusy } = this.#deps;
    const now = clock.now();
    this.#dueAt ??= now + (isBusy() ? BUSY_PAUSE_MS_MAX : PAUSE_MS_MAX);
    const dueAt = this.#dueAt;
    this.#later(Math.min(PAUSE_MS, Math.max(0, dueAt - now)), () => isBusy() && clock.now() < dueAt);
  }

  #later(ms: number, isTooSoon: () => boolean = () => false): void {
    this.#cancel();
    if (this.#stopped || this.#deps.policy.kind === 'none') return;
    this.#cancel = this.#deps.clock.after(ms, () => {
      if (isTooSoon()) return this.#soon();
      this.#dueAt = undefined;
      this.#round = this.#rounds().finally(() => {
        this.#round = undefined;
      });
    });
  }

  async #rounds(): Promise<void> {
    const { log, ownLog } = this.#deps;
    const { size } = ownLog.state();
    const quorum = await this.collect().catch((error: unknown) => {
      log.warn({ err: error }, 'cosignatures could not be collected');
      return undefined;
    });
    if (ownLog.state().size > size) return this.#soon();
    if (quorum?.reached) return this.#later(REFRESH_MS);
    this.#later(this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }

  /** Those that the policy names, else connected peers that are witnesses; who cosigned before comes first, so that the same ones go on. */
  async #witnesses(): Promise<PeerId[]> {
    const { forks, host, policy, protocol } = this.#deps;
    if (policy.kind !== 'peers')
      return policy.named
        .filter(({ name }) => name.startsWith(WITNESS_PREFIX))
        .map(({ name }) => peerIdFromString(name.slice(WITNESS_PREFIX.length)))
        .filter((peer) => !peer.equals(host.peerId));
    const able: PeerId[] = [];
    for (const peer of host.getPeers()) {
      const known = await host.peerStore.get(peer).catch(() => undefined);
      const isForked = forks.has(originOf(peer.toString()));
      if (!isForked && known?.protocols.includes(protocol.id) === true) able.push(peer);
    }
    const before = (peer: PeerId) => Number(this.#sizes.has(peer.toString()));
    return able.sort((a, b) => before(b) - before(a)).slice(0, policy.threshold + SPARE);
  }

  /** Cosignatures of one witness; none when it refuses or is away, which is written down. */
  async #askOne(peer: PeerId, head: Checkpoint, signal?: AbortSignal): Promise<string[]> {
    const peerId = peer.toString();
    const note = (size: number | null, reason: string): void => {
      this.#asked.set(peerId, { peerId, size, at: this.#deps.clock.now(), reason });
    };
    const { metrics } = this.#deps;
    try {
      const lines = await this.#cosign(peer, head, signal);
      note(head.size, '');
      metrics.count('zerostate_log_cosignatures_total', { result: 'ok' });
      return lines;
    } catch (error) {
      if (!isZeroError(error)) throw error;
      note(this.#sizes.get(peerId) ?? null, error.message);
      const refused = error.code === 'WITNESS_REFUSED';
      metrics.count('zerostate_log_cosignatures_total', { result: refused ? 'refused' : 'failed' });
      this.#deps.log.debug({ peer: peerId, error: error.message }, 'a witness did not cosign');
      return [];
    }
  }

  async #cosign(peer: PeerId, head: Checkpoint, signal?: AbortSignal): Promise<string[]> {
    const { protocol, store } = this.#deps;
    const peerId = peer.toString();
    const key = witnessKeyOf(peerId);
    // Twice: a witness that knows another size says which.
    for (let attempt = 0; attempt < 2; attempt++) {
      const oldSize = Math.min(this.#sizes.get(peerId) ?? 0, head.size);
      const proof = await consistencyProofAsync(oldSize, head.size, store.reader(head.origin));
      const answer = await protocol.ask(peer, { oldSize, proof, checkpoint: head.text }, signal);
      if (answer.status === 200) {
        const offered = addSignatures(head.text, decodeCosignatures(answer.body));
        const lines = soundCosignatures(parseCheckpoint(offered), [key]);
        if (lines.length === 0) throw new ZeroError('WITNESS_REFUSED', 'its cosignature does not verify');
        this.#remember(peerId, head.size);
        return lines;
      }
      if (answer.status !== 409 || answer.type !== TLOG_SIZE_TYPE)
        throw new ZeroError('WITNESS_REFUSED', `${answer.status}: ${answer.body.trim().slice(0, 200)}`);
      const size = parseSize(answer.body.trim(), 'the size of the witness');
      if (size > head.size)
        throw new ZeroError('WITNESS_REFUSED', `it has cosigned a head of size ${size}, beyond ${head.size}`);
      this.#remember(peerId, size);
    }
    throw new ZeroError('WITNESS_REFUSED', 'it cannot say which head it knows');
  }

  #remember(peerId: string, size: number): void {
    this.#sizes.set(peerId, size);
  }
}

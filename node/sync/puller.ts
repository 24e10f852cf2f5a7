// Pulls one log from one peer: asks, checks, stores, and only then hands on. A tail that does not check is refused whole; whether the
// peer lied or the log forked is asked with a proof, and a fork is kept as evidence.

import type { PeerId } from '@libp2p/interface';
import { primeEnvelopes } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { withKeychains } from '../../protocol/identity/index.ts';
import { type EquivocationFinding, parseCheckpoint, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import {
  CREDIT_BYTES_DEFAULT,
  CREDIT_BYTES_MAX,
  CREDIT_BYTES_MIN,
  consistencyRequest,
  decodeSyncMessage,
  encodeSyncMessage,
  judgeConsistency,
  type SyncedEntry,
  type SyncMessage,
  TAIL_BYTES_MAX,
  TAIL_ENTRIES_MAX,
  type Tail,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { LogState, LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { Serial } from '../serial.ts';
import type { StatementRouter } from '../statements/router.ts';
import { Bodies } from './bodies.ts';
import { Crumbs } from './crumbs.ts';
import type { ForkBook } from './fork-book.ts';
import { type Quotas, roomFor } from './quota.ts';

/** Tails fetched from one peer in one round: bounds what a lying peer can keep us busy with. */
const TAILS_PER_ROUND_MAX = 10_000;
/** Parts of one log in one round that may be smaller than they could be: nobody honest sends one, and a later version may have its reasons. */
const CRUMBS_MAX = 16;

export interface PullerDeps {
  readonly rpc: Rpc;
  readonly protocol: RpcProtocol;
  readonly store: LogStore;
  readonly ownLog: OwnLog;
  readonly router: StatementRouter;
  readonly forks: ForkBook;
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told after entries of a log are stored and applied. */
  readonly onGrown: (origin: string) => void;
  /** Told of a peer whose answer was provably false. */
  readonly onLiar: (peer: PeerId) => void;
}

/** True when all entries under the newest signed head are at hand. */
export function isComplete(state: LogState): boolean {
  return state.checkpoint !== '' && parseCheckpoint(state.checkpoint).size === state.size;
}

/** Pulls logs. */
export class Puller {
  /** Bodies of entries that are held without. */
  readonly bodies: Bodies;
  readonly #deps: PullerDeps;
  readonly #serial = new Serial();

  constructor(deps: PullerDeps) {
    this.#deps = deps;
    this.bodies = new Bodies({
      ...deps,
      ask: (peer, request) => this.#ask(peer, request),
      room: (state) => this.#room(state),
      deliver: (...found) => this.#deliver(...found),
    });
  }

  /**
   * Pulls a log up to `to`, in parts; each part is stored before the next is asked for. Throws LOG_FORKED, QUOTA_EXCEEDED,
   * STORAGE_FAILED, PEER_UNREACHABLE, or what the check of a false tail throws.
   */
  async pull(peer: PeerId, origin: string, to: number): Promise<void> {
    const { forks, ownLog, log } = this.#deps;
    if (forks.has(origin)) return;
    if (origin !== ownLog.origin) {
      await this.#serial.run(origin, () => this.#parts(peer, origin, to));
      return;
    }
    // Only this node writes its log: a longer one means that data was lost here, and comes back from whoever replicated it.
    if (ownLog.state().size >= to) return;
    log.warn({ from: ownLog.state().size, to }, 'entries of the own log were lost: taking them from a peer');
    await ownLog.restore(() => this.#parts(peer, origin, to));
  }

  async #parts(peer: PeerId, origin: string, to: number): Promise<void> {
    const { store } = this.#deps;
    const crumbs = new Crumbs(TAIL_ENTRIES_MAX);
    let credit: number = CREDIT_BYTES_DEFAULT;
    for (let part = 0; part < TAILS_PER_ROUND_MAX; part++) {
      const state = store.state(origin);
      if (state.size >= to && isComplete(state)) return;
      const room = this.#room(state);
      const request = tailRequest(
        { origin, from: state.size, to: Math.max(to, state.size) },
        Math.min(credit, room),
      );
      const bytes = await this.#ask(peer, request);
      const tail = await this.#check(peer, state, () =>
        verifyTail({
          request,
          response: decodeSyncMessage(bytes, ['tail-response'], request.credit),
          tree: state.tree,
        }),
      );
      if (tail.entries.length === 0 && !tail.complete) {
        if (tail.needs <= request.credit) return;
        if (tail.needs > room) this.#refuse(origin);
        credit = TAIL_BYTES_MAX;
        continue;
      }
      await this.#store(tail, origin);
      if (tail.complete) return;
      const isMore = tail.to < Math.min(tail.checkpoint.size, request.to);
      const part = { bytes: bytes.length, credit: request.credit, entries: tail.entries.length, isMore };
      if (crumbs.take(part) > CRUMBS_MAX)
        throw this.#blame(
          peer,
          origin,
          new ZeroError('SYNC_REFUSED', 'the peer hands the log out in crumbs: a write to the disk for each'),
        );
    }
  }

  /**
   * Takes the entries [from, to) that a peer sent unasked with their head. Answers false when they do not follow what is held: then the log
   * is to be pulled. Throws as `pull` does.
   */
  async take(
    peer: PeerId,
    part: { readonly origin: string; readonly from: number; readonly to: number },
    bytes: Uint8Array,
  ): Promise<boolean> {
    const { forks, ownLog, store } = this.#deps;
    const { origin, from, to } = part;
    if (forks.has(origin) || origin === ownLog.origin) return false;
    return await this.#serial.run(origin, async () => {
      const state = store.state(origin);
      if (state.size !== from || (from > 0 && !isComplete(state)) || this.#room(state) < bytes.length)
        return false;
      const request = tailRequest({ origin, from, to }, Math.max(CREDIT_BYTES_MIN, bytes.length));
      const response = decodeSyncMessage(bytes, ['tail-response'], request.credit);
      const tail = await this.#check(peer, state, () => verifyTail({ request, response, tree: state.tree }));
      this.#deps.metrics.count('zerostate_sync_bytes_total', {}, bytes.length);
      await this.#store(tail, origin);
      return true;
    });
  }

  /** Stores a verified tail, then applies it. */
  async #store(tail: Verified<Tail>, origin: string): Promise<void> {
    const { store, clock, metrics } = this.#deps;
    await primeEnvelopes(withKeychains(tail.entries.flatMap(({ envelope }) => envelope ?? [])), {
      isKept: true,
    });
    const read = this.#read(tail.entries);
    await store.append(
      {
        origin,
        from: tail.from,
        entries: read.map(({ entry, body }) => ({ record: entry.record, body })),
        nodes: tail.nodes,
        tree: tail.tree,
        checkpoint: tail.complete ? tail.checkpoint.text : null,
      },
      clock.now(),
    );
    metrics.count('zerostate_statements_stored_total', { origin: 'replicated' }, read.length);
    for (const { entry, statement } of read)
      this.#deliver(origin, entry.index, entry.entry.statementId, statement);
    this.#deps.onGrown(origin);
  }

  #deliver(
    origin: string,
    index: number,
    statementId: string,
    statement: ReturnType<StatementRouter['read']>['statement'],
  ): void {
    if (statement !== undefined)
      this.#deps.router.deliver(statement, { position: { origin, index, statementId }, live: true });
  }

  /** Reads the bodies once. A record fixes what was signed and not the signatures: a body with a false one is left out and asked of others. */
  #read(entries: readonly SyncedEntry[]) {
    return entries.map((entry) => {
      if (entry.body === null || entry.envelope === null) return { entry, body: null, statement: undefined };
      const { statement, code } = this.#deps.router.read(entry.envelope, entry.entry.statementId);
      return { entry, body: code === 'SIGNATURE_INVALID' ? null : entry.body, statement };
    });
  }

  #room(state: LogState): number {
    const { store, quotas, ownLog } = this.#deps;
    if (state.origin === ownLog.origin) return CREDIT_BYTES_MAX;
    const room = roomFor(quotas, { originBytes: state.bytes, totalBytes: store.bytes });
    // Less than the smallest answer would go over it.
    if (room < CREDIT_BYTES_MIN) this.#refuse(state.origin);
    return room;
  }

  #refuse(origin: string): never {
    this.#deps.metrics.count('zerostate_sync_refused_total', { reason: 'quota' });
    throw new ZeroError('QUOTA_EXCEEDED', `the log of ${origin} has used up what may be kept of it`);
  }

  async #ask(peer: PeerId, request: SyncMessage): Promise<Uint8Array> {
    const { rpc, protocol, metrics } = this.#deps;
    const bytes = await rpc.call(peer, protocol, encodeSyncMessage(request));
    metrics.count('zerostate_sync_bytes_total', {}, bytes.length);
    return bytes;
  }

  /** Runs a check of what a peer sent. On failure asks who lied: evidence against the log is kept, else the peer is told on. */
  async #check(peer: PeerId, state: LogState, verify: () => Verified<Tail>): Promise<Verified<Tail>> {
    try {
      return verify();
    } catch (error) {
      if (!isZeroError(error)) throw error;
      const finding = error.code === 'PROOF_INVALID' ? await this.#fork(peer, state).catch(() => null) : null;
      if (finding === null) {
        throw this.#blame(peer, state.origin, error);
      }
      await this.#deps.forks.add(finding);
      throw new ZeroError('LOG_FORKED', `${state.origin} signed two histories`, { cause: error });
    }
  }

  #blame(peer: PeerId, origin: string, error: ZeroError): ZeroError {
    this.#deps.metrics.count('zerostate_sync_refused_total', { reason: 'bad-tail' });
    this.#deps.log.warn(
      { peer: peer.toString(), origin, code: error.code },
      'a peer served an invalid log tail',
    );
    this.#deps.onLiar(peer);
    return error;
  }

  async #fork(peer: PeerId, state: LogState): Promise<Verified<EquivocationFinding> | null> {
    if (state.checkpoint === '') return null;
    const own = verifyNodeCheckpoint(state.checkpoint, state.origin);
    const bytes = await this.#ask(peer, consistencyRequest(own, own.size));
    return judgeConsistency(own, decodeSyncMessage(bytes, ['consistency-response']));
  }
}

// Fetches bodies that others withheld, or that were let go. Any author can sign records whose bodies nobody has: what is asked in one round is bounded, and
// the next round goes on elsewhere, so that they cost little and keep nothing else from being found.

import type { PeerId } from '@libp2p/interface';
import { isZeroError } from '../../protocol/errors/index.ts';
import { decodeLogEntry } from '../../protocol/log/index.ts';
import {
  decodeSyncMessage,
  type SyncMessage,
  TAIL_BYTES_MAX,
  tailRequest,
} from '../../protocol/sync/index.ts';
import type { LogState, LogStore } from '../log/index.ts';
import type { ReadBody, StatementRouter } from '../statements/router.ts';

/** Missing bodies that are asked of one peer in one round: of one log, and of all. A peer serves 50 questions a second, and heads and tails come first. */
const BODIES_PER_LOG_MAX = 64;
const BODIES_PER_ROUND_MAX = 256;

export interface BodiesDeps {
  readonly store: LogStore;
  readonly router: StatementRouter;
  /** Puts a question to a peer. */
  readonly ask: (peer: PeerId, request: SyncMessage) => Promise<Uint8Array>;
  /** Bytes that a log may still grow by. Throws QUOTA_EXCEEDED. */
  readonly room: (state: LogState) => number;
  readonly deliver: (
    origin: string,
    index: number,
    statementId: string,
    statement: ReadBody['statement'],
  ) => void;
  /** Told after bodies of a log are stored and applied. */
  readonly onGrown: (origin: string) => void;
}

/** Fetches bodies. */
export class Bodies {
  readonly #deps: BodiesDeps;
  /** Where the next round begins: among the logs, and in each of them. */
  #nextLog = 0;
  #turn = 0;

  constructor(deps: BodiesDeps) {
    this.#deps = deps;
  }

  /** Asks a peer for some of what is missing. Never throws for what the peer does: it is asked no more in this round. */
  async round(peer: PeerId): Promise<void> {
    const { store } = this.#deps;
    const lacking = store.states().filter(({ origin }) => store.gaps(origin).length > 0);
    const logs = rotated(lacking, this.#nextLog);
    const first = BODIES_PER_LOG_MAX * this.#turn++;
    let left = BODIES_PER_ROUND_MAX;
    for (const { origin } of logs) {
      if (left <= 0) return;
      this.#nextLog = (this.#nextLog + 1) % lacking.length;
      const gaps = store.gaps(origin);
      const wanted = rotated(gaps, first).slice(0, Math.min(BODIES_PER_LOG_MAX, left));
      left -= wanted.length;
      if (!(await this.#some(peer, origin, wanted))) return;
    }
  }

  /** Asks for bodies of one log. Answers false when there is no use in asking this peer for others. */
  async #some(peer: PeerId, origin: string, wanted: readonly number[]): Promise<boolean> {
    let filled = 0;
    try {
      for (const index of wanted) filled += Number(await this.fetch(peer, origin, index));
      return true;
    } catch (error) {
      return isZeroError(error) && error.code !== 'PEER_UNREACHABLE' && error.code !== 'BUSY';
    } finally {
      if (filled > 0) this.#deps.onGrown(origin);
    }
  }

  /** Asks a peer for the body of one entry, and keeps it when it is the one that the record names. Throws PEER_UNREACHABLE, QUOTA_EXCEEDED, or as the peer answers. */
  async fetch(peer: PeerId, origin: string, index: number): Promise<boolean> {
    const { ask, deliver, room, router, store } = this.#deps;
    const record = await store.record(origin, index);
    if (record === undefined) return false;
    const { statementId } = decodeLogEntry(record);
    const credit = Math.min(TAIL_BYTES_MAX, room(store.state(origin)));
    const bytes = await ask(peer, tailRequest({ origin, from: index, to: index + 1 }, credit));
    const [got] = decodeSyncMessage(bytes, ['tail-response'], credit).entries;
    if (got === undefined || got.body === null) return false;
    const { statement, id, code } = router.read(got.body);
    if (id !== statementId || code === 'SIGNATURE_INVALID') return false;
    if (await store.fill(origin, index, got.body)) deliver(origin, index, statementId, statement);
    return true;
  }
}

/** The list from a place on, and then from its beginning. */
function rotated<T>(list: readonly T[], start: number): T[] {
  const at = start % Math.max(1, list.length);
  return [...list.slice(at), ...list.slice(0, at)];
}

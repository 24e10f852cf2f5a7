// Penalties on disk, so that a restart of the node forgives nobody: who was shut out, until when, and how often so far.
// Budgets are not kept: they refill in seconds.

import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, type JsonLevel, jsonLevel } from '../storage/index.ts';
import { FORGIVE_MS, PENALTY_MS_LAST } from './decision.ts';
import type { Admission, Penalty } from './ledger.ts';

/** Penalties kept, some 120 bytes each: peer ids are free, so the oldest make room. */
export const PENALTIES_MAX = 1_024;

/** The penalties of one node. */
export class PenaltyBook {
  readonly #level: JsonLevel<Penalty>;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Oldest first. */
  readonly #peers = new Map<string, Penalty>();

  constructor(deps: { db: Database; clock: Clock; log: Logger }) {
    this.#level = jsonLevel<Penalty>(deps.db, 'penalties');
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Gives the ledger the penalties that still hold, drops the others, and from then on keeps each new one. */
  async load(admission: Admission): Promise<void> {
    const now = this.#clock.now();
    const read: [string, Penalty][] = [];
    const gone: string[] = [];
    for await (const [peer, stored] of this.#level.iterator()) {
      const penalty = withinReach(stored, now);
      if (penalty === undefined || read.length >= PENALTIES_MAX) gone.push(peer);
      else read.push([peer, penalty]);
    }
    if (gone.length > 0) await this.#level.batch(gone.map((key) => ({ type: 'del', key })));
    for (const [peer, penalty] of read.sort(([, a], [, b]) => a.struckAt - b.struckAt)) {
      this.#peers.set(peer, penalty);
      admission.restore(peer, penalty);
    }
    admission.onPenalty((peer, penalty) => void this.#keep(peer, penalty));
  }

  async #keep(peer: string, penalty: Penalty): Promise<void> {
    this.#peers.delete(peer);
    this.#peers.set(peer, penalty);
    const [oldest = peer] = this.#peers.keys();
    const full = this.#peers.size > PENALTIES_MAX;
    if (full) this.#peers.delete(oldest);
    try {
      await this.#level.batch([
        ...(full ? [{ type: 'del' as const, key: oldest }] : []),
        { type: 'put', key: peer, value: penalty },
      ]);
    } catch (error) {
      // It holds while the node runs.
      this.#log.debug({ peer, error: (error as Error).message }, 'a penalty could not be written');
    }
  }
}

/** What is left of a stored penalty: undefined when it is damaged or forgiven. A clock that ran ahead shuts nobody out for longer. */
function withinReach({ strikes, struckAt, until }: Partial<Penalty>, now: number): Penalty | undefined {
  if (!Number.isSafeInteger(strikes) || !Number.isFinite(struckAt) || !Number.isFinite(until))
    return undefined;
  const struck = Math.min(struckAt as number, now);
  if (now - struck >= (strikes as number) * FORGIVE_MS && (until as number) <= now) return undefined;
  return {
    strikes: strikes as number,
    struckAt: struck,
    until: Math.min(until as number, now + PENALTY_MS_LAST),
  };
}

// The leases of a node: work that one at a time may do, whoever asks for it. A lease is on disk before it is told, so no restart grants a token
// again; who hangs loses it, and finds its token refused when it wakes up.

import { ZeroError } from '../../protocol/errors/index.ts';
import {
  grantLease,
  type Lease,
  type LeaseState,
  NO_LEASE,
  passFence,
  releaseLease,
  renewLease,
} from '../../protocol/lease/index.ts';
import { Serial } from '../serial.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';

/** Kinds of exclusive work. Each has one row, so these bound the store. */
export const EXCLUSIVE_WORK = ['backup'] as const;
export type ExclusiveWork = (typeof EXCLUSIVE_WORK)[number];

/** A lease in the hands of who does the work. */
export interface HeldLease {
  readonly token: number;
  /** Says that the work goes on. Throws BUSY when somebody else has it by now: nothing more may be done. */
  proceed(): void;
  /** Gives it back. */
  end(): Promise<void>;
}

/** Grants leases. */
export class Leases {
  readonly #level: JsonLevel<LeaseState>;
  readonly #now: () => number;
  readonly #serial = new Serial();
  readonly #states = new Map<ExclusiveWork, LeaseState>();

  /**
   * `nowMs` is a clock that nobody can set, unless told that of the process: every lease ends with its process, and one whose holder hangs would last for
   * an hour more when the clock of the machine is set back by one.
   */
  constructor(deps: { db: Database; nowMs?: () => number }) {
    this.#level = jsonLevel<LeaseState>(deps.db, 'leases');
    this.#now = deps.nowMs ?? (() => Math.floor(performance.now()));
  }

  /**
   * Takes the lease of a work, for `ttlMs` from its last sign of life. That of an earlier process is over: no other can have this database open.
   * Throws BUSY while somebody has it, STORAGE_FAILED.
   */
  async take(work: ExclusiveWork, holder: string, ttlMs: number): Promise<HeldLease> {
    return await this.#serial.run(work, async () => {
      const now = this.#now();
      const before = this.#states.get(work) ?? afterRestart(await this.#level.get(work));
      const state = grantLease(before, holder, now, ttlMs);
      if (state === before)
        throw new ZeroError('BUSY', `${work} is under way for ${before.lease?.holder}`, {
          details: { retryMs: Math.max(0, (before.lease?.untilMs ?? now) - now) },
        });
      const { token } = state.lease as Lease;
      await this.#level.put(work, state, DURABLE as never);
      this.#states.set(work, state);
      return {
        token,
        proceed: () => this.#proceed(work, token, ttlMs),
        end: () => this.#end(work, token),
      };
    });
  }

  /** In memory: a restart ends every lease. */
  #proceed(work: ExclusiveWork, token: number, ttlMs: number): void {
    const state = this.#states.get(work) ?? NO_LEASE;
    // The highest token that was granted is the fence: no other can have gone on under a higher one.
    if (passFence(state.highest, token) === undefined)
      throw new ZeroError('BUSY', `this ${work} took too long between two steps, and another has begun`);
    this.#states.set(work, renewLease(state, token, this.#now(), ttlMs));
  }

  async #end(work: ExclusiveWork, token: number): Promise<void> {
    await this.#serial.run(work, async () => {
      this.#states.set(work, releaseLease(this.#states.get(work) ?? NO_LEASE, token));
    });
  }
}

/** What is left of a stored state: its tokens stay used, its lease is over with the process that had it. */
function afterRestart(stored: LeaseState | undefined): LeaseState {
  return stored === undefined ? NO_LEASE : { highest: stored.highest, lease: null };
}

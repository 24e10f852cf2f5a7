// Relays that are not paid, and so not used: why, and until when.

import { RecentMap } from '../../protocol/bounded/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';

/** Relays remembered. */
const RELAYS_MAX = 1_024;
/** A relay that asks too much, or cannot be paid, is asked for its bill again after this time. */
const ASK_AGAIN_MS = 600_000;

/** Why a relay is not paid, and not used. */
export type PayEnd = 'budget' | 'surplus' | 'currency' | 'seller' | 'funds' | 'refused';

/** One that is left. */
export interface Left {
  readonly reason: PayEnd;
  readonly detail: string;
  /** By the clock. */
  readonly until: number;
}

/** The list of them. */
export class LeftRelays {
  readonly #left = new RecentMap<string, Left>(RELAYS_MAX);
  readonly #deps: { readonly clock: Clock; readonly log: Logger; readonly metrics: Metrics };
  /** Told of each one, with the error with which what goes over it is to end. */
  onLeave: (relay: string, why: ZeroError) => void = () => {};

  constructor(deps: { clock: Clock; log: Logger; metrics: Metrics }) {
    this.#deps = deps;
  }

  of(relay: string): Left | undefined {
    const left = this.#left.get(relay);
    return left !== undefined && left.until > this.#deps.clock.now() ? left : undefined;
  }

  /** Leaves a relay for a while; answers the error that says so. */
  leave(
    relay: string,
    reason: PayEnd,
    detail: string,
    until = this.#deps.clock.now() + ASK_AGAIN_MS,
  ): ZeroError {
    const { log, metrics } = this.#deps;
    const why = new ZeroError('PAYMENT_REQUIRED', `${relay} is not paid: ${detail}`, { details: { reason } });
    this.#left.set(relay, { reason, detail, until });
    metrics.count('zerostate_relay_pay_ends_total', { reason });
    log.warn({ relay, reason, detail }, 'a relay is not paid, and is left for others');
    this.onLeave(relay, why);
    return why;
  }
}

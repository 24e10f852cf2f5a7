// Renews the cards of the agents that live here before they run out, with what they say unchanged: a node that is left alone keeps its agents
// findable. Names those that it can not renew. Decides nothing about what a card says.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A card is renewed when it has less than this left (ms): a third of its life, so that a month of trouble costs nothing. */
export const RENEW_BEFORE_MS = 30 * DAY_MS;
/** What runs out this soon (ms) and can not be renewed, a person is told of. */
const WARN_BEFORE_MS = 14 * DAY_MS;
/** A renewal that adds less (ms) is none: then the key is what ends. */
const GAIN_MS_MIN = DAY_MS;
/** The first look comes when the node has neighbours to compare its clock with, the others after this pause (ms). */
const FIRST_MS = 600_000;
const ROUND_MS = HOUR_MS;
/** Cards renewed in one look; the others wait for the next, so that many do not come at once. */
const RENEWALS_MAX = 64;

/** How long something of an agent lasts. */
export interface Lasting {
  readonly agentId: AgentId;
  /** When its newest card runs out, and when the key that signs it does. */
  readonly cardEndsMs: number;
  readonly keyEndsMs: number;
  /** When a card that is signed now would run out. */
  readonly nextEndsMs: number;
}

export interface RenewerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Cards that this node has published and nobody has revoked or taken over. */
  readonly lasting: () => readonly Lasting[];
  /** False while the clock is known to be wrong: what is signed then is dated wrongly for good. */
  readonly isClockRight: () => boolean;
  readonly renew: (agentId: AgentId) => Promise<unknown>;
}

/** Looks at the cards of this node again and again. */
export class Renewer {
  readonly #deps: RenewerDeps;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: RenewerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#after(FIRST_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #after(ms: number): void {
    this.#cancel = this.#deps.clock.after(ms, () => {
      void this.look().finally(() => {
        if (!this.#stopped) this.#after(ROUND_MS);
      });
    });
  }

  /** Renews what is due, as long as the clock is right. Never throws. */
  async look(): Promise<void> {
    const { clock, isClockRight, lasting, log, renew } = this.#deps;
    if (!isClockRight()) return;
    const due = lasting().filter(
      ({ cardEndsMs, nextEndsMs }) =>
        cardEndsMs - clock.now() < RENEW_BEFORE_MS && nextEndsMs - cardEndsMs >= GAIN_MS_MIN,
    );
    for (const { agentId } of due.slice(0, RENEWALS_MAX)) {
      if (this.#stopped) return;
      try {
        await renew(agentId);
        log.info({ agentId }, 'card renewed before it ran out');
      } catch (error) {
        log.warn({ agentId, error: (error as Error).message }, 'card not renewed yet');
      }
    }
  }

  /** What of the agents here has run out or soon will, for people; none when all is well. */
  warnings(): string[] {
    const { clock, lasting } = this.#deps;
    const now = clock.now();
    return lasting().flatMap(({ agentId, cardEndsMs, keyEndsMs }) => {
      if (cardEndsMs - now >= WARN_BEFORE_MS) return [];
      const end = new Date(cardEndsMs).toISOString().slice(0, 10);
      const what = cardEndsMs <= now ? `ran out ${end}: nobody finds it` : `runs out ${end}`;
      const hint = keyEndsMs - cardEndsMs < GAIN_MS_MIN ? ', with its key: zerostate card rotate' : '';
      return [`the card of ${agentId} ${what}${hint}`];
    });
  }
}

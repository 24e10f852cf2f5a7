// Too much at once, from all peers together: which class of work gives way, and when to come back. The verdict is pure; the class around it
// counts what is under way. What one peer may ask for is decision.ts.

import { Tally } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { WorkClass } from './decision.ts';

/**
 * Requests under way before a class gives way. A request holds its own bytes: `limits.md` has the sum. Bulk leaves three quarters to the others, timed
 * work leaves an eighth to what stops things.
 */
export const UNDER_WAY_MAX: Readonly<Record<WorkClass, number>> = { urgent: 2_048, timed: 1_792, bulk: 512 };

/**
 * Of these, of one peer: twice what its connections have open as streams. A request whose stream was given up is under way until its work has ended, and
 * whoever asks, gives up and asks again would else have all others refused. What is urgent has budgets of its own.
 */
export const UNDER_WAY_PER_PEER_MAX = 512;

/**
 * Milliseconds that this thread may be behind before a class gives way: half a second is felt by people, two seconds eat most of a request's time. What is
 * urgent is never refused for it: it is what makes things better.
 */
export const LAG_MS_MAX: Readonly<Record<WorkClass, number>> = {
  urgent: Number.POSITIVE_INFINITY,
  timed: 2_000,
  bulk: 500,
};

/** Milliseconds after which to ask again: bulk stays away longer, so that it does not come back into the same jam. */
export const RETRY_MS: Readonly<Record<WorkClass, number>> = { urgent: 250, timed: 1_000, bulk: 5_000 };

/** Milliseconds between two lines of the log about one class: a flood must not become one of lines. */
const TOLD_EVERY_MS = 10_000;

/** What somebody is told whose request gives way. */
export const overloadedText = (work: WorkClass): string =>
  `this node has too much to do, and ${work} requests give way`;

/** How loaded a node is. */
export interface Load {
  readonly underWay: number;
  readonly lagMs: number;
}

/** Does this class of work give way under this load? */
export function sheds(work: WorkClass, { lagMs, underWay }: Load): boolean {
  return underWay >= UNDER_WAY_MAX[work] || lagMs >= LAG_MS_MAX[work];
}

/** Counts what is under way, and says what gives way. */
export class Overload {
  readonly #metrics: Metrics;
  readonly #lagMs: () => number;
  readonly #log: Logger | undefined;
  readonly #clock: Pick<Clock, 'now'> | undefined;
  /** By class: when a line was written last, and how many requests gave way since. */
  readonly #told = new Map<WorkClass, { readonly at: number; readonly since: number }>();
  #underWay = 0;
  readonly #byPeer = new Tally();

  constructor(deps: { metrics: Metrics; lagMs?: () => number; log?: Logger; clock?: Pick<Clock, 'now'> }) {
    this.#metrics = deps.metrics;
    this.#lagMs = deps.lagMs ?? (() => 0);
    this.#log = deps.log;
    this.#clock = deps.clock;
  }

  get load(): Load {
    return { underWay: this.#underWay, lagMs: this.#lagMs() };
  }

  /** Takes in one request, of this peer where one asks; answers what to call when it has ended, or undefined: refuse it. */
  enter(work: WorkClass, peer?: string): (() => void) | undefined {
    const isFull = this.#byPeer.of(peer ?? '') >= UNDER_WAY_PER_PEER_MAX && work !== 'urgent';
    if (isFull || sheds(work, this.load)) {
      this.refuse(work);
      return undefined;
    }
    this.#count(peer, 1);
    let isOver = false;
    return () => {
      if (!isOver) this.#count(peer, -1);
      isOver = true;
    };
  }

  #count(peer: string | undefined, change: 1 | -1): void {
    this.#underWay += change;
    if (peer !== undefined) this.#byPeer.add(peer, change);
  }

  /** Counts one that gives way, and says so. */
  refuse(work: WorkClass): void {
    this.#metrics.count('zerostate_shed_total', { class: work });
    this.#tell(work);
  }

  /** The first that gives way is told at once, the others together. */
  #tell(work: WorkClass): void {
    const now = this.#clock?.now() ?? 0;
    const { at, since } = this.#told.get(work) ?? { at: Number.NEGATIVE_INFINITY, since: 0 };
    const isQuiet = Math.abs(now - at) < TOLD_EVERY_MS;
    this.#told.set(work, isQuiet ? { at, since: since + 1 } : { at: now, since: 0 });
    if (isQuiet) return;
    const { lagMs, underWay } = this.load;
    const told = { class: work, refused: since + 1, underWay, lagMs: Math.round(lagMs) };
    this.#log?.warn(told, 'too much to do: requests of this class give way');
  }
}

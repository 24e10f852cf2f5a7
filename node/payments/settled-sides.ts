// Sides of channels that are over: which may leave memory, and what such a side still says when somebody asks or posts about it. A node opens channels
// all its life, and those that are over must not count against those that are not.

import { type ChannelEvent, type ChannelState, type Side, settleAt } from '../../protocol/channel/index.ts';
import type { Clock } from '../clock/index.ts';
import type { ChannelStore, HeldSide } from './channel-store.ts';
import type { LocalLedger } from './local-ledger.ts';

/**
 * True when a side may be put away: settled, with nothing running for it, and the time to dispute is over, or both have signed the end and there is
 * nothing to dispute. Pure.
 */
export function isOver(state: ChannelState, nowMs: number): boolean {
  const { phase, postings, work } = state;
  if (phase !== 'settled' || Object.values(work).some((one) => one.state === 'running')) return false;
  if (postings.some(({ kind }) => kind === 'cooperative')) return true;
  const due = settleAt(state);
  return due !== undefined && nowMs >= due;
}

/** Sides that were put away. */
export class SettledSides {
  readonly #store: ChannelStore;
  readonly #ledger: Pick<LocalLedger, 'channel'>;
  readonly #clock: Pick<Clock, 'now'>;
  /** False while somebody has not noted yet what a settled side says: it stays at hand. */
  mayGo: (state: ChannelState) => Promise<boolean> = async () => true;

  constructor(deps: {
    store: ChannelStore;
    ledger: Pick<LocalLedger, 'channel'>;
    clock: Pick<Clock, 'now'>;
  }) {
    this.#store = deps.store;
    this.#ledger = deps.ledger;
    this.#clock = deps.clock;
  }

  /** Of the sides that are held those that may go, the oldest first, so that `kept` settled ones stay. */
  async *leaving(held: readonly HeldSide[], kept: number): AsyncGenerator<HeldSide> {
    const settled = held.filter(({ state }) => state.phase === 'settled');
    for (const one of settled.slice(0, Math.max(0, settled.length - kept)))
      if (isOver(one.state, this.#clock.now()) && (await this.mayGo(one.state))) yield one;
  }

  /** One of them, as it was before the events that it is about to take. Throws DATA_CORRUPT. */
  async find(
    channel: string,
    side: Side,
    events: readonly ChannelEvent[] = [],
  ): Promise<HeldSide | undefined> {
    const held = await this.#store.over(channel, side);
    return held === undefined ? undefined : this.#told(held, events);
  }

  /** Those of the channels whose ids end so; at most `most`. Throws DATA_CORRUPT. */
  async endingIn(end: string, most: number): Promise<HeldSide[]> {
    const found = await this.#store.endingIn(end, most);
    return found.map((held) => this.#told(held, []));
  }

  /** Puts a side away, or writes what was put away anew; resolves when it is on disk. Throws STORAGE_FAILED. */
  async put(held: HeldSide): Promise<void> {
    await this.#store.putAway(held);
  }

  /** What was posted stands in the logs, and not on the disk. */
  #told(held: HeldSide, events: readonly ChannelEvent[]): HeldSide {
    const { state } = held;
    const news = new Set(events.map((event) => (event.type === 'posted' ? event.posting.id : '')));
    const posted = this.#ledger.channel(state.terms.channel)?.postings ?? [];
    return { ...held, state: { ...state, postings: posted.filter(({ id }) => !news.has(id)) } };
  }
}

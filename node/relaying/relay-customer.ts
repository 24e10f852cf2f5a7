// The customer of relays: counts what this node sends and receives over each, and where the operator has set a budget pays for it before the credit
// runs out, through channels. A relay that asks for more than was counted, or whose bound is reached, is left. Must not: choose relays.

import { peerIdFromString } from '@libp2p/peer-id';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { isZeroError, type ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Residents } from '../cards/residents.ts';
import { type Clock, within } from '../clock/index.ts';
import type { RelayCustomer as Customer } from '../host/relay-watch.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { costOf } from './account.ts';
import {
  type Budget,
  beforeOf,
  dueOf,
  least,
  leftOf,
  payFrom,
  SPENT_TEXT,
  surplusText,
  unpaidOf,
} from './due.ts';
import { LeftRelays } from './left-relays.ts';
import { DAY_MS, type OwnBook } from './own-book.ts';
import { OwnCount } from './own-count.ts';
import type { RelayPayer } from './relay-payer.ts';
import type { SpendingDesk } from './spending-desk.ts';
import { hasEnded } from './tariffs.ts';
import type { CustomerView } from './views.ts';
import type { RelayBill } from './wire.ts';

/** Bytes of a relay that are counted together before anybody looks at what is owed. */
const LOOK_BYTES = 65_536;
/** Pause between two looks at what is owed to relays over which nothing goes any more. */
const LOOK_MS = 10_000;
/** Shortest and longest pause after a payment that failed and may be tried again; money that is missing is looked for after the longest. */
const REST_MS_MIN = 1_000;
const REST_MS_MAX = 60_000;
/** Payments that follow each other without another look: what is left then waits for the next one. */
const PAYMENTS_AT_ONCE_MAX = 64;
/** Longest wait for payments under way when the node stops; what was signed by then is on disk, and counts. */
const STOP_MS_MAX = 2_000;
/** Relays about which something is remembered beside the book. */
const RELAYS_MAX = 1_024;

/** What the last bill of a relay said. */
interface Asked {
  /** Undefined: it does not say how much it gives. */
  readonly credit: bigint | undefined;
  /** What the own count comes to beyond it: bytes that were sent and did not come there. */
  readonly slack: bigint;
}

export interface CustomerDeps {
  readonly book: OwnBook;
  readonly cards: Pick<CardBook, 'get' | 'listen'>;
  readonly residents: Pick<Residents, 'of'>;
  readonly payer: Pick<RelayPayer, 'bill' | 'exclusive'>;
  readonly isConnected: (relay: string) => boolean;
  readonly desk: Pick<SpendingDesk, 'deliver' | 'pay' | 'reconcile'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Undefined: nothing is paid by itself. */
  readonly budget: Budget | undefined;
}

/** Counts, pays, and says which relays are left. */
export class RelayCustomer implements Customer {
  readonly #deps: CustomerDeps;
  readonly #asked = new RecentMap<string, Asked>(RELAYS_MAX);
  readonly #count: OwnCount;
  readonly #left: LeftRelays;
  readonly #rests = new RecentMap<string, { readonly until: number; readonly ms: number }>(RELAYS_MAX);
  readonly #busy = new Map<string, Promise<void>>();
  /** Relays over which something went since the last look. */
  readonly #moving = new Set<string>();
  #cancel: () => void = () => {};
  #running = false;

  constructor(deps: CustomerDeps) {
    this.#deps = deps;
    this.#count = new OwnCount(deps);
    this.#left = new LeftRelays(deps);
  }

  set onLeave(told: Customer['onLeave']) {
    this.#left.onLeave = told;
  }

  async start(): Promise<void> {
    await this.#deps.book.load();
    this.#running = true;
    const look = () => {
      this.#lookAll();
      this.#cancel = this.#deps.clock.after(LOOK_MS, look);
    };
    this.#cancel = this.#deps.clock.after(LOOK_MS, look);
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel();
    await within(this.#deps.clock, STOP_MS_MAX, Promise.all(this.#busy.values()));
    this.#count.fold();
    await this.#deps.book.flush();
  }

  /** Own bytes went over a relay that was asked by this node. */
  used(relay: string, up: number, down: number): void {
    if (!this.#running) return;
    const isNew = this.#deps.budget !== undefined && !this.#asked.has(relay) && !this.#busy.has(relay);
    const unbooked = this.#count.add(relay, up, down);
    this.#moving.add(relay);
    if (!isNew && unbooked < LOOK_BYTES) return;
    this.#count.of(relay);
    this.#look(relay, false);
  }

  /** Why streams shall not go over a relay now; undefined: nothing stands against it. */
  refusal(relay: string): string | undefined {
    const left = this.#left.of(relay);
    return left === undefined ? undefined : `not paid (${left.reason}): ${left.detail}`;
  }

  /** This node owes a relay so much that it may have ended what it carried: that is no fault of the relay. */
  owes(relay: string): boolean {
    const standing = this.#count.of(relay);
    const unpaid = unpaidOf(standing);
    return unpaid > 0n && unpaid >= (this.#asked.get(relay)?.credit ?? payFrom(standing, undefined));
  }

  /** A relay said that it is not paid. */
  refused(relay: string): void {
    this.#count.of(relay);
    if (this.#running && this.#deps.budget !== undefined) this.#begin(relay, 1n);
  }

  list(): CustomerView[] {
    this.#count.fold();
    return this.#deps.book.list().map(([relay, standing]) => {
      const ended = this.#left.of(relay);
      const today = standing.day === this.#day() ? standing.today : 0n;
      return { relay, standing, price: costOf(standing.account), today, ended };
    });
  }

  /** What the budget is, and what of it was spent. */
  budget(): { readonly budget: Budget; readonly today: bigint; readonly all: bigint } | undefined {
    const { book, budget } = this.#deps;
    if (budget === undefined) return undefined;
    const { all, today } = book.spent(this.#day());
    return { budget, today, all };
  }

  #day(): number {
    return Math.floor(this.#deps.clock.now() / DAY_MS);
  }

  #lookAll(): void {
    this.#count.fold();
    for (const [relay] of this.#deps.book.list()) {
      const quiet = !this.#moving.delete(relay);
      if (this.#deps.isConnected(relay)) this.#look(relay, quiet);
    }
    this.#moving.clear();
    void this.#deps.book.flush().catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'what this node used of relays could not be written');
    });
  }

  /** Begins to pay where it is time; `quiet`: nothing goes there any more, so all that is left is paid. */
  #look(relay: string, quiet: boolean): void {
    const { book, budget } = this.#deps;
    if (budget === undefined) return;
    const standing = book.of(relay);
    const asked = this.#asked.get(relay);
    // The first bill says how much credit there is, and opening a channel takes its time.
    const from = quiet || asked === undefined ? 1n : payFrom(standing, asked.credit);
    if (unpaidOf(standing) - (asked?.slack ?? 0n) >= from) this.#begin(relay, from);
  }

  #begin(relay: string, from: bigint): void {
    const { clock, log } = this.#deps;
    const rest = this.#rests.get(relay);
    if (this.#busy.has(relay) || this.#left.of(relay) !== undefined) return;
    if (rest !== undefined && rest.until > clock.now()) return;
    const paying = this.#settle(relay, from)
      .then(
        () => void this.#rests.delete(relay),
        (error: unknown) => {
          if (!this.#running) return;
          this.#failed(relay, error);
        },
      )
      .catch((error: unknown) => log.warn({ err: error, relay }, 'a relay could not be left'))
      .finally(() => this.#busy.delete(relay));
    this.#busy.set(relay, paying);
  }

  /** Pays until less than `from` is owed. Throws as RelayPayer.bill and SpendingDesk.pay do. */
  async #settle(relay: string, from: bigint): Promise<void> {
    const { book, desk, payer } = this.#deps;
    for (let turn = 0; this.#running && turn < PAYMENTS_AT_ONCE_MAX; turn++) {
      const isPaid = await payer.exclusive(relay, async () => {
        // What was signed is delivered first, so that the bill knows of it.
        await desk.deliver(book.of(relay).seller);
        await desk.reconcile(relay);
        const bill = await payer.bill(peerIdFromString(relay));
        this.#count.of(relay);
        return await this.#payBill(relay, bill, from);
      });
      if (!isPaid) return;
    }
  }

  async #payBill(relay: string, bill: RelayBill, from: bigint): Promise<boolean> {
    const { book, budget, cards, clock, desk, metrics } = this.#deps;
    if (budget === undefined) return false;
    const seller = bill.seller === null ? null : this.#sellerOf(relay, bill.seller);
    if (seller === null || hasEnded(cards, seller, clock.now())) {
      this.#asked.set(relay, { credit: undefined, slack: unpaidOf(book.of(relay)) });
      return false;
    }
    if (bill.currency !== budget.currency)
      throw this.#left.leave(
        relay,
        'currency',
        `it asks in ${bill.currency}, and the budget is in ${budget.currency}`,
      );
    const standing = book.billed(relay, { seller, before: beforeOf(book.of(relay), bill) });
    const { amount: due, surplus } = dueOf(standing, bill);
    const beyond = unpaidOf(standing) - (bill.price - bill.paid);
    this.#asked.set(relay, { credit: bill.credit, slack: beyond > 0n ? beyond : 0n });
    const day = this.#day();
    const left = leftOf(budget, day, standing, book.spent(day));
    const amount = least(due, left.amount);
    // The last of a budget is paid however little it is, and ends it.
    const isPaid = amount >= from || (amount > 0n && left.amount <= due);
    if (isPaid) {
      const paid = await desk.pay(relay, { seller, amount, day, room: left.all, digest: bill.digest });
      metrics.count('zerostate_relay_paid_total', { currency: budget.currency }, Number(paid));
    }
    if (surplus > 0n) throw this.#surplus(relay, bill, surplus);
    if (due > 0n && left.amount === 0n) throw this.#spent(relay, left.bound);
    return isPaid;
  }

  #sellerOf(relay: string, seller: AgentId): AgentId {
    if (this.#deps.residents.of(relay).includes(seller)) return seller;
    throw this.#left.leave(relay, 'seller', 'whom it wants paid is no agent of its node');
  }

  #surplus(relay: string, bill: RelayBill, surplus: bigint): ZeroError {
    this.#deps.metrics.count('zerostate_relay_surplus_total', { currency: bill.currency }, Number(surplus));
    return this.#left.leave(relay, 'surplus', surplusText(this.#deps.book.of(relay), bill, surplus));
  }

  #spent(relay: string, bound: 'day' | 'all'): ZeroError {
    const until = bound === 'all' ? Number.POSITIVE_INFINITY : (this.#day() + 1) * DAY_MS;
    return this.#left.leave(relay, 'budget', SPENT_TEXT[bound], until);
  }

  #failed(relay: string, error: unknown): void {
    const { clock, log } = this.#deps;
    if (this.#left.of(relay) !== undefined) return;
    const code = isZeroError(error) ? error.code : '';
    const { message } = error as Error;
    if (code === 'FUNDS_MISSING' || code === 'NOT_FOUND')
      this.#left.leave(relay, 'funds', message, clock.now() + REST_MS_MAX);
    else if (code === 'CHANNEL_REFUSED' || code === 'QUARANTINED')
      this.#left.leave(relay, 'refused', message);
    else {
      const ms = Math.min(REST_MS_MAX, 2 * (this.#rests.get(relay)?.ms ?? REST_MS_MIN / 2));
      this.#rests.set(relay, { until: clock.now() + ms, ms });
      log.info({ err: error, relay }, 'a relay could not be paid; it is tried again');
    }
  }
}

// What this node has counted of its own traffic at each relay, what it paid for it, and what is left to spend. On disk before a payment is signed: what
// may have been paid counts as paid, so that nothing is paid twice and no bound is passed.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';
import {
  type Account,
  accountOf,
  NOTHING,
  type StoredAccount,
  storedAccount,
  type Tariff,
  withBytes,
} from './account.ts';

/** Relays remembered, as many as a router has neighbours; the longest idle is forgotten first, and its account begins anew with nothing owed. */
const RELAYS_MAX = 1_024;
/** Bytes of a relay after which its count is written: what a crash can lose of it, and less than the tolerance. */
const WRITE_BYTES = 524_288n;
/** Milliseconds of a day; days are those of UTC. */
export const DAY_MS = 86_400_000;

/** A payment that may have been signed: it was, if the channel has a newer update than this. */
export interface Intent {
  readonly channel: string;
  readonly version: number;
  readonly amount: string;
  readonly day: number;
}

/** What is known of one relay. */
export interface Standing {
  /** Own count of bytes, each at the price that then stood on the card; `paid` by itself. */
  readonly account: Account;
  /** Paid by hand, in millionths. */
  readonly byHand: bigint;
  /** Whom its last bill named. */
  readonly seller: AgentId | undefined;
  /** Owed by its first bill beyond the own count: from before this node counted. Not paid by itself. */
  readonly before: bigint | undefined;
  readonly day: number;
  /** Paid by itself on that day. */
  readonly today: bigint;
  readonly intent: Intent | undefined;
}

/** What was spent of a budget. */
export interface Spent {
  readonly currency: string;
  readonly day: number;
  readonly today: bigint;
  readonly all: bigint;
}

type StoredStanding = {
  readonly account: StoredAccount;
  readonly byHand: string;
  readonly seller?: string;
} & {
  readonly before?: string;
  readonly day: number;
  readonly today: string;
  readonly intent?: Intent;
};
type StoredSpent = {
  readonly currency: string;
  readonly day: number;
  readonly today: string;
  readonly all: string;
};

const FRESH: Standing = {
  account: NOTHING,
  byHand: 0n,
  seller: undefined,
  before: undefined,
  day: 0,
  today: 0n,
  intent: undefined,
};

/** The accounts of a customer of relays. */
export class OwnBook {
  readonly #standings = new Map<string, Standing>();
  readonly #db: Database;
  readonly #log: Logger;
  readonly #level: JsonLevel<StoredStanding>;
  readonly #spentLevel: JsonLevel<StoredSpent>;
  readonly #dirty = new Map<string, bigint>();
  #spent: Spent;
  #writing: Promise<void> = Promise.resolve();

  /** `currency`: that of the budget; spent in another one counts no more. */
  constructor(deps: { db: Database; log: Logger; currency: string }) {
    this.#db = deps.db;
    this.#log = deps.log;
    this.#level = jsonLevel<StoredStanding>(deps.db, 'relay-own');
    this.#spentLevel = jsonLevel<StoredSpent>(deps.db, 'relay-spent');
    this.#spent = { currency: deps.currency, day: 0, today: 0n, all: 0n };
  }

  async load(): Promise<void> {
    for await (const [relay, stored] of this.#level.iterator())
      this.#standings.set(relay, standingOf(stored));
    const spent = await this.#spentLevel.get(this.#spent.currency || '-');
    if (spent !== undefined) this.#spent = { ...spent, today: BigInt(spent.today), all: BigInt(spent.all) };
  }

  list(): [string, Standing][] {
    return [...this.#standings];
  }

  of(relay: string): Standing {
    return this.#standings.get(relay) ?? FRESH;
  }

  /** What was spent in all, and on a day. */
  spent(day: number): Spent {
    return this.#spent.day === day ? this.#spent : { ...this.#spent, day, today: 0n };
  }

  /** Counts own bytes, for the tariff of now. */
  used(relay: string, bytes: { readonly up: number; readonly down: number }, tariff: Tariff): Standing {
    const old = this.of(relay);
    const account = withBytes(old.account, bytes.up, bytes.down, tariff);
    return this.#put(relay, { ...old, account }, BigInt(bytes.up + bytes.down));
  }

  /** Notes what a bill says beside amounts. */
  billed(relay: string, said: { readonly seller: AgentId; readonly before: bigint }): Standing {
    const old = this.of(relay);
    if (old.seller === said.seller && old.before !== undefined) return old;
    return this.#put(relay, { ...old, seller: said.seller, before: old.before ?? said.before }, 0n);
  }

  /** Paid by hand. */
  paidByHand(relay: string, amount: bigint): void {
    const old = this.of(relay);
    this.#put(relay, { ...old, byHand: old.byHand + amount }, 0n);
  }

  /** Books a payment that is about to be signed; resolves when it is on disk. Throws as the database does: then nothing is to be paid. */
  async spend(relay: string, intent: Intent): Promise<void> {
    this.#add(relay, BigInt(intent.amount), intent.day, intent);
    await this.#write([relay], true);
  }

  /** Ends what was begun: it was signed, or it is taken back. */
  async settled(relay: string, isSigned: boolean): Promise<void> {
    const { intent } = this.of(relay);
    if (intent === undefined) return;
    this.#add(relay, isSigned ? 0n : -BigInt(intent.amount), intent.day, undefined);
    await this.#write([relay], false);
  }

  #add(relay: string, amount: bigint, day: number, intent: Intent | undefined): void {
    const old = this.of(relay);
    const today = (old.day === day ? old.today : 0n) + amount;
    // A relay that has changed its currency meanwhile has begun a new account.
    const paid = old.account.paid + amount;
    const account = { ...old.account, paid: paid < 0n ? 0n : paid };
    this.#put(
      relay,
      { ...old, account, day: Math.max(day, old.day), today: today < 0n ? 0n : today, intent },
      0n,
    );
    const spent = this.spent(Math.max(day, this.#spent.day));
    const todays = spent.day === day ? spent.today + amount : spent.today;
    this.#spent = { ...spent, today: todays < 0n ? 0n : todays, all: spent.all + amount };
  }

  #put(relay: string, standing: Standing, bytes: bigint): Standing {
    this.#standings.delete(relay);
    this.#standings.set(relay, standing);
    const unwritten = (this.#dirty.get(relay) ?? 0n) + bytes;
    this.#dirty.set(relay, unwritten);
    if (this.#standings.size > RELAYS_MAX) {
      const idle = [...this.#standings].find(([, { intent }]) => intent === undefined)?.[0] as string;
      this.#standings.delete(idle);
      this.#dirty.set(idle, 0n);
    }
    if (unwritten >= WRITE_BYTES)
      void this.flush().catch((error: unknown) => {
        this.#log.warn({ err: error }, 'what this node used of relays could not be written');
      });
    return standing;
  }

  /** Writes what changed. */
  async flush(): Promise<void> {
    if (this.#dirty.size > 0) await this.#write([...this.#dirty.keys()], false);
    else await this.#writing;
  }

  /** One write after another: an older count must not come after a newer one. */
  async #write(relays: readonly string[], isDurable: boolean): Promise<void> {
    for (const relay of relays) this.#dirty.delete(relay);
    const write = async () => {
      const batch = this.#db.batch();
      for (const relay of relays) {
        const standing = this.#standings.get(relay);
        if (standing === undefined) batch.del(relay, { sublevel: this.#level as never });
        else batch.put(relay, storedStanding(standing) as never, { sublevel: this.#level as never });
      }
      const { all, currency, day, today } = this.#spent;
      const spent: StoredSpent = { currency, day, today: String(today), all: String(all) };
      batch.put(currency || '-', spent as never, { sublevel: this.#spentLevel as never });
      await (isDurable ? batch.write(DURABLE) : batch.write());
    };
    const writing = this.#writing.then(write);
    this.#writing = writing.catch(() => undefined);
    try {
      await writing;
    } catch (error) {
      // With the next write; what was counted since is in it as well.
      for (const relay of relays) this.#dirty.set(relay, this.#dirty.get(relay) ?? 0n);
      throw error;
    }
  }
}

function storedStanding({ account, before, byHand, day, intent, seller, today }: Standing): StoredStanding {
  return {
    account: storedAccount(account),
    byHand: String(byHand),
    ...(seller === undefined ? {} : { seller }),
    ...(before === undefined ? {} : { before: String(before) }),
    day,
    today: String(today),
    ...(intent === undefined ? {} : { intent }),
  };
}

function standingOf({ account, before, byHand, day, intent, seller, today }: StoredStanding): Standing {
  return {
    account: accountOf(account),
    byHand: BigInt(byHand),
    seller: seller as AgentId | undefined,
    before: before === undefined ? undefined : BigInt(before),
    day,
    today: BigInt(today),
    intent,
  };
}

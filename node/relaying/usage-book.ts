// What each peer has used of this relay, and what was paid for it, on disk. A crash loses what was forwarded since the last write at most.

import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';
import {
  type Account,
  accountOf,
  NOTHING,
  type StoredAccount,
  storedAccount,
  type Tariff,
  under,
} from './account.ts';

/** Peers remembered; the longest idle is forgotten first, and starts again with nothing owed. */
const PEERS_MAX = 10_000;
/** Pause between a change and its write. */
const WRITE_AFTER_MS = 5_000;

/** What one update of a channel paid for relaying, in millionths. */
export interface Paid {
  readonly channel: string;
  readonly version: number;
  readonly amount: bigint;
}

/** The accounts of a relay. */
export class UsageBook {
  readonly #accounts = new Map<string, Account>();
  /** Version up to which the payments of a channel are counted. */
  readonly #counted = new Map<string, number>();
  readonly #level: JsonLevel<StoredAccount>;
  readonly #channels: JsonLevel<number>;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #dirty = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(deps: { db: Database; clock: Clock; log: Logger }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#level = jsonLevel<StoredAccount>(deps.db, 'relay-usage');
    this.#channels = jsonLevel<number>(deps.db, 'relay-channels');
  }

  async load(): Promise<void> {
    for await (const [peer, stored] of this.#level.iterator()) this.#accounts.set(peer, accountOf(stored));
    for await (const [channel, version] of this.#channels.iterator()) this.#counted.set(channel, version);
  }

  /** An account as it is under the tariff of now. */
  of(peer: string, tariff: Tariff): Account {
    return under(this.#accounts.get(peer) ?? NOTHING, tariff);
  }

  /** Counts what was passed on, for the tariff of now. */
  forwarded(peer: string, up: number, down: number, tariff: Tariff): void {
    const old = this.of(peer, tariff);
    this.#put(peer, { ...old, up: old.up + BigInt(up), down: old.down + BigInt(down) });
  }

  /** Counts what an update of a channel paid for relaying, once for each version. */
  async paid(peer: string, tariff: Tariff, of: Paid): Promise<void> {
    const { amount, channel, version } = of;
    if (version <= (this.#counted.get(channel) ?? 0)) return;
    this.#counted.set(channel, version);
    const old = this.of(peer, tariff);
    const account = { ...old, paid: old.paid + amount };
    if (amount > 0n) this.#put(peer, account);
    const batch = this.#db.batch();
    batch.put(channel, version, { sublevel: this.#channels as never });
    if (amount > 0n) batch.put(peer, storedAccount(account) as never, { sublevel: this.#level as never });
    await batch.write(DURABLE);
  }

  #put(peer: string, usage: Account): void {
    this.#accounts.delete(peer);
    this.#accounts.set(peer, usage);
    if (this.#accounts.size > PEERS_MAX) {
      const oldest = this.#accounts.keys().next().value as string;
      this.#accounts.delete(oldest);
      this.#dirty.add(oldest);
    }
    this.#dirty.add(peer);
    this.#cancel ??= this.#clock.after(WRITE_AFTER_MS, () => {
      void this.flush().catch((error: unknown) => {
        this.#log.warn({ err: error }, 'the use of this relay could not be written');
      });
    });
  }

  /** Writes what changed. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#dirty.size === 0) return;
    const batch = this.#db.batch();
    for (const peer of this.#dirty) {
      const usage = this.#accounts.get(peer);
      if (usage === undefined) batch.del(peer, { sublevel: this.#level as never });
      else batch.put(peer, storedAccount(usage) as never, { sublevel: this.#level as never });
    }
    this.#dirty.clear();
    await batch.write();
  }
}

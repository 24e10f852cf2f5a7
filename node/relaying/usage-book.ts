// What each peer has used of this relay, and what was paid for it, on disk. A crash loses what was forwarded since the last write at most. Accounts
// and how far channels are counted are written together: a payment is in both or in neither.

import type { AgentId } from '../../protocol/identity/index.ts';
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
  withBytes,
} from './account.ts';
import { type Counted, countedOf, type StoredCounted, storedCounted } from './counted.ts';

/** Peers remembered; the longest idle is forgotten first, and starts again with nothing owed. */
const PEERS_MAX = 10_000;
/**
 * Channels whose payments are followed: as many as a node holds sides of channels, so that no channel is opened which finds no room. Settled ones
 * go when all they paid is booked; beyond it nothing of one more channel is booked before one has gone.
 */
const CHANNELS_MAX = 10_000;
/** Pause between a change and its write. */
const WRITE_AFTER_MS = 5_000;

/** What one update of a channel paid for relaying, in millionths. */
export interface Paid {
  readonly channel: string;
  readonly payer: AgentId;
  readonly version: number;
  readonly amount: bigint;
}

/** The accounts of a relay. */
export class UsageBook {
  readonly #accounts = new Map<string, Account>();
  /** How far the payments of a channel are counted; none for a settled channel all of whose payments are booked. */
  readonly #counted = new Map<string, Counted>();
  /** Channels with payments that wait, by payer. */
  readonly #waiting = new Map<AgentId, Set<string>>();
  readonly #level: JsonLevel<StoredAccount>;
  readonly #channels: JsonLevel<StoredCounted>;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #channelsMax: number;
  readonly #dirty = new Set<string>();
  readonly #dirtyChannels = new Set<string>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(deps: { db: Database; clock: Clock; log: Logger; channelsMax?: number | undefined }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#channelsMax = deps.channelsMax ?? CHANNELS_MAX;
    this.#level = jsonLevel<StoredAccount>(deps.db, 'relay-usage');
    this.#channels = jsonLevel<StoredCounted>(deps.db, 'relay-channels');
  }

  async load(): Promise<void> {
    for await (const [peer, stored] of this.#level.iterator()) this.#accounts.set(peer, accountOf(stored));
    for await (const [channel, stored] of this.#channels.iterator()) this.#keep(channel, countedOf(stored));
  }

  /** An account as it is under the tariff of now. */
  of(peer: string, tariff: Tariff): Account {
    return under(this.#accounts.get(peer) ?? NOTHING, tariff);
  }

  /** Counts what was passed on, for the tariff of now. */
  forwarded(peer: string, up: number, down: number, tariff: Tariff): void {
    this.#put(peer, withBytes(this.#accounts.get(peer) ?? NOTHING, up, down, tariff));
  }

  /** True while a channel is followed. */
  follows(channel: string): boolean {
    return this.#counted.has(channel);
  }

  /** Channels that are followed. */
  get channels(): number {
    return this.#counted.size;
  }

  /**
   * Counts what an update of a channel paid for relaying, once for each version; without a peer it waits for one. On disk after `written`.
   * False: no room for one more channel, and nothing was counted.
   */
  paid(peer: string | undefined, tariff: Tariff, { amount, channel, payer, version }: Paid): boolean {
    const known = this.#counted.get(channel);
    if (amount === 0n || version <= (known?.version ?? 0)) return true;
    if (known === undefined && this.#counted.size >= this.#channelsMax) {
      this.#log.warn({ channel, amount: String(amount) }, 'too many channels pay for relaying: not booked');
      return false;
    }
    const { currency } = tariff;
    const waits = { payer, currency, amount: (known?.waits?.amount ?? 0n) + amount };
    this.#change(channel, { version, waits, isOver: false });
    if (peer !== undefined) this.found(payer, peer, tariff);
    return true;
  }

  /** True when payments wait until it is known which peer a payer is. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** True when payments of this payer do. */
  waitsFor(payer: AgentId): boolean {
    return this.#waiting.has(payer);
  }

  /** It is known which peer a payer is: what it paid before is booked. On disk after `written`. */
  found(payer: AgentId, peer: string, tariff: Tariff): void {
    for (const channel of [...(this.#waiting.get(payer) ?? [])]) {
      const counted = this.#counted.get(channel);
      if (counted?.waits === undefined || counted.waits.currency !== tariff.currency) continue;
      const old = this.of(peer, tariff);
      this.#put(peer, { ...old, paid: old.paid + counted.waits.amount });
      this.#change(channel, { ...counted, waits: undefined });
    }
  }

  /** A channel is settled, or held no more, and `version` was its last to pay: when that is counted and booked, it goes. */
  over(channel: string, version: number): void {
    const counted = this.#counted.get(channel);
    if (counted !== undefined && counted.version >= version)
      this.#change(channel, { ...counted, isOver: true });
  }

  /** Lets go of the channels that this node does not hold. */
  retain(held: ReadonlySet<string>): void {
    for (const channel of [...this.#counted.keys()]) if (!held.has(channel)) this.over(channel, 0);
  }

  #change(channel: string, counted: Counted): void {
    this.#keep(channel, counted);
    this.#dirtyChannels.add(channel);
  }

  #keep(channel: string, counted: Counted): void {
    const before = this.#counted.get(channel)?.waits?.payer;
    const others = before === undefined ? undefined : this.#waiting.get(before);
    others?.delete(channel);
    if (before !== undefined && others?.size === 0) this.#waiting.delete(before);
    const { isOver, waits } = counted;
    if (isOver && waits === undefined) this.#counted.delete(channel);
    else this.#counted.set(channel, counted);
    if (waits === undefined) return;
    const ofPayer = this.#waiting.get(waits.payer) ?? new Set();
    this.#waiting.set(waits.payer, ofPayer.add(channel));
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

  /** Resolves when the payments that were counted are on disk. */
  async written(): Promise<void> {
    if (this.#dirtyChannels.size > 0 || this.#next !== undefined) await this.flush();
    else await this.#writing;
  }

  /** Writes what changed, one write after another. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#next ??= this.#writing.then(async () => {
      this.#next = undefined;
      await this.#write();
    });
    const write = this.#next;
    this.#writing = write.catch(() => {});
    await write;
  }

  async #write(): Promise<void> {
    const [peers, channels] = [[...this.#dirty], [...this.#dirtyChannels]];
    if (peers.length + channels.length === 0) return;
    const batch = this.#db.batch();
    for (const peer of peers) {
      const usage = this.#accounts.get(peer);
      if (usage === undefined) batch.del(peer, { sublevel: this.#level as never });
      else batch.put(peer, storedAccount(usage) as never, { sublevel: this.#level as never });
    }
    for (const channel of channels) {
      const counted = this.#counted.get(channel);
      if (counted === undefined) batch.del(channel, { sublevel: this.#channels as never });
      else batch.put(channel, storedCounted(counted) as never, { sublevel: this.#channels as never });
    }
    this.#dirty.clear();
    this.#dirtyChannels.clear();
    try {
      await (channels.length > 0 ? batch.write(DURABLE) : batch.write());
    } catch (error) {
      for (const peer of peers) this.#dirty.add(peer);
      for (const channel of channels) this.#dirtyChannels.add(channel);
      throw error;
    }
  }
}

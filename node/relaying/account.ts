// What a peer has used of a relay, and what that costs: each byte at the price of the moment at which it was passed on. Pure. Must not: know cards,
// or who is served.

import { toHex } from '../../protocol/bytes/index.ts';
import type { Price } from '../../protocol/card/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { canonicalJson } from '../../protocol/json/index.ts';
import { meterBytes, priceOf } from '../../protocol/metering/index.ts';

/** What a relay asks for bytes: `amount` millionths of `currency` for `per` of them. */
export type Tariff = Required<Pick<Price, 'amount' | 'currency' | 'per'>>;

/** The tariff of a relay that asks nothing. */
export const FREE: Tariff = { amount: '0', currency: '', per: '1' };

/** One peer's account. */
export interface Account {
  readonly up: bigint;
  readonly down: bigint;
  /** Millionths that were paid for relaying. */
  readonly paid: bigint;
  /** In which `paid` and `earlierPrice` are; empty: nothing was ever asked. */
  readonly currency: string;
  /** What is asked for the bytes since the last change of price; undefined: they were booked before tariffs were. */
  readonly tariff: Tariff | undefined;
  /** Bytes up to that change, and what they came to, in millionths. */
  readonly earlierBytes: bigint;
  readonly earlierPrice: bigint;
}

export const NOTHING: Account = {
  up: 0n,
  down: 0n,
  paid: 0n,
  currency: '',
  tariff: undefined,
  earlierBytes: 0n,
  earlierPrice: 0n,
};

/**
 * The account from now on: what was passed on so far stays at its price, and what follows is for `tariff`. In another currency than before nothing
 * is owed and nothing paid: the two cannot be compared, and who changes it lets go of what was owed.
 */
export function under(account: Account, tariff: Tariff): Account {
  const { tariff: before, up, down } = account;
  const isSame =
    before !== undefined &&
    before.amount === tariff.amount &&
    before.per === tariff.per &&
    before.currency === tariff.currency;
  if (isSame) return account;
  const { currency } = tariff;
  if (before === undefined) return { ...account, tariff, currency };
  const earlier = { tariff, earlierBytes: up + down };
  const isOther = currency !== '' && account.currency !== '' && currency !== account.currency;
  if (isOther) return { ...account, ...earlier, currency, earlierPrice: 0n, paid: 0n };
  const kept = account.currency === '' ? currency : account.currency;
  return { ...account, ...earlier, currency: kept, earlierPrice: costOf(account) };
}

/** The account with bytes more, up and down, which are for `tariff`. */
export function withBytes(account: Account, up: number, down: number, tariff: Tariff): Account {
  const old = under(account, tariff);
  return { ...old, up: old.up + BigInt(up), down: old.down + BigInt(down) };
}

/** What the bytes of an account cost, in millionths: rounded up once for each price that it was for. */
export function costOf({ down, earlierBytes, earlierPrice, tariff = FREE, up }: Account): bigint {
  return earlierPrice + priceOf(meterBytes(up + down - earlierBytes), { ...tariff, unit: 'byte' });
}

/** Names what was measured and at which prices ('sha256:<hex>'): a payment refers to it. */
export function digestOf(account: Account): string {
  const { currency, down, earlierBytes, earlierPrice, tariff = FREE, up } = account;
  const [bytes, before, price] = [up + down, earlierBytes, earlierPrice].map(String) as [
    string,
    string,
    string,
  ];
  const named = { currency, bytes, earlier: { bytes: before, price }, tariff: { ...tariff } };
  return `sha256:${toHex(sha256(canonicalJson(named)))}`;
}

/** An account as it is kept. */
export type StoredAccount = {
  readonly up: string;
  readonly down: string;
  readonly paid: string;
} & Partial<{
  readonly currency: string;
  readonly tariff: Tariff;
  readonly earlierBytes: string;
  readonly earlierPrice: string;
}>;

export function storedAccount({ currency, tariff, ...amounts }: Account): StoredAccount {
  const { down, earlierBytes, earlierPrice, paid, up } = amounts;
  return {
    up: String(up),
    down: String(down),
    paid: String(paid),
    currency,
    ...(tariff === undefined ? {} : { tariff }),
    earlierBytes: String(earlierBytes),
    earlierPrice: String(earlierPrice),
  };
}

/** Reads a kept account, also one of a version that knew no tariffs: all of it is at the price of now, as that version had it. */
export function accountOf(stored: StoredAccount): Account {
  const { currency = '', down, earlierBytes = '0', earlierPrice = '0', paid, tariff, up } = stored;
  return {
    up: BigInt(up),
    down: BigInt(down),
    paid: BigInt(paid),
    currency,
    tariff,
    earlierBytes: BigInt(earlierBytes),
    earlierPrice: BigInt(earlierPrice),
  };
}

// What a relay is paid by itself: never more than the own count at the price of its signed card and a tolerance, whatever its bill says. Pure.

import { meterBytes, priceOf } from '../../protocol/metering/index.ts';
import { costOf, FREE } from './account.ts';
import type { Spent, Standing } from './own-book.ts';
import type { RelayBill } from './wire.ts';

/** Bytes beyond the own count that a relay is believed: what was under way when a path broke or this node died. */
export const TOLERANCE_BYTES = 1_048_576n;
/** The same for each byte counted: one in so many. */
export const TOLERANCE_PART = 64n;
/** Bytes whose price is paid at once where a relay does not say how much credit it gives: what it looks at at a time. */
export const UNSAID_BYTES = 262_144n;
/** A payment is made when one part in so many of the credit is used: the rest lasts while it is under way. */
const CREDIT_PARTS = 4n;

/** Most that may be spent, in millionths. */
export interface Budget {
  readonly currency: string;
  /** For one relay in a day. */
  readonly perRelay: bigint;
  /** For all in a day. */
  readonly perDay: bigint;
  /** For all, ever. */
  readonly total: bigint;
}

/** What is to be paid now, and what is asked beyond what is believed. */
export interface Due {
  readonly amount: bigint;
  readonly surplus: bigint;
}

function priceOfBytes({ account }: Standing, bytes: bigint): bigint {
  return priceOf(meterBytes(bytes), { ...(account.tariff ?? FREE), unit: 'byte' });
}

/** By the own count: what is used and not paid, in millionths. */
export function unpaidOf({ account, byHand }: Standing): bigint {
  const left = costOf(account) - account.paid - byHand;
  return left > 0n ? left : 0n;
}

/** From which debt on a relay is paid; `credit`: what it says that it gives. */
export function payFrom(standing: Standing, credit: bigint | undefined): bigint {
  const from = credit === undefined ? priceOfBytes(standing, UNSAID_BYTES) : credit / CREDIT_PARTS;
  return from > 0n ? from : 1n;
}

/** What was owed by the first bill and this node had not counted. */
export function beforeOf(standing: Standing, { paid, price }: RelayBill): bigint {
  const unknown = price - paid - costOf(standing.account);
  return unknown > 0n ? unknown : 0n;
}

/** What a bill comes to. */
export function dueOf(standing: Standing, { paid, price }: RelayBill): Due {
  const { account, before = 0n } = standing;
  const owed = price > paid ? price - paid : 0n;
  const tolerance = TOLERANCE_BYTES + (account.up + account.down) / TOLERANCE_PART;
  const believed = costOf(account) + priceOfBytes(standing, tolerance) - account.paid;
  const most = believed > 0n ? believed : 0n;
  const surplus = owed - most - before;
  return { amount: owed < most ? owed : most, surplus: surplus > 0n ? surplus : 0n };
}

/** What the budget leaves for a relay on a day; and which bound ends it, where it leaves nothing. */
export function leftOf(
  budget: Budget,
  day: number,
  standing: Standing,
  spent: Spent,
): { readonly amount: bigint; readonly all: bigint; readonly bound: 'day' | 'all' } {
  const all = budget.total - spent.all;
  const today = standing.day === day ? standing.today : 0n;
  const amount = least(budget.perRelay - today, budget.perDay - spent.today, all);
  return { amount: amount > 0n ? amount : 0n, all: all > 0n ? all : 0n, bound: all > 0n ? 'day' : 'all' };
}

/** Which bound of the budget is reached, in words. */
export const SPENT_TEXT = {
  all: 'all of the budget for relays is spent',
  day: 'what may be spent today for it, or for all relays, is spent',
} as const;

/** What is said of a relay that asks too much. */
export function surplusText(
  { account }: Standing,
  { currency, down, up }: RelayBill,
  surplus: bigint,
): string {
  const counted = account.up + account.down;
  return `it asks ${surplus} ${currency} more than this node counted at the price of its card: it says ${up + down} bytes, and ${counted} were counted`;
}

/** The least of some amounts. */
export function least(first: bigint, ...more: readonly bigint[]): bigint {
  let low = first;
  for (const amount of more) if (amount < low) low = amount;
  return low;
}

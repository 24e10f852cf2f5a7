// From what was measured to what it costs: integers only. A price is so many millionths for so many units; each unit of a charge is rounded up
// once, to whole millionths, so that the sum never depends on the order of the parts and nobody works for nothing.

import { toHex } from '../bytes/index.ts';
import { PRICE_UNITS, type Price, type PriceUnit } from '../card/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson } from '../json/index.ts';
import { QUANTITIES_MAX } from './limits.ts';

/** Bytes times milliseconds in one GB-second (10^9 bytes for 1,000 ms). */
export const BYTE_MS_PER_GB_SECOND = 1_000_000_000_000n;

/** What was measured of one unit. `divisor`: how many of them make one unit of the price (GB-seconds are measured in byte-milliseconds). */
export interface Quantity {
  readonly unit: PriceUnit;
  readonly amount: bigint;
  readonly divisor: bigint;
}

function natural(value: bigint | number, what: string): bigint {
  const amount = BigInt(value);
  if (amount < 0n) throw new ZeroError('DECODE_FAILED', `${what} is below zero`);
  return amount;
}

/** Units of fuel that a run used. */
export function meterFuel(fuel: bigint): Quantity {
  return { unit: 'fuel', amount: natural(fuel, 'fuel'), divisor: 1n };
}

/** Bytes that were moved or stored. */
export function meterBytes(bytes: bigint | number): Quantity {
  return { unit: 'byte', amount: natural(bytes, 'bytes'), divisor: 1n };
}

/** Traffic of a relay: every byte that it passed on, in both directions, counts as a byte. */
export function meterRelayed(bytes: {
  readonly up: bigint | number;
  readonly down: bigint | number;
}): Quantity {
  return meterBytes(natural(bytes.up, 'bytes up') + natural(bytes.down, 'bytes down'));
}

/** Requests that were answered. */
export function meterRequests(requests: bigint | number): Quantity {
  return { unit: 'request', amount: natural(requests, 'requests'), divisor: 1n };
}

/** Memory that was held for a time. */
export function meterMemory(bytes: bigint | number, milliseconds: bigint | number): Quantity {
  const amount = natural(bytes, 'bytes') * natural(milliseconds, 'milliseconds');
  return { unit: 'gb-second', amount, divisor: BYTE_MS_PER_GB_SECOND };
}

/** Tokens of a language model. */
export function meterTokens(tokens: bigint | number): Quantity {
  return { unit: 'token', amount: natural(tokens, 'tokens'), divisor: 1n };
}

/** One line of a charge. */
export interface ChargeLine {
  readonly unit: PriceUnit;
  readonly quantity: string;
  readonly amount: bigint;
}

/** What something costs. `digest` ('sha256:<hex>') names what was measured and at which prices: a payment refers to it. */
export interface Charge {
  readonly currency: string;
  readonly amount: bigint;
  readonly lines: readonly ChargeLine[];
  readonly digest: string;
}

/** Quantity times price, rounded up to whole millionths. */
export function priceOf(quantity: Quantity, price: Price): bigint {
  const per = BigInt(price.per ?? '1') * quantity.divisor;
  return (quantity.amount * BigInt(price.amount) + per - 1n) / per;
}

/**
 * What these quantities cost by a card's prices in one currency. A unit that the card does not price costs nothing; a card that prices no
 * unit in this currency does not sell for it. With `ceiling`, more than it is refused. Errors: PRICE_REFUSED, LIMIT_EXCEEDED.
 */
export function chargeFor(
  quantities: readonly Quantity[],
  prices: readonly Price[],
  options: { readonly currency: string; readonly ceiling?: bigint },
): Charge {
  const { currency, ceiling } = options;
  const offered = prices.filter((price) => price.currency === currency);
  if (prices.length > 0 && offered.length === 0)
    throw new ZeroError('PRICE_REFUSED', `nothing is sold for ${currency} here`);
  if (quantities.length > QUANTITIES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a charge has at most ${QUANTITIES_MAX} quantities`);
  const lines = PRICE_UNITS.flatMap((unit) => {
    const price = offered.find((one) => one.unit === unit);
    const measured = quantities.filter((quantity) => quantity.unit === unit);
    if (price === undefined || measured.length === 0) return [];
    const amount = measured.reduce((sum, one) => sum + one.amount, 0n);
    const quantity: Quantity = { unit, amount, divisor: measured[0]!.divisor };
    return [{ unit, quantity: String(amount), amount: priceOf(quantity, price) }];
  });
  const amount = lines.reduce((sum, line) => sum + line.amount, 0n);
  if (ceiling !== undefined && amount > ceiling)
    throw new ZeroError('PRICE_REFUSED', `it costs ${amount}, and at most ${ceiling} is paid`, {
      details: { amount: String(amount), ceiling: String(ceiling), currency },
    });
  const named = { currency, lines: lines.map((line) => ({ ...line, amount: String(line.amount) })) };
  return { currency, amount, lines, digest: `sha256:${toHex(sha256(canonicalJson(named)))}` };
}

// What a relay asks for a MiB, as far as the cards of its node say. Pure.

import type { Seller } from '../relaying/tariffs.ts';
import { perMiB } from './relay-card.ts';

/** A price for a MiB, in millionths; 0: nothing is asked. */
export interface Asked {
  readonly pricePerMiB: bigint;
  readonly currency: string;
}

/**
 * The dearest of those of a node that price bytes: by which of them it charges, only its bill says. Where they ask in several currencies
 * all of these are named, which is none that a ceiling is in.
 */
export function askedOf(sellers: readonly Pick<Seller, 'tariff'>[]): Asked {
  const prices = sellers.map(({ tariff: { amount, per } }) => perMiB(BigInt(amount), BigInt(per)));
  return {
    pricePerMiB: dearest(prices),
    currency: [...new Set(sellers.map(({ tariff }) => tariff.currency))].join(' or '),
  };
}

/** The highest of some prices; 0 for none. */
function dearest(prices: readonly bigint[]): bigint {
  let most = 0n;
  for (const price of prices) if (price > most) most = price;
  return most;
}

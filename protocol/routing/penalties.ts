// What besides time makes a neighbour worse, in milliseconds that a sender of that class would wait to avoid it.

import type { Demand, NeighbourView, SlaClass } from './ports.ts';

/** The dearest that is allowed weighs so much: who waits pays, who moves bytes saves. */
const PRICE_MS: Readonly<Record<SlaClass, number>> = { interactive: 2, standard: 10, bulk: 200 };
/** A standing of nought weighs so much against one of one. */
const REPUTATION_MS: Readonly<Record<SlaClass, number>> = { interactive: 40, standard: 40, bulk: 100 };
/** Each doubling of the bytes beyond one window of a stream is one more chance to meet a loss. */
const WINDOW_BYTES = 65_536;
const THOUSAND = 1_000n;

/** Times that a loss is met: once for a packet, oftener for what takes many windows. */
export function lossWeight(bytes: number): number {
  return 1 + Math.log2(1 + Math.max(0, bytes) / WINDOW_BYTES);
}

/** The terms of price and standing, without those that are nought. */
export function penalties(neighbour: NeighbourView, demand: Demand): Record<string, number> {
  const terms: Record<string, number> = {};
  const ceiling = demand.priceCeiling;
  if (ceiling !== undefined && ceiling > 0n && neighbour.pricePerMiB > 0n) {
    const share = Number((neighbour.pricePerMiB * THOUSAND) / ceiling) / 1_000;
    terms.price = share * PRICE_MS[demand.slaClass];
  }
  const standing = Math.min(1, Math.max(0, neighbour.reputation));
  if (standing < 1) terms.reputation = (1 - standing) * REPUTATION_MS[demand.slaClass];
  return terms;
}

// What a sender asks of every hop, held against the relay that was asked: who handed the stream to it may know an old card, or none. Pure.

import type { ForwardHeader } from '../../protocol/forward/index.ts';
import type { Asked } from './asked.ts';

/** What this relay is and asks, as the cards of its node say it. */
export interface OwnTerms {
  readonly region: string;
  /** Undefined: its own card is not there yet. */
  readonly asked: Asked | undefined;
}

/** Why a sender's bounds stand against this relay; undefined: they do not. */
export function outOfBounds(
  { currency, priceCeiling, region }: ForwardHeader,
  own: OwnTerms,
): string | undefined {
  if (region !== '' && region !== own.region)
    return `the stream must not leave ${region}, and this relay is in ${own.region || 'no region'}`;
  if (priceCeiling === null) return undefined;
  if (own.asked === undefined) return 'this relay has not said yet what it asks, and there is a ceiling';
  const { currency: its, pricePerMiB } = own.asked;
  if (pricePerMiB === 0n) return undefined;
  if (its !== currency)
    return `this relay asks in ${its}, and the ceiling is in ${currency || 'no currency'}`;
  return pricePerMiB > priceCeiling ? `this relay asks ${pricePerMiB} ${currency} for a MiB` : undefined;
}

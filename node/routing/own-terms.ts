// What a sender asks of every hop, held against the relay that was asked: who handed the stream to it may know an old card, or none. Pure.

import type { ForwardHeader } from '../../protocol/forward/index.ts';
import type { RelayTerms } from './relay-card.ts';

/** What this relay is and asks, as its own card says it. */
export interface OwnTerms {
  readonly region: string;
  readonly terms: Pick<RelayTerms, 'pricePerMiB' | 'currency'> | undefined;
}

/** Why a sender's bounds stand against this relay; undefined: they do not. */
export function outOfBounds(
  { currency, priceCeiling, region }: ForwardHeader,
  own: OwnTerms,
): string | undefined {
  if (region !== '' && region !== own.region)
    return `the stream must not leave ${region}, and this relay is in ${own.region || 'no region'}`;
  const asked = own.terms?.pricePerMiB ?? 0n;
  if (priceCeiling === null || asked === 0n) return undefined;
  if (own.terms?.currency !== currency)
    return `this relay asks in ${own.terms?.currency}, and the ceiling is in ${currency || 'no currency'}`;
  return asked > priceCeiling ? `this relay asks ${asked} ${currency} for a MiB` : undefined;
}

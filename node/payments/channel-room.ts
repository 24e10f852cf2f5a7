// Which channel of a payer has room for an amount. Pure.

import { type ChannelState, capacityOf, OFFERS_MAX } from '../../protocol/channel/index.ts';

/** Between whom, and in which currency. */
interface Sides {
  readonly payer: string;
  readonly payee: string;
  readonly currency: string;
}

function isBetween({ side, terms }: ChannelState, { currency, payee, payer }: Sides): boolean {
  return side === 'payer' && terms.payer === payer && terms.payee === payee && terms.currency === currency;
}

/** Open, with room for this amount, promised or paid. */
export function hasRoom(state: ChannelState, sides: Sides, amount: bigint): boolean {
  const { newest, phase, terms } = state;
  if (phase !== 'open' || !isBetween(state, sides)) return false;
  const offers = newest?.offers ?? [];
  const promised = offers.reduce((sum, offer) => sum + offer.amount, 0n);
  const left = capacityOf(terms) - (newest?.paid ?? 0n) - promised;
  return left >= amount && terms.step - promised >= amount && offers.length < OFFERS_MAX;
}

/** Not accepted yet; once it is, it has room. */
export function mayHaveRoom(state: ChannelState, sides: Sides, amount: bigint): boolean {
  const { phase, terms } = state;
  return (
    phase === 'opening' && isBetween(state, sides) && terms.step >= amount && capacityOf(terms) >= amount
  );
}

// Which channel of a payer has room for an amount. Pure.

import { type ChannelState, capacityOf, OFFERS_MAX } from '../../protocol/channel/index.ts';

/** Between whom, and in which currency. */
interface Sides {
  readonly payer: string;
  readonly payee: string;
  readonly currency: string;
}

/** The keys of both sides now (did:key); of a side that is not known, none. */
interface Keys {
  readonly payer: string;
  readonly payee: string | undefined;
}

function isBetween({ side, terms }: ChannelState, { currency, payee, payer }: Sides): boolean {
  return side === 'payer' && terms.payer === payer && terms.payee === payee && terms.currency === currency;
}

/** Of these channels, those whose keys are still in use. What is said in the others is refused: a channel is bound to the keys that it was opened under. */
export function underKeys(states: readonly ChannelState[], { payee, payer }: Keys): ChannelState[] {
  return states.filter(
    ({ terms }) => terms.payerKey === payer && (payee === undefined || terms.payeeKey === payee),
  );
}

function promisedIn({ newest }: ChannelState): bigint {
  return (newest?.offers ?? []).reduce((sum, offer) => sum + offer.amount, 0n);
}

/** Open, with room for this amount, promised or paid. */
export function hasRoom(state: ChannelState, sides: Sides, amount: bigint): boolean {
  const { newest, terms } = state;
  const isFree = terms.step - promisedIn(state) >= amount && (newest?.offers ?? []).length < OFFERS_MAX;
  return isFree && coversAll(state, sides, amount);
}

/** Open, and has room for this amount once some of what it promises is settled. */
export function willHaveRoom(state: ChannelState, sides: Sides, amount: bigint): boolean {
  return state.terms.step >= amount && coversAll(state, sides, amount) && !hasRoom(state, sides, amount);
}

/** Open, with an escrow that covers this amount beside all that is promised. */
function coversAll(state: ChannelState, sides: Sides, amount: bigint): boolean {
  const { newest, phase, terms } = state;
  if (phase !== 'open' || !isBetween(state, sides)) return false;
  return capacityOf(terms) - (newest?.paid ?? 0n) - promisedIn(state) >= amount;
}

/** Not accepted yet; once it is, it has room. */
export function mayHaveRoom(state: ChannelState, sides: Sides, amount: bigint): boolean {
  const { phase, terms } = state;
  return (
    phase === 'opening' && isBetween(state, sides) && terms.step >= amount && capacityOf(terms) >= amount
  );
}

/** What a new channel is wanted with, so that this amount has room: at least what the configuration says. */
export function roomFor<W extends { step?: bigint; penalty?: bigint; escrow?: bigint }>(
  wanted: W,
  usual: { readonly step: string; readonly penalty: string; readonly escrow: string },
  amount: bigint,
): W & { step: bigint; penalty: bigint; escrow: bigint } {
  const step = wanted.step ?? most(BigInt(usual.step), amount);
  const penalty = wanted.penalty ?? BigInt(usual.penalty);
  return { ...wanted, step, penalty, escrow: wanted.escrow ?? most(BigInt(usual.escrow), step + penalty) };
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

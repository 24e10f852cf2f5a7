// Takes from a verified card what the index keeps, and refuses what it could not keep. Pure.

import {
  type CardOrder,
  cardOrder,
  compareCardOrder,
  PRICE_UNITS,
  SLA_CLASSES,
} from '../protocol/card/index.ts';
import { ZeroError } from '../protocol/errors/index.ts';
import { cardText } from './embed/card-text.ts';
import type { CardEntry } from './interface.ts';
import { ENVELOPE_BYTES_MAX, FIELD_BYTES_MAX, PRICES_MAX, TAGS_MAX } from './limits.ts';
import { wordsOf } from './search/words.ts';
import type { CardFields, CardVersion } from './store/record.ts';

const encoder = new TextEncoder();

/** Throws INDEX_CARD_REFUSED for a card that is too large, or that belongs to another agent. */
export function cardFields({ agentId, cardId, card, envelope }: CardEntry): CardFields {
  const refuse = (why: string): never => {
    throw new ZeroError('INDEX_CARD_REFUSED', `card ${cardId}: ${why}`);
  };
  if (card.id !== agentId) refuse(`it belongs to ${card.id}, not to ${agentId}`);
  if (envelope.length > ENVELOPE_BYTES_MAX)
    refuse(`its envelope has ${envelope.length} bytes, at most ${ENVELOPE_BYTES_MAX} fit`);
  const tags = [...new Set([...card.tags, ...card.capabilities.flatMap((capability) => capability.tags)])];
  const fields: CardFields = {
    agentId,
    cardId,
    name: card.name,
    version: versionOf(card),
    expiresAtMs: Date.parse(card.expiresAt),
    region: card.region,
    operator: card.operator ?? '',
    sla: card.sla,
    tags,
    prices: card.prices.map(({ unit, amount, currency, per }) => ({
      unit,
      amount: perUnit(wholeNumber(amount, refuse), per === undefined ? 1n : wholeNumber(per, refuse)),
      currency,
    })),
    words: wordsOf(cardText(card)),
  };
  if (!Number.isFinite(fields.expiresAtMs)) refuse('its expiry is no date');
  if (!SLA_CLASSES.includes(fields.sla)) refuse(`service level ${fields.sla} is unknown`);
  if (fields.prices.some(({ unit }) => !PRICE_UNITS.includes(unit))) refuse('a price unit is unknown');
  if (tags.length > TAGS_MAX) refuse(`it has ${tags.length} tags, at most ${TAGS_MAX} fit`);
  if (fields.prices.length > PRICES_MAX)
    refuse(`it has ${fields.prices.length} prices, at most ${PRICES_MAX} fit`);
  const texts = [
    agentId,
    cardId,
    fields.name,
    fields.region,
    fields.operator,
    ...tags,
    ...fields.prices.map((p) => p.currency),
  ];
  if (texts.some((text) => encoder.encode(text).length > FIELD_BYTES_MAX))
    refuse(`a field is longer than ${FIELD_BYTES_MAX} bytes`);
  return fields;
}

/** The price of one unit, rounded up: what filters compare. */
function perUnit(amount: bigint, per: bigint): bigint {
  return per > 1n ? (amount + per - 1n) / per : amount;
}

function wholeNumber(amount: string, refuse: (why: string) => never): bigint {
  return /^\d{1,78}$/.test(amount) ? BigInt(amount) : refuse(`price ${amount} is no whole number`);
}

/** Where a verified card stands. Throws CARD_INVALID for an object that verifyCard did not return. */
export function versionOf(card: CardEntry['card']): CardVersion {
  const { rootIds, countersigned, serial, sequence } = cardOrder(card);
  const roots = rootIds.slice(1).map((id, i) => ({ id, countersigned: countersigned[i + 1] === true }));
  return { roots, serial, sequence };
}

/** Positive when `a` is the newer card of an agent, by the network's one order. */
export function compareVersions(
  a: Pick<CardFields, 'version' | 'cardId'>,
  b: Pick<CardFields, 'version' | 'cardId'>,
): number {
  return compareCardOrder(orderOf(a), orderOf(b));
}

function orderOf({ version, cardId }: Pick<CardFields, 'version' | 'cardId'>): CardOrder {
  const { roots, serial, sequence } = version;
  // All cards of an agent share the first root: any text may stand for it.
  return {
    rootIds: ['', ...roots.map(({ id }) => id)],
    countersigned: [true, ...roots.map(({ countersigned }) => countersigned)],
    serial,
    sequence,
    cardId,
  };
}

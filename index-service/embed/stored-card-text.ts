// The text of a card from its stored envelope, for embedding again. The card was verified before it was stored.

import type { AgentCard } from '../../protocol/card/index.ts';
import { decodeEnvelope } from '../../protocol/envelope/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { cardText } from './card-text.ts';

/** Throws DECODE_FAILED when the envelope holds no card. */
export function storedCardText(envelope: Uint8Array): string {
  return cardText(parseStrictJson(decodeEnvelope(envelope).payload) as unknown as AgentCard);
}

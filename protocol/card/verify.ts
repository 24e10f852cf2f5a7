// Verifies agent cards: form, keychain, signature, and that they agree. No clock: see checkCardTime.

import { decodeEnvelope, type Envelope, envelopeId, verifyExactly } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import { type AgentKeys, operationalKeysOf, verifyKeychainJson } from '../identity/index.ts';
import { isJsonObject, parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { CARD_BYTES_MAX, CARD_DEPTH_MAX, CARD_LIFETIME_MS_MAX } from './limits.ts';
import { rememberOrder } from './order.ts';
import { readCard } from './read.ts';
import { AGENT_CARD_TYPE, type AgentCard } from './types.ts';

/** A verified card with what a store keeps beside it. */
export interface VerifiedCard {
  readonly card: Verified<AgentCard>;
  readonly envelope: Envelope;
  /** Content id of the card: another card, another id. */
  readonly cardId: string;
  readonly keys: Verified<AgentKeys>;
}

function refuse(message: string): never {
  throw new ZeroError('CARD_INVALID', message);
}

function checkAgreement(card: AgentCard, keys: AgentKeys): void {
  if (card.id !== keys.agentId) refuse('the card names another agent than its keychain');
  if (card.epoch !== keys.epoch || card.keySerial !== keys.serial)
    refuse('the card names another epoch or serial than its keychain');
  if (card.operationalKey !== keys.operationalKey)
    refuse('the card names another operational key than its keychain');
  if (card.nextKey !== keys.nextKey) refuse('the card names another next key than its keychain');
  if (card.previous !== null && card.sequence === 1) refuse('the first card has no previous one');
  const [issued, expires] = [timeMs(card.issuedAt), timeMs(card.expiresAt)];
  if (expires <= issued) refuse('the card expires before it is issued');
  if (expires - issued > CARD_LIFETIME_MS_MAX) refuse('the card lives longer than 366 days');
  if (issued < timeMs(keys.notBefore) || expires > timeMs(keys.notAfter))
    refuse('the card outlives the delegation of its key');
}

/**
 * Verifies a card given as an envelope or as its wire bytes.
 * The keychain inside the payload names the key, so it is read first, alone; every other member is read after the signature held.
 * Errors: CARD_INVALID, KEYCHAIN_INVALID, SIGNATURE_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyCard(input: Envelope | Uint8Array): VerifiedCard {
  const envelope =
    input instanceof Uint8Array ? decodeEnvelope(input, { payloadBytesMax: CARD_BYTES_MAX }) : input;
  if (envelope.payloadType !== AGENT_CARD_TYPE)
    throw new ZeroError('DECODE_FAILED', 'the envelope does not hold an agent card');
  const value = parseStrictJson(envelope.payload, { bytesMax: CARD_BYTES_MAX, depthMax: CARD_DEPTH_MAX });
  const keys = verifyKeychainJson(isJsonObject(value) ? value.keychain : undefined, 'card.keychain');
  verifyExactly(envelope, operationalKeysOf(keys));
  const card = readCard(value);
  checkAgreement(card, keys);
  const verified = markVerified(card);
  const cardId = envelopeId(envelope);
  rememberOrder(verified, {
    rootIds: keys.rootIds,
    countersigned: keys.countersigned,
    serial: keys.serial,
    sequence: card.sequence,
    cardId,
  });
  return { card: verified, envelope, cardId, keys };
}

/** Is the card in force at this time (milliseconds since 1970)? Valid from issuedAt on, until just before expiresAt. */
export function checkCardTime(
  card: Pick<AgentCard, 'issuedAt' | 'expiresAt'>,
  nowMs: number,
): 'valid' | 'expired' | 'not-yet-valid' {
  if (nowMs < timeMs(card.issuedAt)) return 'not-yet-valid';
  return nowMs < timeMs(card.expiresAt) ? 'valid' : 'expired';
}

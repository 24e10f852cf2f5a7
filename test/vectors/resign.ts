// Envelopes whose content was changed and signed again: what they say is wrong, how they are signed is not.

import { type Envelope, envelopeToJson, seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../protocol/json/index.ts';
import { seed } from '../support/agents.ts';

/** The DSSE JSON form as a JSON value. */
export const envelopeJson = (envelope: Envelope): JsonObject => envelopeToJson(envelope) as JsonObject;

/** The payload as a JSON value. */
export const payloadOf = (envelope: Envelope): JsonObject => parseStrictJson(envelope.payload) as JsonObject;

/** The payload with changes, signed again by the seed: only the content is left to refuse it. */
export function resign(
  envelope: Envelope,
  change: (payload: JsonObject) => JsonValue,
  by: number,
): JsonObject {
  const payload = canonicalJson(change(payloadOf(envelope)));
  return envelopeJson(
    signEnvelope({ payloadType: envelope.payloadType, payload, signers: [seedSigner(seed(by))] }),
  );
}

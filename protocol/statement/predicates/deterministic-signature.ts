// The deterministic part of a receipt as an envelope of its own, with the signature that its executor made over it apart. It names no
// executor and no time: honest executors of one job sign the same bytes.

import { fromBase64 } from '../../bytes/index.ts';
import { rememberEd25519 } from '../../crypto/index.ts';
import { type Envelope, publicKeyOfDidKey, verifyEnvelope } from '../../envelope/index.ts';
import { canonicalJson, type JsonValue } from '../../json/index.ts';
import type { ReceiptDeterministic, ReceiptPredicate } from './types.ts';

/** Payload type of a deterministic part that is signed alone. */
export const RESULT_PAYLOAD_TYPE = 'application/vnd.zerostate.execution-result+json';

/** The bytes that executors of one job have in common. */
export function resultPayload(deterministic: ReceiptDeterministic): Uint8Array {
  return canonicalJson(deterministic as unknown as JsonValue);
}

/** The envelope of a receipt's deterministic part, verified; undefined when it was not signed apart. Errors: SIGNATURE_INVALID, KEY_INVALID. */
export function verifyDeterministicSignature(
  {
    deterministic,
    deterministicSignature,
  }: Pick<ReceiptPredicate, 'deterministic' | 'deterministicSignature'>,
  operationalKey: string,
): Envelope | undefined {
  if (deterministicSignature === undefined) return undefined;
  const envelope: Envelope = {
    payloadType: RESULT_PAYLOAD_TYPE,
    payload: resultPayload(deterministic),
    signatures: [{ keyid: operationalKey, sig: fromBase64(deterministicSignature) }],
  };
  // An executor signs the same bytes whenever it is given the same job, and every receipt is read again at every start.
  rememberEd25519(() => verifyEnvelope(envelope, { keys: [publicKeyOfDidKey(operationalKey)] }));
  return envelope;
}

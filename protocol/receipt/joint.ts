// The deterministic part of a receipt as an envelope of its own. It names no executor and no time, so honest executors of one job sign
// the same bytes, and their signatures fit on one envelope: the joint receipt.

import { equalBytes, toBase64 } from '../bytes/index.ts';
import { keepSigned } from '../crypto/index.ts';
import { type Envelope, type Signer, signEnvelope } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  RESULT_PAYLOAD_TYPE,
  type ReceiptDeterministic,
  type ReceiptPredicate,
  resultPayload,
  verifyDeterministicSignature,
} from '../statement/index.ts';

/** Signs the deterministic part alone; answers the signature in base64. */
export function signDeterministic(deterministic: ReceiptDeterministic, signer: Signer): string {
  const payload = resultPayload(deterministic);
  const envelope = keepSigned(() =>
    signEnvelope({ payloadType: RESULT_PAYLOAD_TYPE, payload, signers: [signer] }),
  );
  return toBase64((envelope.signatures[0] as { sig: Uint8Array }).sig);
}

/** What one executor brings to a joint receipt: its receipt's predicate, and the did:key that signed it. */
export interface JointPart {
  readonly receipt: Pick<ReceiptPredicate, 'deterministic' | 'deterministicSignature'>;
  readonly operationalKey: string;
}

/**
 * One envelope over the result that all these receipts claim, with a signature of each executor, every one verified.
 * Errors: PARTS_MISMATCH (another job or another result, or no signature apart), SIGNATURE_INVALID, KEY_INVALID.
 */
export function jointEnvelope(parts: readonly [JointPart, ...JointPart[]]): Envelope {
  const payload = resultPayload(parts[0].receipt.deterministic);
  const signatures = parts.map(({ receipt, operationalKey }) => {
    if (!equalBytes(resultPayload(receipt.deterministic), payload))
      throw new ZeroError('PARTS_MISMATCH', 'the receipts do not claim one result of one job');
    const envelope = verifyDeterministicSignature(receipt, operationalKey);
    if (envelope === undefined)
      throw new ZeroError('PARTS_MISMATCH', 'the receipt has no signature over its deterministic part alone');
    return envelope.signatures[0] as Envelope['signatures'][number];
  });
  return { payloadType: RESULT_PAYLOAD_TYPE, payload, signatures };
}

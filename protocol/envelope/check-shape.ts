// The one shape check of envelopes, for every decoder and for signing.

import { utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  KEYID_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  PAYLOAD_TYPE_BYTES_MAX,
  SIGNATURE_BYTES_MAX,
  SIGNATURES_MAX,
} from './limits.ts';
import type { Envelope } from './types.ts';

export interface EnvelopeLimits {
  /** Largest payload in bytes; the default is PAYLOAD_BYTES_MAX. */
  readonly payloadBytesMax?: number;
}

const PRINTABLE = /^[\x21-\x7e]+$/;
const PRINTABLE_OR_EMPTY = /^[\x20-\x7e]*$/;

/** Throws LIMIT_EXCEEDED or DECODE_FAILED unless every part of the envelope is within its bounds. Returns it. */
export function checkEnvelope(envelope: Envelope, limits: EnvelopeLimits = {}): Envelope {
  const payloadBytesMax = limits.payloadBytesMax ?? PAYLOAD_BYTES_MAX;
  if (envelope.payload.length > payloadBytesMax) {
    throw new ZeroError('LIMIT_EXCEEDED', `payload is larger than ${payloadBytesMax} bytes`, {
      details: { payloadBytesMax },
    });
  }
  if (envelope.payloadType.length > PAYLOAD_TYPE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `payload type is longer than ${PAYLOAD_TYPE_BYTES_MAX} bytes`);
  if (!PRINTABLE.test(envelope.payloadType))
    throw new ZeroError('DECODE_FAILED', 'payload type is not a media type');
  if (envelope.signatures.length === 0) throw new ZeroError('DECODE_FAILED', 'envelope has no signature');
  if (envelope.signatures.length > SIGNATURES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `envelope has more than ${SIGNATURES_MAX} signatures`);
  for (const { keyid, sig } of envelope.signatures) {
    if (sig.length > SIGNATURE_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `signature is larger than ${SIGNATURE_BYTES_MAX} bytes`);
    if (sig.length === 0) throw new ZeroError('DECODE_FAILED', 'signature is empty');
    if (keyid.length > KEYID_BYTES_MAX || utf8(keyid).length > KEYID_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `key id is longer than ${KEYID_BYTES_MAX} bytes`);
    if (!PRINTABLE_OR_EMPTY.test(keyid))
      throw new ZeroError('DECODE_FAILED', 'key id is not printable ASCII');
  }
  return envelope;
}

// The JSON form of an envelope, as DSSE defines it: for files, HTTP and other tools.

import { fromBase64, toBase64 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonValue } from '../json/index.ts';
import { checkEnvelope, type EnvelopeLimits } from './check-shape.ts';
import { PAYLOAD_BYTES_MAX, SIGNATURE_BYTES_MAX, SIGNATURES_MAX } from './limits.ts';
import type { Envelope } from './types.ts';

/** DSSE's JSON object. A type and not an interface, so that it is a JsonObject too. */
export type EnvelopeJson = {
  payloadType: string;
  payload: string;
  signatures: { keyid: string; sig: string }[];
};

/** The DSSE JSON form, in standard base64. */
export function envelopeToJson(envelope: Envelope): EnvelopeJson {
  return {
    payloadType: envelope.payloadType,
    payload: toBase64(envelope.payload),
    signatures: envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: toBase64(sig) })),
  };
}

// DSSE wants both alphabets read. Padding may be missing in the URL-safe one (RFC 4648, section 3.2).
function fromEitherBase64(value: JsonValue | undefined, bytesMax: number, what: string): Uint8Array {
  if (typeof value !== 'string') throw new ZeroError('DECODE_FAILED', `envelope: ${what} is not a string`);
  if (value.length > Math.ceil(bytesMax / 3) * 4)
    throw new ZeroError('LIMIT_EXCEEDED', `${what} is larger than ${bytesMax} bytes`, {
      details: { bytesMax },
    });
  if (!/[-_]/.test(value) && value.length % 4 === 0) return fromBase64(value);
  if (/[+/]/.test(value))
    throw new ZeroError('DECODE_FAILED', `envelope: ${what} mixes two base64 alphabets or lacks padding`);
  const standard = value.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}

/**
 * Reads the DSSE JSON form. Members that DSSE does not know are ignored, as it demands; a missing key id reads as ''.
 * Errors: DECODE_FAILED, LIMIT_EXCEEDED. The value should come from parseStrictJson.
 */
export function envelopeFromJson(value: JsonValue, limits: EnvelopeLimits = {}): Envelope {
  if (!isJsonObject(value)) throw new ZeroError('DECODE_FAILED', 'envelope is not a JSON object');
  const { payloadType, payload, signatures } = value;
  if (typeof payloadType !== 'string')
    throw new ZeroError('DECODE_FAILED', 'envelope: payloadType is not a string');
  if (!Array.isArray(signatures))
    throw new ZeroError('DECODE_FAILED', 'envelope: signatures is not an array');
  if (signatures.length > SIGNATURES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `envelope has more than ${SIGNATURES_MAX} signatures`);
  const read = signatures.map((entry) => {
    if (!isJsonObject(entry)) throw new ZeroError('DECODE_FAILED', 'envelope: a signature is not an object');
    const keyid = entry.keyid ?? '';
    if (typeof keyid !== 'string') throw new ZeroError('DECODE_FAILED', 'envelope: keyid is not a string');
    return { keyid, sig: fromEitherBase64(entry.sig, SIGNATURE_BYTES_MAX, 'sig') };
  });
  const body = fromEitherBase64(payload, limits.payloadBytesMax ?? PAYLOAD_BYTES_MAX, 'payload');
  return checkEnvelope({ payloadType, payload: body, signatures: read }, limits);
}

// DSSE's pre-authentication encoding: the bytes that are signed. Lengths are in bytes, not characters.

import { utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { contentIdOf } from './content-id.ts';
import type { Envelope } from './types.ts';

/** Payload types whose length is remembered: those of the protocol, and as many again. */
const TYPES_REMEMBERED_MAX = 64;
const bytesOfType = new Map<string, number>();

function typeBytes(payloadType: string): number {
  const known = bytesOfType.get(payloadType);
  if (known !== undefined) return known;
  const bytes = utf8(payloadType).length;
  if (bytesOfType.size < TYPES_REMEMBERED_MAX) bytesOfType.set(payloadType, bytes);
  return bytes;
}

/** "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body (DSSE v1.0.2, protocol.md). */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const prefix = utf8(`DSSEv1 ${typeBytes(payloadType)} ${payloadType} ${payload.length} `);
  const bytes = new Uint8Array(prefix.length + payload.length);
  bytes.set(prefix);
  bytes.set(payload, prefix.length);
  return bytes;
}

/** SHA-256 of the envelope's PAE: 32 bytes. Signatures are not part of it. */
export function envelopeDigest(envelope: Pick<Envelope, 'payloadType' | 'payload'>): Uint8Array {
  return sha256(pae(envelope.payloadType, envelope.payload));
}

/** The content id of an envelope: CIDv1 (raw, sha2-256) of its PAE, base32. The same for every set of signatures. */
export function envelopeId(envelope: Pick<Envelope, 'payloadType' | 'payload'>): string {
  return contentIdOf(envelopeDigest(envelope));
}

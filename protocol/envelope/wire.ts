// The wire form of an envelope: the one DAG-CBOR encoding of
//   { "payload": bytes, "signatures": [{ "sig": bytes, "keyid": text }], "payloadType": text }
// (keys in DAG-CBOR's order: shorter first). The reader knows this shape only, checks every length before it allocates,
// and refuses every other spelling, so equal envelopes have equal bytes. A general CBOR decoder must not be used here.

import { concatBytes, fromUtf8, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { checkEnvelope, type EnvelopeLimits } from './check-shape.ts';
import {
  KEYID_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  PAYLOAD_TYPE_BYTES_MAX,
  SIGNATURE_BYTES_MAX,
  SIGNATURES_MAX,
} from './limits.ts';
import type { Envelope, EnvelopeSignature } from './types.ts';

const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

function head(major: number, value: number): Uint8Array {
  const top = major << 5;
  if (value < 24) return Uint8Array.of(top | value);
  if (value < 0x100) return Uint8Array.of(top | 24, value);
  if (value < 0x10000) return Uint8Array.of(top | 25, value >> 8, value & 0xff);
  return Uint8Array.of(top | 26, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function text(value: string): Uint8Array {
  const bytes = utf8(value);
  return concatBytes(head(TEXT, bytes.length), bytes);
}

const KEY_PAYLOAD = text('payload');
const KEY_SIGNATURES = text('signatures');
const KEY_PAYLOAD_TYPE = text('payloadType');
const KEY_SIG = text('sig');
const KEY_KEYID = text('keyid');

/** DAG-CBOR bytes of an envelope. Errors as checkEnvelope. */
export function encodeEnvelope(envelope: Envelope, limits: EnvelopeLimits = {}): Uint8Array {
  checkEnvelope(envelope, limits);
  const parts = [
    head(MAP, 3),
    KEY_PAYLOAD,
    head(BYTES, envelope.payload.length),
    envelope.payload,
    KEY_SIGNATURES,
    head(ARRAY, envelope.signatures.length),
  ];
  for (const { keyid, sig } of envelope.signatures) {
    parts.push(head(MAP, 2), KEY_SIG, head(BYTES, sig.length), sig, KEY_KEYID, text(keyid));
  }
  parts.push(KEY_PAYLOAD_TYPE, text(envelope.payloadType));
  return concatBytes(...parts);
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function refuse(cursor: Cursor, what: string): never {
  throw new ZeroError('DECODE_FAILED', `envelope bytes: ${what}`, { details: { offset: cursor.at } });
}

// Reads a head of the given major type in its shortest form.
function readHead(cursor: Cursor, major: number, max: number, what: string): number {
  const first = cursor.bytes[cursor.at];
  if (first === undefined || first >> 5 !== major) refuse(cursor, `expected ${what}`);
  const short = first & 0x1f;
  const extra =
    short < 24
      ? 0
      : short === 24
        ? 1
        : short === 25
          ? 2
          : short === 26
            ? 4
            : refuse(cursor, `length of ${what} has a refused form`);
  let value = short;
  if (extra > 0) {
    if (cursor.at + 1 + extra > cursor.bytes.length) refuse(cursor, `${what} is cut off`);
    value = 0;
    for (let i = 1; i <= extra; i++) value = value * 256 + cursor.bytes[cursor.at + i]!;
    const least = extra === 1 ? 24 : extra === 2 ? 0x100 : 0x10000;
    if (value < least) refuse(cursor, `length of ${what} is not in its shortest form`);
  }
  if (value > max)
    throw new ZeroError('LIMIT_EXCEEDED', `${what}: ${value} exceeds ${max}`, { details: { max } });
  cursor.at += 1 + extra;
  return value;
}

function readBytes(cursor: Cursor, major: number, max: number, what: string): Uint8Array {
  const length = readHead(cursor, major, max, what);
  if (cursor.at + length > cursor.bytes.length) refuse(cursor, `${what} is cut off`);
  cursor.at += length;
  return cursor.bytes.slice(cursor.at - length, cursor.at);
}

function expect(cursor: Cursor, expected: Uint8Array, what: string): void {
  for (let i = 0; i < expected.length; i++) {
    if (cursor.bytes[cursor.at + i] !== expected[i]) refuse(cursor, `expected ${what}`);
  }
  cursor.at += expected.length;
}

/** The envelope of exactly these bytes; the parts are copies. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function decodeEnvelope(bytes: Uint8Array, limits: EnvelopeLimits = {}): Envelope {
  const cursor: Cursor = { bytes, at: 0 };
  expect(cursor, head(MAP, 3), 'a map of 3');
  expect(cursor, KEY_PAYLOAD, 'key "payload"');
  const payload = readBytes(cursor, BYTES, limits.payloadBytesMax ?? PAYLOAD_BYTES_MAX, 'payload');
  expect(cursor, KEY_SIGNATURES, 'key "signatures"');
  const count = readHead(cursor, ARRAY, SIGNATURES_MAX, 'signatures');
  const signatures: EnvelopeSignature[] = [];
  for (let i = 0; i < count; i++) {
    expect(cursor, head(MAP, 2), 'a map of 2');
    expect(cursor, KEY_SIG, 'key "sig"');
    const sig = readBytes(cursor, BYTES, SIGNATURE_BYTES_MAX, 'sig');
    expect(cursor, KEY_KEYID, 'key "keyid"');
    signatures.push({ keyid: fromUtf8(readBytes(cursor, TEXT, KEYID_BYTES_MAX, 'keyid')), sig });
  }
  expect(cursor, KEY_PAYLOAD_TYPE, 'key "payloadType"');
  const payloadType = fromUtf8(readBytes(cursor, TEXT, PAYLOAD_TYPE_BYTES_MAX, 'payloadType'));
  if (cursor.at !== bytes.length) refuse(cursor, 'bytes follow the envelope');
  return checkEnvelope({ payloadType, payload, signatures }, limits);
}

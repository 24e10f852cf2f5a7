// One record of the card log: header with length and checksums, body with fields, vector and signed envelope.
// Codec only: no files. Everything is little-endian.
//
// header (16 bytes): magic 'ZIR1' | body length u32 | CRC32 of body u32 | CRC32 of the 12 bytes before u32
// The header has a checksum of its own, so a damaged length cannot swallow the records behind it.

import { crc32 } from 'node:zlib';
import { PRICE_UNITS, type PriceUnit, SLA_CLASSES, type SlaClass } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  DIMS_MAX,
  ENVELOPE_BYTES_MAX,
  FIELD_BYTES_MAX,
  PRICES_MAX,
  RECORD_BYTES_MAX,
  ROOTS_MAX,
  TAGS_MAX,
} from '../limits.ts';
import { WORDS_MAX } from '../search/words.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

export const RECORD_HEADER_BYTES = 16;
/** 'ZIR1' read as a little-endian u32. */
export const RECORD_MAGIC = 0x3152495a;

const KIND_START = 0;
const KIND_PUT = 1;
const KIND_REMOVE = 2;

/** Where a card stands among the cards of its agent: what compareCardOrder needs, with what is always the same left out. */
export interface CardVersion {
  /** Roots of the agent's keys behind the first, which its id names. Empty for most agents. */
  readonly roots: readonly { readonly id: string; readonly countersigned: boolean }[];
  readonly serial: number;
  readonly sequence: number;
}

/** What filters and answers need of a card, without its envelope. */
export interface CardFields {
  readonly agentId: string;
  readonly cardId: string;
  readonly name: string;
  readonly version: CardVersion;
  readonly expiresAtMs: number;
  readonly region: string;
  readonly operator: string;
  readonly sla: SlaClass;
  readonly tags: readonly string[];
  readonly prices: readonly {
    readonly unit: PriceUnit;
    readonly amount: bigint;
    readonly currency: string;
  }[];
  /** Words for the lexical part (search/words.ts). */
  readonly words: readonly string[];
}

export interface PutRecord {
  readonly kind: 'put';
  readonly fields: CardFields;
  readonly vector: Float32Array;
  readonly envelope: Uint8Array;
}

export interface RemoveRecord {
  readonly kind: 'remove';
  readonly agentId: string;
}

/** First record of a log: what its vectors are. */
export interface StartRecord {
  readonly kind: 'start';
  readonly embedder: string;
  readonly dims: number;
}

export type LogRecord = StartRecord | PutRecord | RemoveRecord;

/** Header and body as one array. Throws LIMIT_EXCEEDED for fields out of bounds. */
export function encodeRecord(record: LogRecord): Uint8Array {
  const writer = new ByteWriter(
    RECORD_HEADER_BYTES +
      (record.kind === 'put' ? record.envelope.length + record.vector.byteLength + 512 : 128),
  );
  writer.skip(RECORD_HEADER_BYTES);
  if (record.kind === 'put') putBody(writer, record);
  else if (record.kind === 'remove') {
    writer.u8(KIND_REMOVE);
    writer.text(record.agentId);
  } else {
    writer.u8(KIND_START);
    writer.text(record.embedder);
    writer.u16(record.dims);
  }
  const bytes = writer.finish();
  sealHeader(bytes);
  return bytes;
}

function sealHeader(bytes: Uint8Array): void {
  const body = bytes.subarray(RECORD_HEADER_BYTES);
  if (body.length > RECORD_BYTES_MAX) {
    throw new ZeroError('LIMIT_EXCEEDED', `record of ${body.length} bytes exceeds ${RECORD_BYTES_MAX}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEADER_BYTES);
  view.setUint32(0, RECORD_MAGIC, true);
  view.setUint32(4, body.length, true);
  view.setUint32(8, crc32(body), true);
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
}

function putBody(writer: ByteWriter, { fields, vector, envelope }: PutRecord): void {
  checkBounds(fields, vector, envelope);
  writer.u8(KIND_PUT);
  writeFields(writer, fields);
  writer.u16(vector.length);
  writer.bytes(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  writer.u32(envelope.length);
  writer.bytes(envelope);
}

function checkBounds(fields: CardFields, vector: Float32Array, envelope: Uint8Array): void {
  const refuse = (what: string): never => {
    throw new ZeroError('LIMIT_EXCEEDED', `${what} of card ${fields.cardId} is over its limit`);
  };
  if (vector.length > DIMS_MAX) refuse('vector');
  if (envelope.length > ENVELOPE_BYTES_MAX) refuse('envelope');
  if (fields.tags.length > TAGS_MAX) refuse('number of tags');
  if (fields.prices.length > PRICES_MAX) refuse('number of prices');
}

/** Fields in a fixed order; snapshots use the same form. */
export function writeFields(writer: ByteWriter, fields: CardFields): void {
  writer.text(fields.agentId);
  writer.text(fields.cardId);
  writer.text(fields.name);
  writeVersion(writer, fields.version);
  writer.f64(fields.expiresAtMs);
  writer.text(fields.region);
  writer.text(fields.operator);
  writer.u8(SLA_CLASSES.indexOf(fields.sla));
  writer.u16(fields.tags.length);
  for (const tag of fields.tags) writer.text(tag);
  writer.u8(fields.prices.length);
  for (const price of fields.prices) {
    writer.u8(PRICE_UNITS.indexOf(price.unit));
    writer.text(price.amount.toString());
    writer.text(price.currency);
  }
  writer.u8(fields.words.length);
  for (const word of fields.words) writer.text(word);
}

export function readFields(reader: ByteReader): CardFields {
  const text = () => reader.text(FIELD_BYTES_MAX);
  const agentId = text();
  const cardId = text();
  const name = text();
  const version = readVersion(reader);
  const expiresAtMs = reader.f64();
  const region = text();
  const operator = text();
  const sla = SLA_CLASSES[reader.u8()] ?? 'best-effort';
  const tags = readList(reader.u16(), TAGS_MAX, text);
  const prices = readList(reader.u8(), PRICES_MAX, () => ({
    unit: PRICE_UNITS[reader.u8()] ?? ('request' as const),
    amount: BigInt(text()),
    currency: text(),
  }));
  const words = readList(reader.u8(), WORDS_MAX, text);
  return {
    agentId,
    cardId,
    name,
    version,
    expiresAtMs,
    region,
    operator,
    sla,
    tags,
    prices,
    words,
  };
}

function writeVersion(writer: ByteWriter, { roots, serial, sequence }: CardVersion): void {
  writer.u8(roots.length);
  for (const { id, countersigned } of roots) {
    writer.text(id);
    writer.u8(countersigned ? 1 : 0);
  }
  writer.f64(serial);
  writer.f64(sequence);
}

function readVersion(reader: ByteReader): CardVersion {
  const roots = readList(reader.u8(), ROOTS_MAX, () => ({
    id: reader.text(FIELD_BYTES_MAX),
    countersigned: reader.u8() === 1,
  }));
  return { roots, serial: reader.f64(), sequence: reader.f64() };
}

function readList<T>(count: number, max: number, read: () => T): T[] {
  if (count > max) throw new ZeroError('INDEX_CORRUPT', `list of ${count} exceeds ${max}`);
  return Array.from({ length: count }, read);
}

/** The record of a checked body. Throws INDEX_CORRUPT when its form is wrong all the same. */
export function decodeBody(body: Uint8Array): LogRecord {
  const reader = new ByteReader(body);
  const kind = reader.u8();
  if (kind === KIND_REMOVE) return { kind: 'remove', agentId: reader.text(FIELD_BYTES_MAX) };
  if (kind === KIND_START)
    return { kind: 'start', embedder: reader.text(FIELD_BYTES_MAX), dims: reader.u16() };
  if (kind !== KIND_PUT) throw new ZeroError('INDEX_CORRUPT', `record of unknown kind ${kind}`);
  const fields = readFields(reader);
  const vector = reader.floats(reader.u16());
  const envelope = reader.bytes(reader.u32());
  return { kind: 'put', fields, vector, envelope };
}

/** Length and checksum of a body, or null when these 16 bytes are no sound header. */
export function readHeader(bytes: Uint8Array, at: number): { length: number; crc: number } | null {
  if (at + RECORD_HEADER_BYTES > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD_HEADER_BYTES);
  if (view.getUint32(0, true) !== RECORD_MAGIC) return null;
  if (view.getUint32(12, true) !== crc32(bytes.subarray(at, at + 12))) return null;
  const length = view.getUint32(4, true);
  return length > RECORD_BYTES_MAX ? null : { length, crc: view.getUint32(8, true) };
}

// Bytes of the rows of an answer: a DAG-CBOR array of the kind and a map, one form for each row. Nothing is verified here.

import { CborReader, CborWriter } from '../cbor/index.ts';
import { ZeroError } from '../errors/index.ts';
import { HASH_BYTES, INCLUSION_ELEMENTS_MAX, LOG_RECORD_BYTES_MAX, TREE_SIZE_MAX } from '../log/index.ts';
import {
  END_REASONS_MAX,
  QUERY_DEPTH_MAX,
  QUERY_ROWS_MAX,
  ROW_BODY_BYTES_MAX,
  ROW_BYTES_MAX,
  ROW_HEAD_BYTES_MAX,
  ROW_MAP_PROOF_BYTES_MAX,
  TIME_MS_MAX,
} from './limits.ts';
import { END_REASONS, type EndReason, type ProvenanceRow, type ProvenEntry } from './types.ts';

/** Characters of a row's kind. */
const KIND_CHARS_MAX = 16;
/** Characters of an origin. */
const ORIGIN_CHARS_MAX = 256;

function writeHashes(out: CborWriter, hashes: readonly Uint8Array[]): void {
  out.array(hashes.length);
  for (const hash of hashes) out.bytes(hash);
}

function writeEntry(out: CborWriter, entry: ProvenEntry): void {
  out.array(4).int(entry.index).bytes(entry.record).bytes(entry.body);
  writeHashes(out, entry.proof);
}

/** Bytes of a row. */
export function encodeRow(row: ProvenanceRow): Uint8Array {
  const out = new CborWriter().array(2).text(row.kind);
  switch (row.kind) {
    case 'head':
      out.map(2).text('origin').text(row.origin).text('checkpoint').text(row.checkpoint);
      break;
    case 'statement':
      out.map(7).text('body').bytesOrNull(row.body).text('depth').int(row.depth);
      out.text('index').int(row.index);
      writeHashes(out.text('proof'), row.proof);
      out.text('origin').text(row.origin).text('record').bytes(row.record);
      out.text('knownAt').int(row.knownAt);
      break;
    case 'completeness':
      out.map(3).text('map').bytes(row.map);
      writeEntry(out.text('root'), row.root);
      out.text('origin').text(row.origin);
      break;
    case 'end':
      out.map(2).text('rows').int(row.rows).text('reasons').array(row.reasons.length);
      for (const reason of row.reasons) out.text(reason);
  }
  return out.finish();
}

function readHashes(from: CborReader): Uint8Array[] {
  const length = from.array(INCLUSION_ELEMENTS_MAX, 'proof');
  const hashes: Uint8Array[] = [];
  for (let i = 0; i < length; i++) hashes.push(from.exactBytes(HASH_BYTES, 'proof element'));
  return hashes;
}

function readText(from: CborReader, name: string, max: number): string {
  from.key(name);
  return from.text(max, name);
}

function readUint(from: CborReader, name: string, max: number): number {
  from.key(name);
  return from.uint(max, name);
}

function readEntry(from: CborReader): ProvenEntry {
  from.tuple(4, 'entry');
  return {
    index: from.uint(TREE_SIZE_MAX, 'index'),
    record: from.bytes(LOG_RECORD_BYTES_MAX, 'record'),
    body: from.bytes(ROW_BODY_BYTES_MAX, 'body'),
    proof: readHashes(from),
  };
}

function readReasons(from: CborReader): EndReason[] {
  from.key('reasons');
  const length = from.array(END_REASONS_MAX, 'reasons');
  const reasons: EndReason[] = [];
  for (let i = 0; i < length; i++) {
    const text = from.text(KIND_CHARS_MAX, 'reason');
    const reason = END_REASONS.find((known) => known === text);
    if (reason === undefined) throw new ZeroError('DECODE_FAILED', 'a reason is not known here');
    reasons.push(reason);
  }
  return reasons;
}

const READERS: Readonly<Record<ProvenanceRow['kind'], (from: CborReader) => ProvenanceRow>> = {
  head(from) {
    from.map(2, 'head row');
    const origin = readText(from, 'origin', ORIGIN_CHARS_MAX);
    return { kind: 'head', origin, checkpoint: readText(from, 'checkpoint', ROW_HEAD_BYTES_MAX) };
  },
  statement(from) {
    from.map(7, 'statement row');
    from.key('body');
    const body = from.bytesOrNull(ROW_BODY_BYTES_MAX, 'body');
    const depth = readUint(from, 'depth', QUERY_DEPTH_MAX);
    const index = readUint(from, 'index', TREE_SIZE_MAX);
    from.key('proof');
    const proof = readHashes(from);
    const origin = readText(from, 'origin', ORIGIN_CHARS_MAX);
    from.key('record');
    const record = from.bytes(LOG_RECORD_BYTES_MAX, 'record');
    const knownAt = readUint(from, 'knownAt', TIME_MS_MAX);
    return { kind: 'statement', origin, index, depth, knownAt, record, body, proof };
  },
  completeness(from) {
    from.map(3, 'completeness row');
    from.key('map');
    const map = from.bytes(ROW_MAP_PROOF_BYTES_MAX, 'map proof');
    from.key('root');
    const root = readEntry(from);
    return { kind: 'completeness', origin: readText(from, 'origin', ORIGIN_CHARS_MAX), root, map };
  },
  end(from) {
    from.map(2, 'end row');
    const rows = readUint(from, 'rows', QUERY_ROWS_MAX);
    return { kind: 'end', rows, reasons: readReasons(from) };
  },
};

/** The row of bytes. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeRow(bytes: Uint8Array): ProvenanceRow {
  if (bytes.length > ROW_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `provenance row is longer than ${ROW_BYTES_MAX} bytes`);
  const from = new CborReader(bytes);
  from.tuple(2, 'row');
  const kind = from.text(KIND_CHARS_MAX, 'kind');
  if (!Object.hasOwn(READERS, kind)) throw new ZeroError('DECODE_FAILED', 'a row of an unknown kind');
  const row = READERS[kind as ProvenanceRow['kind']](from);
  from.end();
  return row;
}

// A bundle: a whole answer in one file that verifies without a network. What the statements share (the proofs of a log, the keys of an
// issuer) is in it once: proofs as one, the rest by Deflate, whose output is bounded before it is trusted with memory.

import { concatBytes, equalBytes } from '../bytes/index.ts';
import { CborReader, CborWriter } from '../cbor/index.ts';
import { decodeEnvelope, envelopeId } from '../envelope/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import {
  decodeLogEntry,
  encodeLogEntry,
  HASH_BYTES,
  LOG_RECORD_BYTES_MAX,
  LOG_SALT_BYTES,
  leafHash,
  parseCheckpoint,
  TREE_SIZE_MAX,
} from '../log/index.ts';
import { isPacked, type PackedForm, pack, unpack } from '../packed/index.ts';
import {
  QUERY_BYTES_MAX,
  QUERY_DEPTH_MAX,
  QUERY_ROWS_MAX,
  ROW_BODY_BYTES_MAX,
  ROW_BYTES_MAX,
  ROW_HEAD_BYTES_MAX,
  TIME_MS_MAX,
} from './limits.ts';
import { decodeQuery, encodeQuery } from './query.ts';
import { decodeRow, encodeRow } from './row.ts';
import { shareProof, splitProof } from './shared-proof.ts';
import type { CompletenessRow, EndRow, ProvenanceQuery, ProvenanceRow, StatementRow } from './types.ts';

/** First bytes of a bundle file, version 1. */
export const BUNDLE_START = 'zerostate-bundle/v1\n';
/** Bytes of a bundle once it is unpacked: 10,000 statements of some 3 kB each, with room. */
export const BUNDLE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Logs of one bundle. */
const LOGS_MAX = 1_024;
const FORM: PackedForm = { name: 'bundle', start: BUNDLE_START, bytesMax: BUNDLE_BYTES_MAX };

/** A question with its whole answer. */
export interface Bundle {
  readonly query: ProvenanceQuery;
  readonly rows: readonly ProvenanceRow[];
}

type NodeOf = (
  origin: string,
  level: number,
  index: number,
) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

function refuse(message: string): never {
  throw new ZeroError('DECODE_FAILED', `bundle: ${message}`);
}

// The record follows from the body and a salt; where the body is withheld the record itself is kept.
function isDerived({ body, record }: StatementRow): boolean {
  if (body === null) return false;
  try {
    const { salt } = decodeLogEntry(record);
    return equalBytes(encodeLogEntry({ statementId: envelopeId(decodeEnvelope(body)), salt }), record);
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return false;
  }
}

function writeStatement(out: CborWriter, row: StatementRow): void {
  out.array(5).int(row.index).int(row.depth).int(row.knownAt);
  if (isDerived(row)) out.bytes(decodeLogEntry(row.record).salt);
  else out.bytes(row.record);
  out.bytesOrNull(isDerived(row) ? row.body : null);
}

/**
 * Bytes of a bundle of an answer. `nodeOf` reads the trees of its logs; rows must have come under the heads among them. Bodies whose
 * record is not their own are refused. Throws NODE_MISSING, DECODE_FAILED or LIMIT_EXCEEDED.
 */
export async function encodeBundle({ query, rows }: Bundle, nodeOf: NodeOf): Promise<Uint8Array> {
  const heads = rows.filter((row) => row.kind === 'head');
  const completeness = rows.filter((row) => row.kind === 'completeness');
  const end = rows.find((row) => row.kind === 'end');
  const out = new CborWriter().array(4).bytes(encodeQuery(query)).array(heads.length);
  for (const { checkpoint, origin } of heads) {
    const statements = rows
      .filter((row) => row.kind === 'statement' && row.origin === origin)
      .sort((a, b) => (a as StatementRow).index - (b as StatementRow).index) as StatementRow[];
    const leaves = new Map(statements.map(({ index, record }) => [index, leafHash(record)]));
    const hashes = await shareProof(parseCheckpoint(checkpoint).size, leaves, (level, index) =>
      nodeOf(origin, level, index),
    );
    out.array(3).text(checkpoint).array(statements.length);
    for (const row of statements) writeStatement(out, row);
    out.bytes(concatBytes(...hashes));
  }
  out.array(completeness.length);
  for (const row of completeness) out.bytes(encodeRow(row));
  if (end === undefined) out.null();
  else out.bytes(encodeRow(end));
  return pack(FORM, out.finish());
}

/** True for bytes that begin as a bundle does. */
export function isBundle(bytes: Uint8Array): boolean {
  return isPacked(FORM, bytes);
}

/** The answer in a bundle, in an order that AnswerVerifier takes. Nothing is verified. Throws DECODE_FAILED, PROOF_INVALID or LIMIT_EXCEEDED. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const from = new CborReader(unpack(FORM, bytes));
  from.tuple(4, 'bundle');
  const query = decodeQuery(from.bytes(QUERY_BYTES_MAX, 'query'));
  const rows: ProvenanceRow[] = [];
  const logs = from.array(LOGS_MAX, 'logs');
  for (let i = 0; i < logs; i++) rows.push(...readLog(from));
  const proofs = from.array(LOGS_MAX, 'completeness');
  for (let i = 0; i < proofs; i++)
    rows.push(rowOf(from.bytes(ROW_BYTES_MAX, 'completeness'), 'completeness'));
  const end = from.bytesOrNull(ROW_BYTES_MAX, 'end');
  if (end !== null) rows.push(rowOf(end, 'end'));
  from.end();
  return { query, rows };
}

function rowOf(bytes: Uint8Array, kind: 'completeness' | 'end'): CompletenessRow | EndRow {
  const row = decodeRow(bytes);
  return row.kind === kind ? (row as CompletenessRow | EndRow) : refuse(`a row is no ${kind}`);
}

function readLog(from: CborReader): ProvenanceRow[] {
  from.tuple(3, 'log');
  const checkpoint = from.text(ROW_HEAD_BYTES_MAX, 'checkpoint');
  const { origin, size } = parseCheckpoint(checkpoint);
  const count = from.array(QUERY_ROWS_MAX, 'statements');
  const statements = Array.from({ length: count }, () => readStatement(from, origin));
  const bytes = from.bytes(BUNDLE_BYTES_MAX, 'hashes');
  if (bytes.length % HASH_BYTES !== 0) refuse('its hashes are cut off');
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
  for (const [i, { index }] of statements.entries())
    if (index <= (statements[i - 1]?.index ?? -1)) refuse('its statements are not in the order of the log');
  const leaves = new Map(statements.map(({ index, record }) => [index, leafHash(record)]));
  const proofs = splitProof({ size, hashes }, leaves);
  return [
    { kind: 'head', origin, checkpoint },
    ...statements.map((row) => ({ ...row, proof: proofs.get(row.index)! })),
  ];
}

function readStatement(from: CborReader, origin: string): StatementRow {
  from.tuple(5, 'statement');
  const index = from.uint(TREE_SIZE_MAX, 'index');
  const depth = from.uint(QUERY_DEPTH_MAX, 'depth');
  const knownAt = from.uint(TIME_MS_MAX, 'knownAt');
  const named = from.bytes(LOG_RECORD_BYTES_MAX, 'record');
  const body = from.bytesOrNull(ROW_BODY_BYTES_MAX, 'body');
  if (body !== null && named.length !== LOG_SALT_BYTES) refuse('a salt has another length');
  const record =
    body === null ? named : encodeLogEntry({ statementId: envelopeId(decodeEnvelope(body)), salt: named });
  return { kind: 'statement', origin, index, depth, knownAt, record, body, proof: [] };
}

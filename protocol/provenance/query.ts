// Queries: what is a well-formed question, and its bytes.

import { CborReader, CborWriter } from '../cbor/index.ts';
import { ZeroError } from '../errors/index.ts';
import { PREDICATE_TYPE_CHARS_MAX } from '../statement/index.ts';
import {
  ISSUER_CHARS_MAX,
  NODE_ID_CHARS_MAX,
  QUERY_BYTES_MAX,
  QUERY_DEPTH_MAX,
  QUERY_ROWS_DEFAULT,
  QUERY_ROWS_MAX,
  QUERY_START_MAX,
  QUERY_TYPES_MAX,
  TIME_MS_MAX,
} from './limits.ts';
import { requireNodeId } from './node-id.ts';
import { DIRECTIONS, type Direction, type ProvenanceQuery } from './types.ts';

const VISIBLE = /^[\x21-\x7e]+$/;

function refuse(what: string): never {
  throw new ZeroError('DECODE_FAILED', `provenance query: ${what}`);
}

function requireCount(value: number, min: number, max: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < min) refuse(`${what} is not a number from ${min}`);
  if (value > max) throw new ZeroError('LIMIT_EXCEEDED', `provenance query: ${what} exceeds ${max}`);
}

// A walk is proven by the statements that it crosses, so none may be left out of the answer; and the index knows issuers, not who signed
// what they imported, beside each entry.
function requireProvable({ start, issuer, predicateTypes, depth }: ProvenanceQuery): void {
  if (depth > 0 && (issuer !== null || predicateTypes.length > 0))
    refuse('a walk cannot be proven and filtered at once: filter its rows');
  if (start.length > 0 && issuer !== null && !issuer.startsWith('zs:'))
    refuse('what a foreign signer said of a thing cannot be proven: ask for the thing, or for the signer');
}

/** Completes and checks a question. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function provenanceQuery(parts: Partial<ProvenanceQuery>): ProvenanceQuery {
  const query: ProvenanceQuery = {
    start: [...new Set(parts.start ?? [])].sort(),
    issuer: parts.issuer ?? null,
    predicateTypes: [...new Set(parts.predicateTypes ?? [])].sort(),
    direction: parts.direction ?? 'sources',
    depth: parts.depth ?? 0,
    at: parts.at ?? null,
    limit: parts.limit ?? QUERY_ROWS_DEFAULT,
    prove: parts.prove ?? false,
  };
  requireCount(query.start.length, 0, QUERY_START_MAX, 'the number of starts');
  requireCount(query.predicateTypes.length, 0, QUERY_TYPES_MAX, 'the number of predicate types');
  requireCount(query.depth, 0, QUERY_DEPTH_MAX, 'depth');
  requireCount(query.limit, 1, QUERY_ROWS_MAX, 'limit');
  if (query.at !== null) requireCount(query.at, 0, TIME_MS_MAX, 'at');
  for (const id of query.start) requireNodeId(id, 'a start');
  const texts = [query.issuer ?? 'none', ...query.predicateTypes];
  if (!texts.every((text) => text.length <= PREDICATE_TYPE_CHARS_MAX && VISIBLE.test(text)))
    refuse('an issuer or type is not visible ASCII');
  if ((query.issuer?.length ?? 0) > ISSUER_CHARS_MAX) refuse('the issuer is too long');
  if (!DIRECTIONS.includes(query.direction)) refuse('the direction is unknown');
  if (query.start.length === 0 && query.issuer === null && query.predicateTypes.length === 0)
    refuse('it names no thing, issuer or type');
  if (query.start.length === 0 && query.depth > 0) refuse('a walk needs a start');
  if (query.prove) requireProvable(query);
  return query;
}

/** Bytes of a query: a DAG-CBOR map. */
export function encodeQuery(query: ProvenanceQuery): Uint8Array {
  const out = new CborWriter().map(8);
  // Keys in DAG-CBOR order: shorter first, then by bytes.
  out.text('at');
  if (query.at === null) out.null();
  else out.int(query.at);
  out.text('depth').int(query.depth).text('limit').int(query.limit).text('prove').bool(query.prove);
  out.text('start').array(query.start.length);
  for (const id of query.start) out.text(id);
  out.text('issuer').textOrNull(query.issuer).text('direction').text(query.direction);
  out.text('predicateTypes').array(query.predicateTypes.length);
  for (const type of query.predicateTypes) out.text(type);
  return out.finish();
}

function readTexts(from: CborReader, name: string, max: number, charsMax: number): string[] {
  from.key(name);
  const length = from.array(max, name);
  const texts: string[] = [];
  for (let i = 0; i < length; i++) texts.push(from.text(charsMax, name));
  if (texts.some((text, i) => i > 0 && text <= texts[i - 1]!)) refuse(`${name} is not in its one order`);
  return texts;
}

/** The query of bytes, in its one form. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeQuery(bytes: Uint8Array): ProvenanceQuery {
  if (bytes.length > QUERY_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `provenance query is longer than ${QUERY_BYTES_MAX} bytes`);
  const from = new CborReader(bytes);
  from.map(8, 'query');
  from.key('at');
  const at = from.uintOrNull(TIME_MS_MAX, 'at');
  from.key('depth');
  const depth = from.uint(QUERY_DEPTH_MAX, 'depth');
  from.key('limit');
  const limit = from.uint(QUERY_ROWS_MAX, 'limit');
  from.key('prove');
  const prove = from.bool('prove');
  const start = readTexts(from, 'start', QUERY_START_MAX, NODE_ID_CHARS_MAX);
  from.key('issuer');
  const issuer = from.textOrNull(ISSUER_CHARS_MAX, 'issuer');
  from.key('direction');
  const direction = from.text(16, 'direction') as Direction;
  const predicateTypes = readTexts(from, 'predicateTypes', QUERY_TYPES_MAX, PREDICATE_TYPE_CHARS_MAX);
  from.end();
  return provenanceQuery({ start, issuer, predicateTypes, direction, depth, at, limit, prove });
}

// Evidence that a log's committed index leaves out an entry of that same log: the entry, and the log's own signed proof that it is not
// listed. It verifies anywhere, without a network and without the rest of the log.

import { fromBase64, fromUtf8, toBase64, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { AnswerVerifier } from './answer.ts';
import { isFoundUnder } from './completeness.ts';
import { readIndexProof } from './index-proof.ts';
import { provenanceQuery } from './query.ts';
import { decodeRow, encodeRow } from './row.ts';
import type { CompletenessRow, HeadRow, NodeId, StatementRow } from './types.ts';

/** `kind` of an omission file, version 1. */
export const OMISSION_KIND = 'zerostate-omission/v1';
/** Bytes of an omission file: one statement and one map proof, in base64. */
export const OMISSION_BYTES_MAX: number = 8 * 1024 * 1024;

/** What was left out, by whom. */
export interface Omission {
  readonly origin: string;
  readonly index: number;
  readonly statementId: string;
  readonly thing: NodeId;
}

/** The parts of the evidence. */
export interface OmissionParts {
  readonly head: HeadRow;
  /** The entry that is not listed. */
  readonly statement: StatementRow;
  readonly completeness: CompletenessRow;
  /** The thing that was asked about, alone. */
  readonly thing: NodeId;
}

/** Bytes of an omission file (JSON). Throws OMISSION_UNPROVEN when the parts prove nothing. */
export function encodeOmission(parts: OmissionParts): Uint8Array {
  const rows = [parts.head, parts.statement, parts.completeness].map((row) => toBase64(encodeRow(row)));
  const bytes = utf8(`${JSON.stringify({ kind: OMISSION_KIND, thing: parts.thing, rows }, null, 2)}\n`);
  verifyOmission(bytes);
  return bytes;
}

/** Verifies an omission file. Throws OMISSION_UNPROVEN, or what the verifiers of its parts throw. */
export function verifyOmission(bytes: Uint8Array): Verified<Omission> {
  const value = parseStrictJson(fromUtf8(bytes), { bytesMax: OMISSION_BYTES_MAX });
  const fields = new Fields(value, 'omission', ['kind', 'thing', 'rows']);
  fields.constant('kind', OMISSION_KIND);
  const thing = fields.raw('thing');
  if (typeof thing !== 'string') return fields.refuse('thing', 'is not text');
  const rows = fields.list('rows', { min: 3, max: 3 }, (item) =>
    decodeRow(fromBase64(typeof item === 'string' ? item : '')),
  );
  const [head, row, proof] = rows;
  if (head?.kind !== 'head' || row?.kind !== 'statement' || proof?.kind !== 'completeness')
    throw new ZeroError('OMISSION_UNPROVEN', 'the rows are not a head, a statement and a proof');
  const query = provenanceQuery({ start: [thing], direction: 'both' });
  const verifier = new AnswerVerifier(query);
  verifier.push(head);
  const verified = verifier.push({ ...row, depth: 0 });
  const { root, lists, keys } = readIndexProof(
    query,
    { things: [thing], selves: [] },
    proof,
    verifier.headOf(proof.origin),
  );
  const facts = verified?.facts;
  if (facts == null) throw new ZeroError('OMISSION_UNPROVEN', 'the statement is not shown');
  const hidden = keys.some(
    (key) => isFoundUnder(facts, key) && !lists.get(key.toHex())!.some(({ index }) => index === row.index),
  );
  if (!hidden || row.origin !== proof.origin || row.index >= root.size)
    throw new ZeroError('OMISSION_UNPROVEN', 'the index lists the statement, or does not speak for it');
  return markVerified({ origin: row.origin, index: row.index, statementId: verified!.statementId, thing });
}

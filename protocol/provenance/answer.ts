// Verifies an answer row by row, as it comes: heads by their signatures, statements by theirs and their place in the log, completeness by
// the committed index. What it passes on is verified; what the answerer left out is named. It asks no clock and no network.

import { equalBytes } from '../bytes/index.ts';
import { decodeEnvelope, envelopeId } from '../envelope/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import {
  type Checkpoint,
  decodeLogEntry,
  leafHash,
  verifyInclusion,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import { type AgentStatement, STATEMENT_PAYLOAD_TYPE, verifyAgentStatement } from '../statement/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { thingsOf } from './answer-walk.ts';
import { type Completeness, judgeCompleteness } from './completeness.ts';
import { fullListing, type Listing, readIndexProof } from './index-proof.ts';
import { QUERY_ROWS_MAX } from './limits.ts';
import { factsOfStatement, type StatementFacts } from './statement-facts.ts';
import type {
  CompletenessRow,
  EndRow,
  HeadRow,
  ProvenanceQuery,
  ProvenanceRow,
  StatementRow,
} from './types.ts';

/** Origins of one answer: as many organisations as a federation has nodes. */
const ANSWER_ORIGINS_MAX = 1_024;
/** Heads, and statements, that are remembered for the answers to one question. */
const MEMORY_MAX: number = QUERY_ROWS_MAX * 2;

/** A verified row: the statement is signed by its issuer and stands in the log; `withheld` where the answerer may not show it. */
export interface VerifiedRow {
  readonly row: StatementRow;
  readonly statementId: string;
  readonly checkpoint: Verified<Checkpoint>;
  readonly statement: AgentStatement | null;
  readonly facts: StatementFacts | null;
}

/** What a whole answer came to. */
export interface AnswerReport {
  /** Its last row; null when it was cut off. */
  readonly end: EndRow | null;
  /** For each origin of which it was proven. */
  readonly completeness: readonly Completeness[];
  /** For each origin whose index lists more than came: the proof of that, for who has not the rows. */
  readonly listings: ReadonlyMap<string, Listing>;
}

function refuse(message: string): never {
  throw new ZeroError('ANSWER_INVALID', message);
}

/**
 * What was verified already, for the answers of several to one question: most tell the same. Equal bytes are equal, whoever sends them; a
 * verdict never depends on what is remembered. Bounded.
 */
export class AnswerMemory {
  readonly #heads = new Map<string, Verified<Checkpoint>>();
  readonly #bodies = new Map<
    string,
    { body: Uint8Array; statement: AgentStatement; facts: StatementFacts }
  >();

  head({ origin, checkpoint }: HeadRow): Verified<Checkpoint> {
    const known = this.#heads.get(checkpoint);
    if (known?.origin === origin) return known;
    const head = verifyNodeCheckpoint(checkpoint, origin);
    if (this.#heads.size < MEMORY_MAX) this.#heads.set(checkpoint, head);
    return head;
  }

  body(body: Uint8Array, statementId: string): { statement: AgentStatement; facts: StatementFacts } {
    const known = this.#bodies.get(statementId);
    if (known !== undefined && equalBytes(known.body, body)) return known;
    const envelope = decodeEnvelope(body);
    if (envelopeId(envelope) !== statementId) refuse('a body is not the one that its record names');
    if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) refuse('a row holds no statement');
    const statement = verifyAgentStatement(envelope);
    const read = { body, statement, facts: factsOfStatement(statement) };
    if (this.#bodies.size < MEMORY_MAX) this.#bodies.set(statementId, read);
    return read;
  }
}

/** Verifies one answer to one query. */
export class AnswerVerifier {
  readonly #query: ProvenanceQuery;
  readonly #memory: AnswerMemory;
  readonly #heads = new Map<string, Verified<Checkpoint>>();
  readonly #seen = new Map<string, Map<number, VerifiedRow>>();
  readonly #proofs = new Map<string, CompletenessRow>();
  #rows = 0;
  #end: EndRow | null = null;

  constructor(query: ProvenanceQuery, memory: AnswerMemory = new AnswerMemory()) {
    this.#query = query;
    this.#memory = memory;
  }

  /**
   * Takes the next row; answers it when it is a statement and verifies. Throws ANSWER_INVALID for rows that do not fit the question or
   * each other, and what the verifiers of heads, statements and proofs throw: the answerer then has sent what no honest one sends.
   */
  push(row: ProvenanceRow): Verified<VerifiedRow> | null {
    if (this.#end !== null) refuse('rows follow the end');
    if (row.kind === 'head') this.#head(row);
    else if (row.kind === 'statement') return this.#statement(row);
    else if (row.kind === 'completeness') this.#keepProof(row);
    else {
      if (row.rows !== this.#rows) refuse('the end counts other rows than came');
      this.#end = row;
    }
    return null;
  }

  /** After the last row: what is proven to be complete, and what is missing. Throws as push does for a proof that does not hold. */
  finish(): AnswerReport {
    const all = [...this.#seen.values()].flatMap((rows) => [...rows.values()]);
    const selves = all.flatMap(({ facts }) => facts?.self ?? []);
    const met = { things: thingsOf(this.#query, all), selves };
    const listings = new Map<string, Listing>();
    const completeness = [...this.#proofs.values()].map((row) => {
      const head = this.headOf(row.origin);
      const { keys, root, lists } = readIndexProof(this.#query, met, row, head);
      const rows = this.#seen.get(row.origin) ?? new Map<number, VerifiedRow>();
      const judged = judgeCompleteness({ query: this.#query, root, head, lists, rows });
      const listing = judged.missing.length > 0 ? fullListing(row, keys) : undefined;
      if (listing !== undefined) listings.set(row.origin, listing);
      return judged;
    });
    return { end: this.#end, completeness, listings };
  }

  /** The verified head of a log. Throws ANSWER_INVALID before it came. */
  headOf(origin: string): Verified<Checkpoint> {
    return this.#heads.get(origin) ?? refuse('a row comes before the head of its log');
  }

  #head(row: HeadRow): void {
    if (this.#heads.has(row.origin)) refuse('a log has two heads');
    if (this.#heads.size >= ANSWER_ORIGINS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'an answer has too many logs');
    this.#heads.set(row.origin, this.#memory.head(row));
  }

  #statement(row: StatementRow): Verified<VerifiedRow> {
    if (++this.#rows > Math.min(this.#query.limit, QUERY_ROWS_MAX))
      refuse('more rows came than were asked for');
    const head = this.headOf(row.origin);
    const known = this.#seen.get(row.origin) ?? new Map<number, VerifiedRow>();
    if (known.has(row.index)) refuse('a statement came twice');
    const { index, record, proof } = row;
    verifyInclusion({ leafHash: leafHash(record), index, size: head.size, proof, root: head.root });
    const { statementId } = decodeLogEntry(row.record);
    const verified = markVerified({ row, statementId, checkpoint: head, ...this.#body(row, statementId) });
    known.set(row.index, verified);
    this.#seen.set(row.origin, known);
    return verified;
  }

  #body(row: StatementRow, statementId: string): Pick<VerifiedRow, 'statement' | 'facts'> {
    if (row.body === null) return { statement: null, facts: null };
    const { statement, facts } = this.#memory.body(row.body, statementId);
    const { predicateTypes, issuer } = this.#query;
    const fits =
      (predicateTypes.length === 0 || predicateTypes.includes(facts.predicateType)) &&
      (issuer === null || issuer === facts.issuer || facts.signers.includes(issuer));
    return fits ? { statement, facts } : refuse('a statement does not match the question');
  }

  #keepProof(row: CompletenessRow): void {
    if (this.#proofs.has(row.origin)) refuse('a log is proven twice');
    this.headOf(row.origin);
    this.#proofs.set(row.origin, row);
  }
}

/** True for what a dishonest or broken answerer causes, false for the rest. */
export function isAnswerFault(error: unknown): boolean {
  return (
    isZeroError(error) &&
    ['ANSWER_INVALID', 'PROOF_INVALID', 'SIGNATURE_INVALID', 'DECODE_FAILED'].includes(error.code)
  );
}

// Checks what a partner sends, row by row, before anything else sees it: heads by their signature, statements by their inclusion, their id
// and their own signature, openings by the commitment. A false row convicts nobody, but it ends the answer.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { decodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  decodeLogEntry,
  leafHash,
  verifyInclusion,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import {
  type Opened,
  type Opening,
  type PartnerAnswer,
  verifyAnswer,
  verifyOpening,
} from '../../protocol/partner/index.ts';
import type { CompletenessRow, EndReason, StatementRow } from '../../protocol/provenance/index.ts';
import { type AgentStatement, isStatementOf, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import { markVerified, type Verified } from '../../protocol/verified.ts';
import type { Readable, StatementRouter } from '../statements/router.ts';
import { ANSWER_ROWS_MAX } from './limits.ts';
import type { AnswerFrame } from './wire.ts';

/** A statement of an answer that was checked. */
export interface CheckedRow {
  readonly row: StatementRow;
  readonly statementId: string;
  /** null where the answerer holds no body, or one of a type unknown here. */
  readonly statement: Readable | null;
  readonly head: Verified<Checkpoint>;
}

/** A checked part of an answer. */
export type CheckedPart =
  | { readonly kind: 'row'; readonly checked: Verified<CheckedRow> }
  | {
      readonly kind: 'opening';
      readonly statementId: string;
      readonly opening: Opening;
      readonly opened: Verified<Opened>;
    }
  | { readonly kind: 'completeness'; readonly row: CompletenessRow }
  | {
      readonly kind: 'end';
      readonly answer: Verified<PartnerAnswer>;
      readonly reasons: readonly EndReason[];
    };

/** Checks the answer to one request. */
export class AnswerCheck {
  readonly #router: Pick<StatementRouter, 'read'>;
  readonly #request: Uint8Array;
  readonly #origin: string;
  readonly #limit: number;
  readonly #heads = new Map<string, Verified<Checkpoint>>();
  readonly #sealed = new Map<string, AgentStatement<typeof SEALED_PREDICATE>>();
  readonly #own = new Set<number>();
  #ownHead: Verified<Checkpoint> | undefined;
  #rows = 0;
  #reasons: readonly EndReason[] | undefined;

  constructor(deps: {
    router: Pick<StatementRouter, 'read'>;
    /** Bytes of the request. */
    request: Uint8Array;
    /** Log of who was asked. */
    origin: string;
    limit: number;
  }) {
    this.#router = deps.router;
    this.#request = deps.request;
    this.#origin = deps.origin;
    this.#limit = Math.min(deps.limit, ANSWER_ROWS_MAX);
  }

  /** Heads that the answer showed, by origin; of the asked log the one that the answer is signed for. */
  heads(): Verified<Checkpoint>[] {
    const others = [...this.#heads.values()].filter(({ origin }) => origin !== this.#origin);
    return this.#ownHead === undefined ? others : [this.#ownHead, ...others];
  }

  /** The checked part of a frame; undefined for one that only helps to check others. Throws what is wrong with it. */
  take(frame: AnswerFrame): CheckedPart | undefined {
    switch (frame.kind) {
      case 'error':
        throw new ZeroError(frame.code, `partner: ${frame.message}`);
      case 'opening':
        return this.#opening(frame.statementId, frame.opening);
      case 'answer':
        return { kind: 'end', answer: this.#answer(frame.bytes), reasons: this.#reasons ?? ['aborted'] };
      case 'row':
        break;
    }
    const { row } = frame;
    if (this.#reasons !== undefined) throw new ZeroError('DECODE_FAILED', 'a row comes after the end');
    switch (row.kind) {
      case 'head':
        if (this.#heads.size >= this.#limit + 1)
          throw new ZeroError('LIMIT_EXCEEDED', 'more heads than rows');
        this.#heads.set(row.origin, verifyNodeCheckpoint(row.checkpoint, row.origin));
        if (row.origin === this.#origin) this.#ownHead ??= this.#heads.get(row.origin);
        return undefined;
      case 'completeness':
        return { kind: 'completeness', row };
      case 'end':
        this.#reasons = row.reasons;
        return undefined;
      case 'statement':
        return { kind: 'row', checked: this.#statement(row) };
    }
  }

  #statement(row: StatementRow): Verified<CheckedRow> {
    this.#rows += 1;
    if (this.#rows > this.#limit)
      throw new ZeroError('LIMIT_EXCEEDED', 'more statements than were asked for');
    const head = this.#heads.get(row.origin);
    if (head === undefined) throw new ZeroError('PROOF_INVALID', 'a statement comes before its head');
    const { statementId } = decodeLogEntry(row.record);
    verifyInclusion({
      leafHash: leafHash(row.record),
      index: row.index,
      size: head.size,
      proof: row.proof,
      root: head.root,
    });
    const statement = row.body === null ? null : this.#read(row.body, statementId);
    if (row.origin === this.#origin) this.#own.add(row.index);
    if (statement?.kind === 'statement' && isStatementOf(statement.statement, SEALED_PREDICATE))
      this.#sealed.set(statementId, statement.statement);
    return markVerified({ row, statementId, statement, head });
  }

  #read(body: Uint8Array, statementId: string): Readable | null {
    const { id, statement, code } = this.#router.read(decodeEnvelope(body));
    if (code !== undefined) throw new ZeroError(code, 'a statement of the answer does not verify');
    if (id !== statementId)
      throw new ZeroError('PROOF_INVALID', 'a statement is not the one that its entry names');
    return statement ?? null;
  }

  #opening(statementId: string, opening: Opening): CheckedPart {
    const sealed = this.#sealed.get(statementId);
    if (sealed === undefined)
      throw new ZeroError('DISCLOSURE_INVALID', 'an opening of a statement that is not among the rows');
    const opened = verifyOpening(sealed.statement.predicate, opening);
    return { kind: 'opening', statementId, opening, opened };
  }

  #answer(bytes: Uint8Array): Verified<PartnerAnswer> {
    const answer = verifyAnswer(bytes, this.#request);
    const own = [...this.#own].filter((index) => index < answer.size).sort((a, b) => a - b);
    if (own.join() !== answer.indexes.join())
      throw new ZeroError('PROOF_INVALID', 'the rows are not those that the answer is signed for');
    const head = this.#ownHead;
    const isShown =
      head === undefined
        ? answer.size === 0
        : head.size === answer.size && equalBytes(head.root, answer.root);
    if (!isShown) throw new ZeroError('PROOF_INVALID', 'the answer is given from another head than its rows');
    return answer;
  }
}

// Checks what a partner sends, frame by frame, before anything else sees it: rows by the verifier of provenance answers, openings by the
// commitment, the end by its signature. A false frame convicts nobody, but it ends the answer.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Checkpoint } from '../../protocol/log/index.ts';
import {
  type Opened,
  type Opening,
  type PartnerAnswer,
  verifyAnswer,
  verifyOpening,
} from '../../protocol/partner/index.ts';
import {
  type AnswerMemory,
  type AnswerReport,
  AnswerVerifier,
  type Completeness,
  type EndReason,
  type Listing,
  type ProvenanceQuery,
  type VerifiedRow,
} from '../../protocol/provenance/index.ts';
import { type AgentStatement, isStatementOf, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { AnswerFrame } from './wire.ts';

/** A checked part of an answer. */
export type CheckedPart =
  | { readonly kind: 'row'; readonly checked: Verified<VerifiedRow> }
  | {
      readonly kind: 'opening';
      readonly statementId: string;
      readonly opening: Opening;
      readonly opened: Verified<Opened>;
    }
  | {
      readonly kind: 'end';
      readonly answer: Verified<PartnerAnswer>;
      readonly reasons: readonly EndReason[];
      /** Of the logs of which it was proven. */
      readonly completeness: readonly Completeness[];
      /** Proof of what the answerer's own index lists, when that is more than came. */
      readonly listing: Listing | undefined;
    };

/** Checks the answer to one question. */
export class AnswerCheck {
  readonly #verifier: AnswerVerifier;
  readonly #origins = new Set<string>();
  readonly #sealed = new Map<string, AgentStatement<typeof SEALED_PREDICATE>>();
  readonly #rows = new Map<string, Set<number>>();

  /** `memory`: shared by the answers to one question. */
  constructor(query: ProvenanceQuery, memory?: AnswerMemory) {
    this.#verifier = new AnswerVerifier(query, memory);
  }

  /** Heads that the answer showed. */
  heads(): Verified<Checkpoint>[] {
    return [...this.#origins].map((origin) => this.#verifier.headOf(origin));
  }

  /**
   * The checked part of a frame; undefined for one that only helps to check others. `request` are the bytes of the question, for the end.
   * Throws what is wrong with it, or what the partner says is.
   */
  take(frame: AnswerFrame, request: Uint8Array): CheckedPart | undefined {
    switch (frame.kind) {
      case 'error':
        throw new ZeroError(frame.code, `partner: ${frame.message}`, {
          details: frame.retryMs === undefined ? {} : { retryMs: frame.retryMs },
        });
      case 'opening':
        return this.#opening(frame.statementId, frame.opening);
      case 'answer':
        return this.#end(frame.bytes, request);
      case 'row':
        return this.row(frame.row);
    }
  }

  /** The checked part of a row. */
  row(row: Extract<AnswerFrame, { kind: 'row' }>['row']): Extract<CheckedPart, { kind: 'row' }> | undefined {
    const checked = this.#verifier.push(row);
    if (row.kind === 'head') this.#origins.add(row.origin);
    if (checked === null) return undefined;
    const { statement, statementId } = checked;
    const indexes = this.#rows.get(checked.row.origin) ?? new Set();
    this.#rows.set(checked.row.origin, indexes.add(checked.row.index));
    if (statement !== null && isStatementOf(statement, SEALED_PREDICATE))
      this.#sealed.set(statementId, statement);
    return { kind: 'row', checked };
  }

  /** What the rows came to, after the last of them. Throws for a proof that does not hold. */
  report(): AnswerReport {
    return this.#verifier.finish();
  }

  #opening(statementId: string, opening: Opening): CheckedPart {
    const sealed = this.#sealed.get(statementId);
    if (sealed === undefined)
      throw new ZeroError('DISCLOSURE_INVALID', 'an opening of a statement that is not among the rows');
    return {
      kind: 'opening',
      statementId,
      opening,
      opened: verifyOpening(sealed.statement.predicate, opening),
    };
  }

  #end(bytes: Uint8Array, request: Uint8Array): CheckedPart {
    const answer = verifyAnswer(bytes, request);
    const { end, completeness, listings } = this.report();
    const own = [...(this.#rows.get(answer.origin) ?? [])].sort((a, b) => a - b);
    if (own.join() !== answer.indexes.join())
      throw new ZeroError('PROOF_INVALID', 'the rows are not those that the answer is signed for');
    const isShown = !this.#origins.has(answer.origin)
      ? answer.size === 0
      : isUnder(answer, this.#verifier.headOf(answer.origin));
    if (!isShown) throw new ZeroError('PROOF_INVALID', 'the answer is given from another head than its rows');
    const listing = listings.get(answer.origin);
    return { kind: 'end', answer, reasons: end?.reasons ?? ['aborted'], completeness, listing };
  }
}

function isUnder(answer: PartnerAnswer, head: Checkpoint): boolean {
  return head.size === answer.size && equalBytes(head.root, answer.root);
}

// Statements about conduct, as if verified: reputation reads only what verification hands on. Names stand for agent ids.

import { resultDigest } from '../../protocol/receipt/index.ts';
import { EvidenceBook } from '../../protocol/reputation/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  type AgentStatement,
  COMPARISON_PREDICATE,
  RECEIPT_PREDICATE,
  REPUTATION_EVENT_PREDICATE,
} from '../../protocol/statement/index.ts';
import { makeDeterministic, OBSERVED } from './agents.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const DAY_MS = 86_400_000;

/** Day `n` as text. */
export const onDay = (n: number): string => new Date(START + n * DAY_MS).toISOString();
/** Number of day `n`. */
export const dayNumber = (n: number): number => Math.floor(START / DAY_MS) + n;

/** Makes statements with ids of their own, and keeps all of them. */
export class Evidence {
  readonly all: AgentStatement[] = [];

  #say(predicateType: string, issuer: string, predicate: object, id = `s${this.all.length}`): string {
    const statement = { predicateType, issuer, id, statement: { predicate: { issuer, ...predicate } } };
    this.all.push(statement as unknown as AgentStatement);
    return id;
  }

  /** A receipt of `executor` for `requester`; equal `job` means the same task, another `result` another outcome. */
  receipt(
    executor: string,
    requester: string | null,
    options: { day?: number; job?: string; result?: string } = {},
  ) {
    const { day = 0, job = `${this.all.length}`, result = '6' } = options;
    const deterministic = {
      ...makeDeterministic({ stdoutDigest: `sha256:${result.repeat(64)}` }),
      moduleDigest: `sha256:${job.padStart(64, '0')}`,
    };
    const observed = { ...OBSERVED, requester };
    return {
      id: this.#say(RECEIPT_PREDICATE, executor, { issuedAt: onDay(day), deterministic, observed }),
      executor,
      job,
      deterministic,
      resultDigest: resultDigest(deterministic),
    };
  }

  /** `requester` accepts a task of `executor`: one unit of good evidence. */
  completed(executor: string, requester: string, day = 0): string {
    const receipt = this.receipt(executor, requester, { day });
    return this.accept(receipt, requester, day);
  }

  accept(receipt: ReturnType<Evidence['receipt']>, issuer: string, day = 0): string {
    const { id, executor, resultDigest: result } = receipt;
    return this.#say(ACCEPTANCE_PREDICATE, issuer, {
      issuedAt: onDay(day),
      receipt: id,
      executor,
      resultDigest: result,
    });
  }

  compared(
    issuer: string,
    runs: ReturnType<Evidence['receipt']>[],
    jobDigest: string,
    majority: string,
    day = 0,
  ) {
    return this.#say(COMPARISON_PREDICATE, issuer, {
      issuedAt: onDay(day),
      jobDigest,
      outcome: 'diverged',
      resultDigest: majority,
      runs: runs.map(({ id, executor, resultDigest: result }) => ({
        receipt: id,
        executor,
        resultDigest: result,
      })),
    });
  }

  said(issuer: string, about: string, kind: string, evidence: string[] = [], value = 100, day = 0): string {
    return this.#say(REPUTATION_EVENT_PREDICATE, issuer, {
      issuedAt: onDay(day),
      about,
      kind,
      value,
      evidence,
    });
  }

  /** What follows from all of it, or from a part or order of it. */
  book(statements: readonly AgentStatement[] = this.all): EvidenceBook {
    const book = new EvidenceBook();
    for (const statement of statements) book.offer(statement);
    return book;
  }
}

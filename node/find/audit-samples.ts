// What an index is tried with: a card of the book in its own words, or a question that was really asked here, with a card that was an
// answer to it. An index cannot tell the second kind from any other question. Draws; judges nobody.

import { cardText } from '../../index-service/index.ts';
import { checkCardTime } from '../../protocol/card/index.ts';
import { timeMs } from '../../protocol/fields/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import type { IndexNode } from './index-plan.ts';
import { type FindFilter, QUERY_CHARS_MAX } from './schema.ts';

/** An index has this long to learn of a card before it can be blamed. */
const CARD_AGE_MS_MIN = 120_000;
/** Questions remembered, the last ones. */
const QUESTIONS_MAX = 16;
/** Answers remembered of each. */
const ANSWERS_MAX = 5;

/** A question, and a card that belongs into its answer if it reads near enough. */
export interface Sample {
  readonly text: string;
  readonly filter: FindFilter;
  readonly entry: BookEntry;
}

interface Question {
  readonly text: string;
  readonly filter: FindFilter;
  readonly answers: readonly BookEntry[];
}

export interface AuditSamplesDeps {
  readonly cards: () => BookEntry[];
  readonly clock: Pick<Clock, 'now'>;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Samples for the audit of indexes. */
export class AuditSamples {
  readonly #deps: AuditSamplesDeps;
  readonly #questions: Question[] = [];

  constructor(deps: AuditSamplesDeps) {
    this.#deps = deps;
  }

  /** Remembers a question with the cards that were shown for it. */
  noteAnswer(text: string, filter: FindFilter, answers: readonly BookEntry[]): void {
    if (answers.length === 0) return;
    this.#questions.push({ text, filter, answers: answers.slice(0, ANSWERS_MAX) });
    if (this.#questions.length > QUESTIONS_MAX) this.#questions.shift();
  }

  /** A sample for an index, of either kind as the lot falls; undefined when nothing is known that it must have. */
  draw(node: Pick<IndexNode, 'roles' | 'region'>): Sample | undefined {
    const known = this.#deps.cards().filter((entry) => this.#mustHave(node, entry));
    const asked = this.#deps.random() < 0.5 ? this.#asked(new Set(known)) : undefined;
    if (asked !== undefined) return asked;
    const entry = this.#any(known);
    if (entry === undefined) return undefined;
    return {
      text: cardText(entry.card).slice(0, QUERY_CHARS_MAX),
      filter: { region: entry.card.region },
      entry,
    };
  }

  #asked(known: ReadonlySet<BookEntry>): Sample | undefined {
    const all = this.#questions.flatMap(({ text, filter, answers }) =>
      answers.filter((entry) => known.has(entry)).map((entry) => ({ text, filter, entry })),
    );
    return this.#any(all);
  }

  #any<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#deps.random() * from.length)];
  }

  #mustHave({ roles, region }: Pick<IndexNode, 'roles' | 'region'>, { card }: BookEntry): boolean {
    const now = this.#deps.clock.now();
    const settled = timeMs(card.issuedAt) + CARD_AGE_MS_MIN < now;
    const covered = roles.includes('index') || card.region === region;
    return settled && covered && checkCardTime(card, now) === 'valid';
  }
}

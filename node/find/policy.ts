// The port of policy in discovery: the last word on a card that passed every other check. The default lets everything pass and
// says so; whatever stands in its place, its reason travels with the answer.

import type { BookEntry } from '../cards/card-book.ts';
import type { FindFilter } from './schema.ts';

/** What a policy is asked. */
export interface PolicyQuestion {
  readonly entry: BookEntry;
  /** The caller's constraints; they are checked apart. */
  readonly filter: FindFilter;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A verdict with one sentence that says why. */
export interface PolicyVerdict {
  readonly allow: boolean;
  readonly detail: string;
}

/** One request, from its first candidate to its answer: all of it is decided under one policy. */
export interface DiscoveryDecision {
  /** The last word on a card that passed every other check. One that throws refuses. */
  decide(question: PolicyQuestion): PolicyVerdict | Promise<PolicyVerdict>;
  /** Told of a card that another check refused, and of that check's words. */
  refused?(entry: BookEntry, reason: string): void;
  /** A sentence that lets a card pass although its revocation is unknown: a person said so. Undefined: it stays refused. */
  override?(entry: BookEntry): string | undefined;
  /** Ends it; answers the id of its record, where one is kept. */
  end?(chosen: readonly string[]): string | undefined;
}

/** Decides whether a card may be an answer. */
export interface DiscoveryPolicy extends DiscoveryDecision {
  /** Begins a request: what was asked for, in words. */
  begin?(constraints: Readonly<Record<string, string>>): DiscoveryDecision;
}

/** The policy of a node that has none. */
export const allowAll: DiscoveryPolicy = {
  decide: () => ({ allow: true, detail: 'no policy is set; everything is allowed' }),
};

/** What a request asked for, in words: a decision is recorded with it. */
export function constraintsOf(
  text: string,
  limit: number,
  filter: FindFilter = {},
): Readonly<Record<string, string>> {
  return {
    text,
    limit: String(limit),
    ...Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)])),
  };
}

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

/** Decides whether a card may be an answer. One that throws refuses. */
export interface DiscoveryPolicy {
  decide(question: PolicyQuestion): PolicyVerdict | Promise<PolicyVerdict>;
}

/** The policy of a node that has none. */
export const allowAll: DiscoveryPolicy = {
  decide: () => ({ allow: true, detail: 'no policy is set; everything is allowed' }),
};

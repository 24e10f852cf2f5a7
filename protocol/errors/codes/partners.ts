// Error codes of partners. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const partnerCodes = {
  PARTNER_UNKNOWN: {
    exit: 1,
    http: 404,
    retryable: false,
    summary: 'There is no such partner here.',
    remedy: 'See "zerostate partner list"; both sides have to add each other.',
  },
  PARTNER_REFUSED: {
    exit: 1,
    http: 403,
    retryable: false,
    summary:
      'The partner does not know this node as its partner, or the agreement does not cover what was asked.',
    remedy: 'Ask the partner to run "zerostate partner add" for your agent, then "zerostate partner sync".',
  },
  PARTNER_BUDGET: {
    exit: 1,
    http: 429,
    retryable: true,
    summary: 'The budget of the agreement with this partner is used up.',
    remedy: 'Wait a minute, ask for less, or agree on a larger budget.',
  },
  AGREEMENT_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary:
      'An agreement, a consent or a pass of a partner does not hold: wrong party, out of its time, or older than one known.',
    remedy: 'Agree anew: run "zerostate partner add" on both sides.',
  },
  DISCLOSURE_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'What was disclosed of a sealed statement is not what was committed to.',
    remedy: 'Do not use it, and ask the issuer of the statement.',
  },
} as const satisfies Record<string, ErrorEntry>;

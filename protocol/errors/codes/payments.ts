// Error codes of payments: the ledger, metering and channels. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const paymentCodes = {
  LEDGER_UNBALANCED: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'The lines of a posting do not sum to zero.',
    remedy: 'Post it again with lines that balance; nothing was changed.',
  },
  LEDGER_CONFLICT: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'A posting of that name is in the ledger with other lines.',
    remedy: 'Use another name for another posting; the one in the ledger counts.',
  },
  FUNDS_MISSING: {
    exit: 1,
    http: 402,
    retryable: false,
    summary: 'The account does not hold what is to be taken from it.',
    remedy: 'See "zerostate ledger balance"; on a test network take some with "zerostate ledger issue".',
  },
  PRICE_REFUSED: {
    exit: 1,
    http: 422,
    retryable: false,
    summary: 'What was measured costs more than is paid, or is not sold for that currency.',
    remedy: 'Raise the ceiling or choose a member that asks less.',
  },
  CHANNEL_REFUSED: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'A payment channel does not allow this step.',
    remedy: 'See "zerostate channel show" for how the channel stands.',
  },
} as const satisfies Record<string, ErrorEntry>;

// Error codes of the provenance graph. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const provenanceCodes = {
  ANSWER_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A provenance answer does not fit the question, or its rows do not fit each other.',
    remedy: 'Ask another partner; what verified before it can be used.',
  },
  OMISSION_UNPROVEN: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'What is shown as evidence of an omission does not prove one.',
    remedy: 'Do not act on it; ask who sent it for the whole answer.',
  },
} as const satisfies Record<string, ErrorEntry>;

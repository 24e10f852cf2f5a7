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
  SUBJECT_MISSING: {
    exit: 3,
    http: 422,
    retryable: false,
    summary:
      'No statement in a bundle speaks of the file that it came with, by whom and as what it was asked.',
    remedy:
      'Do not use the file: it is not what the statements are about. Get both again from who made them.',
  },
  OMISSION_UNPROVEN: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'What is shown as evidence of an omission does not prove one.',
    remedy: 'Do not act on it; ask who sent it for the whole answer.',
  },
} as const satisfies Record<string, ErrorEntry>;

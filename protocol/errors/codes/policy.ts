// Error codes of policies and gates. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const policyCodes = {
  POLICY_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A policy does not parse, does not fit the schema, or its bundle has a wrong form.',
    remedy:
      'Read the position in the message; "zerostate policy check FOLDER" checks before anything is applied.',
  },
  POLICY_ROLLBACK: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'A policy bundle is older than what this node has taken, of another line, or below the floor.',
    remedy: 'Sign the content that is wanted as a newer bundle, and apply that.',
  },
  POLICY_EXPIRED: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A policy bundle is not in force at this time.',
    remedy: 'Check the clock of this machine; else have a newer bundle signed.',
  },
  POLICY_UNSIGNED: {
    exit: 3,
    http: 403,
    retryable: false,
    summary: 'This node takes only policy bundles that its configured signers have signed.',
    remedy: 'Sign it with "zerostate policy sign", and apply the file that it writes.',
  },
  QUARANTINED: {
    exit: 3,
    http: 403,
    retryable: false,
    summary: 'A quarantine order that this node obeys keeps it apart.',
    remedy:
      '"zerostate quarantine list" shows the order, who gave it, why, and until when; whoever it names may release it with proof.',
  },
  QUARANTINE_REFUSED: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'A quarantine order or release may not be signed so.',
    remedy:
      'Read the message: a release needs evidence that is held here, and an agent that the order names.',
  },
  POLICY_DENIED: {
    exit: 3,
    http: 403,
    retryable: false,
    summary: 'The policy of the node does not allow it.',
    remedy:
      'Ask the node’s operator; "zerostate why DECISION" on that node says which policy decided, and on what.',
  },
  OVERRIDE_REFUSED: {
    exit: 1,
    http: 409,
    retryable: false,
    summary: 'An override of a revocation gate cannot be given.',
    remedy:
      'An override needs an agent on this node that signs it, a reason, and an end within a day; what is revoked stays refused.',
  },
} as const satisfies Record<string, ErrorEntry>;

// Error codes that the protocol room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const protocolCodes = {
  DECODE_FAILED: {
    exit: 3,
    http: 400,
    retryable: false,
    summary: 'Bytes do not have the expected form.',
    remedy: 'Check that the file or message is complete and of the kind that the command expects.',
  },
  LIMIT_EXCEEDED: {
    exit: 3,
    http: 413,
    retryable: false,
    summary: 'An object is larger or deeper than its limit.',
    remedy: 'Split or shrink the object; docs/reference/limits.md lists every limit.',
  },
  SIGNATURE_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A signature does not verify.',
    remedy: 'Fetch the object again from its author; do not use this copy.',
  },
  KEY_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A public key is malformed, non-canonical or of small order.',
    remedy: 'Make a new key with "zerostate init".',
  },
  PROOF_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A Merkle proof does not lead from what it claims to the signed root.',
    remedy: 'Fetch the proof again from the log; if it fails again, the log or the copy is wrong.',
  },
  NODE_MISSING: {
    exit: 1,
    http: 500,
    retryable: false,
    summary: 'A tree node that a proof needs is not in the store.',
    remedy: "Rebuild the log's tree nodes from its records.",
  },
} as const satisfies Record<string, ErrorEntry>;

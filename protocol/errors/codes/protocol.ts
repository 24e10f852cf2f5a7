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
  SYNC_REFUSED: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: "A partner's answer does not fit what was asked.",
    remedy: 'Ask another partner for the same log; the answer was not stored.',
  },
  CREDIT_EXCEEDED: {
    exit: 3,
    http: 413,
    retryable: false,
    summary: 'A partner sent more bytes than it was granted.',
    remedy: "Lower the partner's budget or stop peering with it; the answer was not stored.",
  },
  LOG_FORKED: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'One log signed two histories that exclude each other.',
    remedy: 'Keep the evidence, stop trusting the log, and show both checkpoints to its partners.',
  },
  KEYCHAIN_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: "An agent's keys do not form a chain from its id.",
    remedy:
      'Resolve the agent again; if it is your own, check that the seed is the one that the last root promised.',
  },
  CARD_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'An agent card contradicts itself or its keys.',
    remedy: 'Resolve the card again; if it is your own, sign it anew from its draft.',
  },
  STATEMENT_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A statement contradicts itself, or its signer may not say what it says.',
    remedy: 'Do not use this statement; ask its issuer for a corrected one.',
  },
  LOG_UNKNOWN: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A policy does not name the log that signed a checkpoint.',
    remedy: "Add a log line with the log's verifier key to the policy, if you trust it.",
  },
  WITNESS_QUORUM_MISSING: {
    exit: 3,
    http: 422,
    retryable: true,
    summary: 'Too few of the witnesses that a policy names vouch for a checkpoint, or too long ago.',
    remedy: 'Ask the log for a checkpoint with newer cosignatures.',
  },
} as const satisfies Record<string, ErrorEntry>;

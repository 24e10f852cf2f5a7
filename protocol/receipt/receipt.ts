// Execution receipts: signs, verifies and compares them. Running a module again is the wasm-runner's work.

import { toHex } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import type { Envelope, Signer } from '../envelope/index.ts';
import type { Keychain } from '../identity/index.ts';
import { canonicalJson, type JsonValue } from '../json/index.ts';
import {
  type AgentStatement,
  RECEIPT_PREDICATE,
  RECEIPT_STATUSES,
  type ReceiptDeterministic,
  type ReceiptObserved,
  type ReceiptPredicate,
  type ReceiptStatus,
  readDeterministic,
  signAgentStatement,
  verifyAgentStatement,
} from '../statement/index.ts';
import type { Verified } from '../verified.ts';
import { signDeterministic } from './joint.ts';

export type { ReceiptDeterministic, ReceiptObserved, ReceiptPredicate, ReceiptStatus };

/** A verified receipt. */
export interface VerifiedReceipt extends AgentStatement<typeof RECEIPT_PREDICATE> {
  readonly receipt: Verified<ReceiptPredicate>;
}

export interface SignReceiptInput {
  readonly keychain: Keychain;
  /** The executor's operational key. */
  readonly signer: Signer;
  /** The ML-DSA-65 key of the same role, exactly when the agent has one. */
  readonly postQuantumSigner?: Signer;
  readonly issuedAt: string;
  readonly deterministic: ReceiptDeterministic;
  readonly observed: ReceiptObserved;
}

/** True for an end that may be signed as a result; TIMEOUT, HOST_OOM, WORKER_CRASH, CANCELLED and OVERLOADED may not. */
export function isReceiptStatus(status: string): status is ReceiptStatus {
  return (RECEIPT_STATUSES as readonly string[]).includes(status);
}

/** Signs a receipt. Errors: DECODE_FAILED (a status that cannot be signed, a malformed digest), SIGNATURE_INVALID, STATEMENT_INVALID. */
export function signReceipt(input: SignReceiptInput): Envelope {
  const { keychain, signer, issuedAt, deterministic, observed } = input;
  return signAgentStatement({
    predicateType: RECEIPT_PREDICATE,
    predicate: {
      issuedAt,
      deterministic,
      observed,
      deterministicSignature: signDeterministic(deterministic, signer),
    },
    keychain,
    signer,
    ...(input.postQuantumSigner === undefined ? {} : { postQuantumSigner: input.postQuantumSigner }),
  });
}

/** The receipt in a statement that was verified already. */
export function receiptOf(verified: AgentStatement<typeof RECEIPT_PREDICATE>): VerifiedReceipt {
  return { ...verified, receipt: verified.statement.predicate as Verified<ReceiptPredicate> };
}

/** Verifies a receipt given as an envelope or as wire bytes. Errors as verifyAgentStatement. */
export function verifyReceipt(input: Envelope | Uint8Array): VerifiedReceipt {
  return receiptOf(verifyAgentStatement(input, RECEIPT_PREDICATE));
}

function digestOf(value: JsonValue): string {
  return `sha256:${toHex(sha256(canonicalJson(value)))}`;
}

/** Digest of what was asked: the deterministic part without its result. Equal for every honest run of one task. */
export function jobDigest(deterministic: ReceiptDeterministic): string {
  const { result: _, ...job } = readDeterministic(deterministic as unknown as JsonValue);
  return digestOf(job as unknown as JsonValue);
}

/** Both digests of a deterministic part that was read already: that of a verified receipt. */
export function receiptDigests({ result, ...job }: ReceiptDeterministic): { job: string; result: string } {
  return { job: digestOf(job as unknown as JsonValue), result: digestOf(result as unknown as JsonValue) };
}

/** Digest of what came out. */
export function resultDigest(deterministic: ReceiptDeterministic): string {
  return digestOf(readDeterministic(deterministic as unknown as JsonValue).result as unknown as JsonValue);
}

/**
 * Two receipts of one job must have one result. 'diverged' is evidence: one of the two executors is wrong, and a third
 * party finds out which by running the job.
 */
export function compareReceipts(
  a: ReceiptDeterministic,
  b: ReceiptDeterministic,
): 'same' | 'diverged' | 'different-jobs' {
  if (jobDigest(a) !== jobDigest(b)) return 'different-jobs';
  return resultDigest(a) === resultDigest(b) ? 'same' : 'diverged';
}

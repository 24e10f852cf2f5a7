// What a witness may cosign: only a head that its newest cosigned head is a prefix of. Pure; the caller stores the new state
// before the cosignature leaves, in one step with the comparison, or two racing requests roll the log back.

import { equalBytes } from '../bytes/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import type { Verified } from '../verified.ts';
import { verifyConsistency } from './check.ts';
import type { Checkpoint } from './checkpoint.ts';
import { EMPTY_ROOT } from './hash.ts';

/** The newest head of a log that a witness has cosigned. */
export interface WitnessState {
  readonly size: number;
  readonly root: Uint8Array;
}

export type WitnessVerdict =
  /** Store `next`, then cosign. */
  | { readonly verdict: 'accept'; readonly next: WitnessState }
  /** The asker knows another size than this witness: answer with `size` (HTTP 409). */
  | { readonly verdict: 'conflict'; readonly size: number }
  /** Not a continuation: LOG_FORKED for one size with two roots, else PROOF_INVALID (HTTP 409 and 422). */
  | { readonly verdict: 'reject'; readonly error: ZeroError };

/** Decides on a request to cosign, by the checks of C2SP tlog-witness in their order. */
export function reviewForCosigning(
  known: WitnessState | null,
  request: { oldSize: number; proof: readonly Uint8Array[]; checkpoint: Verified<Checkpoint> },
): WitnessVerdict {
  const { oldSize, proof, checkpoint } = request;
  const state = known ?? { size: 0, root: EMPTY_ROOT };
  if (oldSize > checkpoint.size)
    return { verdict: 'reject', error: new ZeroError('DECODE_FAILED', 'old size is above the checkpoint') };
  if (oldSize !== state.size) return { verdict: 'conflict', size: state.size };
  const next = { size: checkpoint.size, root: checkpoint.root };
  if (state.size === next.size && !equalBytes(state.root, next.root)) {
    return { verdict: 'reject', error: new ZeroError('LOG_FORKED', 'the log signed two roots for one size') };
  }
  try {
    verifyConsistency({ from: state.size, to: next.size, fromRoot: state.root, toRoot: next.root, proof });
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return { verdict: 'reject', error };
  }
  return { verdict: 'accept', next };
}

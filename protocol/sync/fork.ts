// When a tail does not continue the tree at hand, somebody lied: the partner, or the log. An explicit consistency proof tells which,
// and against the log it is evidence that a stranger can check.

import { equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  type Checkpoint,
  consistencyRoots,
  type EquivocationFinding,
  explicitConsistencyAsync,
  parseCheckpoint,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import type { Verified } from '../verified.ts';
import { encodeSyncMessage } from './codec.ts';
import type { ConsistencyRequest, ConsistencyResponse } from './messages.ts';
import type { TailSource } from './serve.ts';

/** The question to the partner: does its tree begin with the one that I hold a signed head of? */
export function consistencyRequest(own: Verified<Checkpoint>, to: number): ConsistencyRequest {
  return { kind: 'consistency-request', origin: own.origin, from: own.size, to };
}

/** The encoded answer: an explicit proof from the asked size to the newest checkpoint held. Throws SYNC_REFUSED or NODE_MISSING. */
export async function answerConsistency(
  request: ConsistencyRequest,
  source: Omit<TailSource, 'entries'>,
): Promise<Uint8Array> {
  return encodeSyncMessage(await consistencyResponse(request, source));
}

/** The same answer as an object, for who passes objects (the simulator). */
export async function consistencyResponse(
  request: ConsistencyRequest,
  source: Omit<TailSource, 'entries'>,
): Promise<ConsistencyResponse> {
  const { size } = parseCheckpoint(source.checkpoint);
  if (request.from > size) throw new ZeroError('SYNC_REFUSED', 'the asked part of the log is not held here');
  const proof = await explicitConsistencyAsync(request.from, size, source.nodes);
  return { kind: 'consistency-response', checkpoint: source.checkpoint, proof };
}

/**
 * Judges the answer against my own signed head. Returns evidence when the log signed both and they exclude each other; null when they
 * agree, so that it was the partner's tail that was wrong. Throws SIGNATURE_INVALID, PROOF_INVALID or SYNC_REFUSED for a useless answer.
 */
export function judgeConsistency(
  own: Verified<Checkpoint>,
  response: ConsistencyResponse,
): Verified<EquivocationFinding> | null {
  const theirs = verifyNodeCheckpoint(response.checkpoint, own.origin);
  if (own.size === 0 || theirs.size < own.size)
    throw new ZeroError('SYNC_REFUSED', 'the answer says nothing about the asked size');
  if (theirs.size === own.size) {
    return equalBytes(theirs.root, own.root)
      ? null
      : verifyEquivocation({ first: own.text, second: theirs.text, proof: [] });
  }
  const [first, ...rest] = response.proof;
  if (first === undefined) throw new ZeroError('PROOF_INVALID', 'the proof has too few elements');
  const roots = consistencyRoots(own.size, theirs.size, first, rest);
  if (!equalBytes(roots.toRoot, theirs.root))
    throw new ZeroError('PROOF_INVALID', 'the proof does not lead to the second root');
  if (equalBytes(roots.fromRoot, own.root)) return null;
  return verifyEquivocation({ first: own.text, second: theirs.text, proof: response.proof });
}

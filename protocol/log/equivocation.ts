// Evidence that a log signed two histories that exclude each other. It verifies by itself: the log's own two signatures, and, for
// two sizes, the consistency proof that leads to the second root but not to the first. No party need be trusted, nor the finder.

import { equalBytes, fromBase64, toBase64, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { consistencyRoots } from './check.ts';
import { bareCheckpoint, type Checkpoint, parseCheckpoint, verifyNodeCheckpoint } from './checkpoint.ts';
import { requireHash } from './hash.ts';
import {
  type AsyncHashReader,
  type HashReader,
  planExplicitConsistency,
  readPlan,
  readPlanAsync,
} from './prove.ts';
import { isPowerOfTwo } from './size.ts';

/** Bytes of an evidence file: two checkpoints with their cosignatures, and 54 hashes. Two bare ones of a million entries: < 2 KiB. */
export const EVIDENCE_BYTES_MAX = 65_536;
const ELEMENTS_MAX = 64;
export const EVIDENCE_KIND = 'zerostate-equivocation/v1';

/** Two checkpoints of one log, the smaller first, and the explicit proof between them (empty for equal sizes). */
export interface Equivocation {
  readonly first: string;
  readonly second: string;
  readonly proof: readonly Uint8Array[];
}

/** What verified evidence says. */
export interface EquivocationFinding extends Equivocation {
  readonly origin: string;
  readonly firstCheckpoint: Checkpoint;
  readonly secondCheckpoint: Checkpoint;
}

/**
 * Explicit consistency proof: like RFC 6962's, with the first element always there, even when the first tree is one complete
 * subtree. Only so can it show which root the second tree really has at the first size.
 */
export function explicitConsistency(from: number, to: number, nodes: HashReader): Uint8Array[] {
  return readPlan(planExplicitConsistency(from, to), nodes);
}

/** explicitConsistency over asynchronous storage. */
export function explicitConsistencyAsync(
  from: number,
  to: number,
  nodes: AsyncHashReader,
): Promise<Uint8Array[]> {
  return readPlanAsync(planExplicitConsistency(from, to), nodes);
}

/** The explicit form turned into RFC 6962's, for verifyConsistency. */
export function implicitConsistency(
  from: number,
  to: number,
  explicit: readonly Uint8Array[],
): readonly Uint8Array[] {
  return from === to || from === 0 || isPowerOfTwo(from) ? explicit.slice(1) : explicit;
}

/** Checks evidence under the log's own key (its origin names it). Throws PROOF_INVALID when the two do not exclude each other. */
export function verifyEquivocation(evidence: Equivocation): Verified<EquivocationFinding> {
  const first = parseCheckpoint(evidence.first);
  const second = parseCheckpoint(evidence.second);
  if (first.origin !== second.origin) throw new ZeroError('PROOF_INVALID', 'the checkpoints are of two logs');
  if (first.size > second.size) throw new ZeroError('PROOF_INVALID', 'the smaller checkpoint comes first');
  verifyNodeCheckpoint(evidence.first, first.origin);
  verifyNodeCheckpoint(evidence.second, first.origin);
  if (first.size === second.size) {
    if (evidence.proof.length !== 0) throw new ZeroError('PROOF_INVALID', 'equal sizes need no proof');
    if (equalBytes(first.root, second.root)) throw new ZeroError('PROOF_INVALID', 'the checkpoints agree');
  } else {
    checkContradiction(first, second, evidence.proof);
  }
  return markVerified({
    ...evidence,
    origin: first.origin,
    firstCheckpoint: first,
    secondCheckpoint: second,
  });
}

/**
 * The same evidence without anybody's cosignatures, which prove nothing more: below 2 KiB for logs of fewer than 2^28 entries, as long as
 * the heads have no extension lines. Throws as verifyEquivocation.
 */
export function bareEquivocation(evidence: Equivocation): Verified<EquivocationFinding> {
  const { first, second, proof } = evidence;
  return verifyEquivocation({ first: bareCheckpoint(first), second: bareCheckpoint(second), proof });
}

function checkContradiction(first: Checkpoint, second: Checkpoint, proof: readonly Uint8Array[]): void {
  const [start, ...rest] = proof;
  if (first.size === 0 || start === undefined)
    throw new ZeroError('PROOF_INVALID', 'an empty log excludes nothing');
  const roots = consistencyRoots(first.size, second.size, start, rest);
  if (!equalBytes(roots.toRoot, second.root))
    throw new ZeroError('PROOF_INVALID', 'the proof does not lead to the second root');
  if (equalBytes(roots.fromRoot, first.root)) throw new ZeroError('PROOF_INVALID', 'the checkpoints agree');
}

/**
 * Compares a signed head with a tree at hand of the same size or larger, whose own signed head is `own`. Returns the evidence when
 * they exclude each other, null when the head is a prefix. Throws NODE_MISSING when the store is damaged.
 */
export async function findEquivocation(
  head: Verified<Checkpoint>,
  own: Verified<Checkpoint>,
  nodes: AsyncHashReader,
): Promise<Verified<EquivocationFinding> | null> {
  if (head.size > own.size) throw new ZeroError('PROOF_INVALID', 'the head is beyond the tree at hand');
  if (head.size === 0) return null;
  if (head.size === own.size) {
    return equalBytes(head.root, own.root)
      ? null
      : verifyEquivocation({ first: head.text, second: own.text, proof: [] });
  }
  const proof = await explicitConsistencyAsync(head.size, own.size, nodes);
  const { fromRoot } = consistencyRoots(head.size, own.size, proof[0]!, proof.slice(1));
  return equalBytes(fromRoot, head.root)
    ? null
    : verifyEquivocation({ first: head.text, second: own.text, proof });
}

/** Bytes of an evidence file (JSON). */
export function encodeEquivocation(evidence: Equivocation): Uint8Array {
  const proof = evidence.proof.map(toBase64);
  return utf8(JSON.stringify({ kind: EVIDENCE_KIND, first: evidence.first, second: evidence.second, proof }));
}

/** Parses an evidence file; verifyEquivocation decides whether it is evidence. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeEquivocation(input: string | Uint8Array): Equivocation {
  const value = parseStrictJson(input, { bytesMax: EVIDENCE_BYTES_MAX, depthMax: 2 });
  if (!isJsonObject(value) || value.kind !== EVIDENCE_KIND)
    throw new ZeroError('DECODE_FAILED', 'not equivocation evidence');
  const { first, second, proof } = value;
  if (typeof first !== 'string' || typeof second !== 'string' || !Array.isArray(proof)) {
    throw new ZeroError('DECODE_FAILED', 'equivocation evidence lacks a part');
  }
  if (proof.length > ELEMENTS_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'proof has too many elements');
  const elements = proof.map((hash) => {
    if (typeof hash !== 'string') throw new ZeroError('DECODE_FAILED', 'proof element is not a string');
    return requireHash(fromBase64(hash), 'proof element');
  });
  return { first, second, proof: elements };
}

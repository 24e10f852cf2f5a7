// C2SP tlog-proof: a portable text that proves "this record is in that log", to be kept beside what it is about (`*.tlog-proof`).

import { fromBase64, toBase64 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Verified } from '../verified.ts';
import { verifyInclusion } from './check.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { requireHash } from './hash.ts';
import { decodeText, NOTE_BYTES_MAX } from './note.ts';
import { parseSize, requireSize } from './size.ts';

/** Elements of an inclusion proof: a tree below 2^53 leaves is at most 53 levels deep. */
export const INCLUSION_ELEMENTS_MAX = 53;
/** Bytes of the extra data, which nothing authenticates. */
export const PROOF_EXTRA_BYTES_MAX = 4096;
/** Bytes of a proof file. */
export const PROOF_FILE_BYTES_MAX: number = NOTE_BYTES_MAX + 16_384;

const HEADER = 'c2sp.org/tlog-proof@v1';

/** A parsed proof file. Nothing of it is verified yet. */
export interface LogProof {
  readonly index: number;
  /** Sibling hashes, leaf's first. */
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: Checkpoint;
  /** Opaque and unauthenticated. */
  readonly extra: Uint8Array | null;
}

/** Text of a proof file. `checkpoint` is the note as signed. Throws DECODE_FAILED or LIMIT_EXCEEDED on parts out of form. */
export function encodeProof(parts: {
  index: number;
  proof: readonly Uint8Array[];
  checkpoint: string;
  extra?: Uint8Array | null;
}): string {
  const extra = parts.extra == null ? [] : [`extra ${toBase64(parts.extra)}`];
  const hashes = parts.proof.map((hash) => toBase64(requireHash(hash, 'proof element')));
  const index = requireSize(parts.index, 'leaf index');
  const text = [HEADER, ...extra, `index ${index}`, ...hashes, '', parts.checkpoint].join('\n');
  decodeProof(text);
  return text;
}

/** Parses a proof file. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeProof(input: string | Uint8Array): LogProof {
  const text = decodeText(input, PROOF_FILE_BYTES_MAX);
  const split = text.indexOf('\n\n');
  if (split < 0) throw new ZeroError('DECODE_FAILED', 'proof has no checkpoint');
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== HEADER) throw new ZeroError('DECODE_FAILED', 'not a tlog-proof');
  const extra = lines[0]?.startsWith('extra ') ? readExtra(lines.shift() as string) : null;
  const indexLine = lines.shift();
  if (indexLine === undefined || !indexLine.startsWith('index '))
    throw new ZeroError('DECODE_FAILED', 'proof has no index');
  if (lines.length > INCLUSION_ELEMENTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', 'proof has too many elements');
  return {
    index: parseSize(indexLine.slice('index '.length), 'leaf index'),
    proof: lines.map((line) => requireHash(fromBase64(line), 'proof element')),
    checkpoint: parseCheckpoint(text.slice(split + 2)),
    extra,
  };
}

function readExtra(line: string): Uint8Array {
  const extra = fromBase64(line.slice('extra '.length));
  if (extra.length > PROOF_EXTRA_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', 'proof extra data is too long');
  return extra;
}

/**
 * Checks that a leaf is in the log of a proof. The caller decides whom to trust: `trust` verifies the checkpoint (a known key, a
 * policy) and returns it. Throws what `trust` throws, PROOF_INVALID or DECODE_FAILED.
 */
export function verifyProof<C extends Verified<Checkpoint>>(
  proof: LogProof,
  leaf: Uint8Array,
  trust: (checkpoint: Checkpoint) => C,
): C {
  const checkpoint = trust(proof.checkpoint);
  verifyInclusion({
    leafHash: leaf,
    index: proof.index,
    size: checkpoint.size,
    proof: proof.proof,
    root: checkpoint.root,
  });
  return checkpoint;
}

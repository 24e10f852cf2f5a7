// The messages of C2SP tlog-witness: a log, or anybody who follows it, asks a witness to cosign a head. Bytes only; what may be cosigned
// witness.ts decides, and the transport (HTTP, libp2p) is the caller's.

import { fromBase64, toBase64 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { requireHash } from './hash.ts';
import { decodeText, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX } from './note.ts';
import { parseSize, requireSize } from './size.ts';

/** Elements of the consistency proof, by the specification. */
const ELEMENTS_MAX = 63;
/** Bytes of a request: a note, the proof, and the size. */
export const ADD_CHECKPOINT_BYTES_MAX: number = NOTE_BYTES_MAX + 4096;
/** Bytes of an answer: a cosignature by a node has some 250. */
export const COSIGNATURES_BYTES_MAX = 16_384;
/** Content type of the answer to a request whose old size the witness does not share: its own size follows. */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size';

/** A request to cosign `checkpoint`, which the tree of `oldSize` is a prefix of by `proof`. */
export interface AddCheckpoint {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** Text of a request. */
export function encodeAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  const hashes = proof.map((hash) => toBase64(requireHash(hash, 'proof element')));
  return [`old ${requireSize(oldSize, 'old size')}`, ...hashes, '', checkpoint].join('\n');
}

/** Parses a request; nothing of it is verified. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeAddCheckpoint(input: string | Uint8Array): AddCheckpoint {
  const text = decodeText(input, ADD_CHECKPOINT_BYTES_MAX);
  const split = text.indexOf('\n\n');
  if (split < 0) throw new ZeroError('DECODE_FAILED', 'the request has no checkpoint');
  const [first, ...hashes] = text.slice(0, split).split('\n');
  if (first === undefined || !first.startsWith('old '))
    throw new ZeroError('DECODE_FAILED', 'the request does not begin with the old size');
  if (hashes.length > ELEMENTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `the proof has more than ${ELEMENTS_MAX} elements`);
  return {
    oldSize: parseSize(first.slice('old '.length), 'old size'),
    proof: hashes.map((line) => requireHash(fromBase64(line), 'proof element')),
    checkpoint: text.slice(split + 2),
  };
}

/** Signature lines of a witness's answer, each with its newline. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeCosignatures(input: string | Uint8Array): string[] {
  const text = decodeText(input, COSIGNATURES_BYTES_MAX);
  if (!text.endsWith('\n')) throw new ZeroError('DECODE_FAILED', 'the answer ends within a line');
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'too many cosignatures');
  return lines.map((line) => {
    if (!line.startsWith('— ')) throw new ZeroError('DECODE_FAILED', 'the answer holds no cosignature');
    return `${line}\n`;
  });
}

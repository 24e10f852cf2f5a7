// Files that are one text line, a length, and Deflate: what begins so says its kind, and is bounded before it is trusted with memory. The
// container of bundles and capsules; what is in it is theirs.

import { deflateSync, inflateSync } from 'fflate/browser';
import { concatBytes, equalBytes, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

/** Level of Deflate: beyond it files get a percent smaller for twice the time. */
const DEFLATE_LEVEL = 7;
const LENGTH_BYTES = 4;
/** Deflate makes at most 1,032 bytes of one (258 of two bits). */
const INFLATE_RATIO_MAX = 1_032;

/** A kind of packed file. */
export interface PackedForm {
  /** What it is called in errors. */
  readonly name: string;
  /** The first line, with its newline. */
  readonly start: string;
  /** Bytes once it is unpacked. */
  readonly bytesMax: number;
}

/** Packs. Throws LIMIT_EXCEEDED. */
export function pack({ bytesMax, name, start }: PackedForm, plain: Uint8Array): Uint8Array {
  if (plain.length > bytesMax)
    throw new ZeroError('LIMIT_EXCEEDED', `a ${name} has at most ${bytesMax} bytes`);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, plain.length);
  return concatBytes(utf8(start), length, deflateSync(plain, { level: DEFLATE_LEVEL }));
}

/** True for bytes that begin as this kind does. */
export function isPacked({ start }: PackedForm, bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, start.length), utf8(start));
}

function inflates(packed: Uint8Array, out: Uint8Array): boolean {
  try {
    inflateSync(packed, { out });
    return true;
  } catch {
    return false;
  }
}

/** Unpacks; takes no more memory than the form allows. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function unpack(form: PackedForm, bytes: Uint8Array): Uint8Array {
  const { bytesMax, name, start: line } = form;
  const refuse = (message: string): never => {
    throw new ZeroError('DECODE_FAILED', `${name}: ${message}`);
  };
  if (!isPacked(form, bytes)) refuse('it begins otherwise');
  const start = line.length;
  if (bytes.length < start + LENGTH_BYTES) refuse('it is cut off');
  const length = new DataView(bytes.buffer, bytes.byteOffset + start, LENGTH_BYTES).getUint32(0);
  if (length > bytesMax) throw new ZeroError('LIMIT_EXCEEDED', `${name} is longer than ${bytesMax} bytes`);
  const packed = bytes.subarray(start + LENGTH_BYTES);
  if (length > packed.length * INFLATE_RATIO_MAX) refuse('it cannot become as long as it says');
  // One byte more than it may have: a longer one shows, and none grows the buffer.
  const out = new Uint8Array(length + 1);
  // What ends before its last byte has something behind it that nobody would look at.
  if (packed.length > 0 && inflates(packed.subarray(0, -1), out)) refuse('something is behind its end');
  let plain: Uint8Array;
  try {
    plain = inflateSync(packed, { out });
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${name}: it cannot be unpacked`, { cause });
  }
  return plain.length === length ? plain : refuse('it has another length than it says');
}

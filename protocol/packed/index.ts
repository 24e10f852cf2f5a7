// Files that are one text line, a length, and Deflate: what begins so says its kind, and is bounded before it is trusted with memory. The
// container of bundles and capsules; what is in it is theirs.

import { deflateSync, Inflate, inflateSync } from 'fflate/browser';
import { concatBytes, equalBytes, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

/** Level of Deflate: beyond it files get a percent smaller for twice the time. */
const DEFLATE_LEVEL = 7;
const LENGTH_BYTES = 4;
/** Deflate makes at most 1,032 bytes of one (258 of two bits). */
const INFLATE_RATIO_MAX = 1_032;
/** Bytes that are unpacked at a time: they become 17 million at most, before it is looked whether that is too much. */
const STEP_BYTES = 16_384;
/** Steps in a row that may bring nothing: a block that is stored as it is comes whole, and has at most 65,540 bytes. */
const IDLE_STEPS_MAX = 5;

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

/** Unpacks into `out`, step by step, and answers whether that is filled and nothing is left. Throws what is no Deflate. */
function fills(packed: Uint8Array, out: Uint8Array): boolean {
  let filled = 0;
  let idle = 0;
  const stream = new Inflate((part) => {
    if (part.length <= out.length - filled) out.set(part, filled);
    filled += part.length;
    idle = part.length === 0 ? idle + 1 : 0;
  });
  // At least one step: of nothing at all, nothing can be unpacked.
  for (let at = 0; at === 0 || at < packed.length; at += STEP_BYTES) {
    stream.push(packed.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= packed.length);
    if (filled > out.length || idle > IDLE_STEPS_MAX) return false;
  }
  return filled === out.length;
}

/** Unpacks; takes no more memory than the form allows, and no longer than that much takes. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
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
  const plain = new Uint8Array(length);
  let isWhole: boolean;
  try {
    isWhole = fills(packed, plain);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${name}: it cannot be unpacked`, { cause });
  }
  if (!isWhole) refuse('it has another length than it says');
  // What ends before its last byte has something behind it that nobody would look at.
  if (inflates(packed.subarray(0, -1), plain)) refuse('something is behind its end');
  return plain;
}

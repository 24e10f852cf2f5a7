// The messages of Bitswap 1.2.0 (https://specs.ipfs.tech/bitswap-protocol/), written and read by hand: protobuf, strictly bounded.
// Reading never allocates by what a peer claims, only by what it sent; unknown fields are skipped, as protobuf asks.

import { concatBytes } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { ITEMS_MAX, WANTS_MAX } from './limits.ts';

/** One want of a peer. */
export interface Want {
  readonly cid: Uint8Array;
  readonly cancel: boolean;
  /** True: say only whether you have it. */
  readonly haveOnly: boolean;
  /** True: say also when you do not have it. */
  readonly sayMissing: boolean;
}

export interface MessageBlock {
  /** The content id without its digest. */
  readonly prefix: Uint8Array;
  readonly data: Uint8Array;
}

export interface Presence {
  readonly cid: Uint8Array;
  readonly has: boolean;
}

export interface BitswapMessage {
  readonly wants: readonly Want[];
  readonly blocks: readonly MessageBlock[];
  readonly presences: readonly Presence[];
  /** A frame that carries the trace of whoever wants something (node/tracing); not of Bitswap, whose other speakers skip it. */
  readonly trace?: Uint8Array | undefined;
}

/** Number of the field of a trace: far above those that Bitswap counts up to. */
const TRACE_FIELD = 1_717;
/** Bytes of a trace frame, with room. */
const TRACE_BYTES_MAX = 128;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Writes a message. */
export function encodeMessage(message: Partial<BitswapMessage>): Uint8Array {
  const parts: Uint8Array[] = [];
  const { wants = [], blocks = [], presences = [], trace } = message;
  if (wants.length > 0) {
    const entries = wants.map((want) => {
      const fields = [bytesField(1, want.cid), varintField(2, 1)];
      if (want.cancel) fields.push(varintField(3, 1));
      if (want.haveOnly) fields.push(varintField(4, 1));
      if (want.sayMissing) fields.push(varintField(5, 1));
      return bytesField(1, concatBytes(...fields));
    });
    parts.push(bytesField(1, concatBytes(...entries)));
  }
  for (const { prefix, data } of blocks)
    parts.push(bytesField(3, concatBytes(bytesField(1, prefix), bytesField(2, data))));
  for (const { cid, has } of presences)
    parts.push(bytesField(4, concatBytes(bytesField(1, cid), varintField(2, has ? 0 : 1))));
  if (trace !== undefined) parts.push(bytesField(TRACE_FIELD, trace));
  return concatBytes(...parts);
}

/** Reads a message of a stranger. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeMessage(bytes: Uint8Array): BitswapMessage {
  const wants: Want[] = [];
  const blocks: MessageBlock[] = [];
  const presences: Presence[] = [];
  let trace: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.type === BYTES) readWants(field.bytes, wants);
    else if (field.number === 3 && field.type === BYTES) push(blocks, readBlock(field.bytes), ITEMS_MAX);
    else if (field.number === 4 && field.type === BYTES)
      push(presences, readPresence(field.bytes), ITEMS_MAX);
    else if (field.number === TRACE_FIELD && field.type === BYTES && field.bytes.length <= TRACE_BYTES_MAX)
      trace = field.bytes;
  }
  return { wants, blocks, presences, ...(trace === undefined ? {} : { trace }) };
}

function push<T>(list: T[], item: T, most: number): void {
  if (list.length >= most) throw new ZeroError('LIMIT_EXCEEDED', 'a bitswap message has too many items');
  list.push(item);
}

function readWants(bytes: Uint8Array, wants: Want[]): void {
  for (const field of fieldsOf(bytes)) {
    if (field.number !== 1 || field.type !== BYTES) continue;
    let cid: Uint8Array = new Uint8Array();
    const flags = { cancel: false, haveOnly: false, sayMissing: false };
    for (const { number, type, value, bytes: inner } of fieldsOf(field.bytes)) {
      if (number === 1 && type === BYTES) cid = inner;
      else if (number === 3 && type === VARINT) flags.cancel = value !== 0;
      else if (number === 4 && type === VARINT) flags.haveOnly = value === 1;
      else if (number === 5 && type === VARINT) flags.sayMissing = value !== 0;
    }
    push(wants, { cid, ...flags }, WANTS_MAX);
  }
}

function readBlock(bytes: Uint8Array): MessageBlock {
  let prefix: Uint8Array = new Uint8Array();
  let data: Uint8Array = new Uint8Array();
  for (const { number, type, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1 && type === BYTES) prefix = inner;
    else if (number === 2 && type === BYTES) data = inner;
  }
  return { prefix, data };
}

function readPresence(bytes: Uint8Array): Presence {
  let cid: Uint8Array = new Uint8Array();
  let has = true;
  for (const { number, type, value, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1 && type === BYTES) cid = inner;
    else if (number === 2 && type === VARINT) has = value === 0;
  }
  return { cid, has };
}

interface Field {
  readonly number: number;
  readonly type: number;
  /** Of a varint. */
  readonly value: number;
  /** Of a length-delimited field: a view, not a copy. */
  readonly bytes: Uint8Array;
}

const NONE = new Uint8Array();

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    // Ten bytes hold 64 bits; what is above 2^53 is no length and no flag of this protocol, its exact value does not matter.
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new ZeroError('DECODE_FAILED', 'a bitswap message ends within a number');
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === VARINT) {
      yield { number, type, value: varint(), bytes: NONE };
      continue;
    }
    const length = type === BYTES ? varint() : type === FIXED64 ? 8 : type === FIXED32 ? 4 : -1;
    if (length < 0 || length > bytes.length - at)
      throw new ZeroError('DECODE_FAILED', 'a bitswap message ends within a field');
    yield { number, type, value: 0, bytes: bytes.subarray(at, at + length) };
    at += length;
  }
}

function varintBytes(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest]);
    out.push((rest % 128) + 128);
  }
}

function varintField(number: number, value: number): Uint8Array {
  return concatBytes(varintBytes(number * 8 + VARINT), varintBytes(value));
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(varintBytes(number * 8 + BYTES), varintBytes(bytes.length), bytes);
}

// Turns a metered module and a tape into a module without imports: each imported function becomes one that plays the tape. It folds every
// argument that it is given, and every byte for standard output, into a 64-bit hash, so that a guest that asks or prints anything else shows.
// The functions stand where the imports stood, so no index shifts and the guest's own code stays byte for byte the same.

import { ByteReader } from '../../../wasm-runner/meter/byte-reader.ts';
import { ByteWriter } from '../../../wasm-runner/meter/byte-writer.ts';
import { type Outline, packCounter, readOutline } from '../../../wasm-runner/meter/index.ts';
import { CROSS_FUEL, CROSS_STACK_BYTES } from './cross-run.ts';
import type { Tape, TapedCall } from './tape.ts';

/** Export of the hash. */
export const TAPE_EXPORT = 'tape';

const IMPORTS = 2;
const FUNCTIONS = 3;
const GLOBALS = 6;
const EXPORTS = 7;
const CODE = 10;
const DATA = 11;
const DATA_COUNT = 12;
const ORDER = [1, IMPORTS, FUNCTIONS, 4, 5, GLOBALS, EXPORTS, 8, 9, DATA_COUNT, CODE, DATA];
const I32 = 0x7f;
const I64 = 0x7e;

/** FNV-1a with 64 bits. */
const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

const fold = (hash: bigint, value: bigint): bigint =>
  BigInt.asUintN(64, (hash ^ BigInt.asUintN(64, value)) * PRIME);

/** The hash that a faithful guest leaves. */
export function tapeHash({ calls }: Tape, { imports }: Outline): bigint {
  let hash = OFFSET;
  for (const { name, args, printed } of calls) {
    hash = fold(hash, BigInt(imports.findIndex((item) => item.name === name)));
    for (const arg of args) hash = fold(hash, BigInt(arg));
    for (const byte of printed) hash = fold(hash, BigInt(byte));
  }
  return hash;
}

/** The globals that the meter appends, as it writes them: an i64 and three i32, mutable, zero. */
const APPENDED = [I64, 1, 0x42, 0, 0x0b, ...[0, 0, 0].flatMap(() => [I32, 1, 0x41, 0, 0x0b])];

/** Writes the metered module's globals with the values that the runner would set: another engine sets none. Leaves room for `more` globals. */
export function writeGlobals(out: ByteWriter, metered: Uint8Array, outline: Outline, more: number): void {
  const { start, end } = outline.sections.get(GLOBALS)!;
  const kept = end - APPENDED.length;
  if (APPENDED.some((byte, index) => metered[kept + index] !== byte))
    throw new Error('the meter writes its globals in another form');
  const reader = new ByteReader(metered, start, end);
  out.u32(reader.u32() + more);
  out.copy(metered, reader.at, kept);
  out.raw(I64, 1, 0x42);
  out.signedBig(packCounter(CROSS_FUEL, CROSS_STACK_BYTES));
  out.raw(0x0b, I32, 1, 0x41);
  out.signed(4_096); // pages
  out.raw(0x0b, I32, 1, 0x41);
  out.signed(1_000_000); // table elements
  out.raw(0x0b, I32, 1, 0x41, 0, 0x0b);
}

/** A module that plays the tape. */
export function tapeModule(metered: Uint8Array, tape: Tape): Uint8Array<ArrayBuffer> {
  const outline = readOutline(metered);
  const { imports, sections } = outline;
  const out = new ByteWriter(metered.length + 65_536);
  out.copy(metered, 0, 8);
  const places = new Map<TapedCall['writes'][number], number>();
  let tapeBytes = 0;
  for (const { writes } of tape.calls)
    for (const write of writes) {
      places.set(write, tapeBytes);
      tapeBytes += write.bytes.length;
    }
  const dataCount = countOf(metered, outline, DATA);
  /** Copies a counted section with `more` items, those of `first` before and those of `last` behind its own. */
  const counted = (id: number, more: number, first: () => void, last: () => void): void => {
    const range = sections.get(id);
    out.u32(countOf(metered, outline, id) + more);
    first();
    if (range !== undefined) {
      const reader = new ByteReader(metered, range.start, range.end);
      reader.u32();
      out.copy(metered, reader.at, range.end);
    }
    last();
  };
  const nothing = (): void => {};
  const writers: Readonly<Record<number, () => void>> = {
    [FUNCTIONS]: () =>
      counted(
        FUNCTIONS,
        imports.length,
        () => {
          for (const index of imports.keys()) out.u32(outline.functions[index]!);
        },
        nothing,
      ),
    [GLOBALS]: () => {
      writeGlobals(out, metered, outline, 2);
      out.raw(I64, 1, 0x42);
      out.signedBig(BigInt.asIntN(64, OFFSET));
      out.raw(0x0b, I32, 1, 0x41, 0, 0x0b);
    },
    [EXPORTS]: () =>
      counted(EXPORTS, 1, nothing, () => {
        out.name(TAPE_EXPORT);
        out.byte(3);
        out.u32(outline.globals);
      }),
    [DATA_COUNT]: () => out.u32(dataCount + 1),
    [CODE]: () =>
      counted(
        CODE,
        imports.length,
        () =>
          imports.forEach((item, index) => {
            const body = out.openLength();
            const played = tape.calls.flatMap((call, at) => (call.name === item.name ? [{ call, at }] : []));
            writePlayer(out, outline, index, played, (write) => places.get(write)!, dataCount);
            out.closeLength(body);
          }),
        nothing,
      ),
    [DATA]: () =>
      counted(DATA, 1, nothing, () => {
        out.byte(1);
        out.u32(tapeBytes);
        for (const write of places.keys()) out.copy(write.bytes, 0, write.bytes.length);
      }),
  };
  for (const id of ORDER) {
    const range = sections.get(id);
    const write = writers[id];
    if (id === IMPORTS || (range === undefined && write === undefined)) continue;
    out.byte(id);
    const length = out.openLength();
    if (write === undefined) out.copy(metered, range!.start, range!.end);
    else write();
    out.closeLength(length);
  }
  return out.finish();
}

function countOf(metered: Uint8Array, { sections }: Outline, id: number): number {
  const range = sections.get(id);
  return range === undefined ? 0 : new ByteReader(metered, range.start, range.end).u32();
}

/** The body of one function: fold what it is given, then answer as the tape says for this call. */
function writePlayer(
  out: ByteWriter,
  outline: Outline,
  index: number,
  played: readonly { readonly call: TapedCall; readonly at: number }[],
  placeOf: (write: TapedCall['writes'][number]) => number,
  segment: number,
): void {
  const { name, type } = outline.imports[index]!;
  const hash = outline.globals;
  const ordinal = hash + 1;
  const params = type.params.length;
  out.raw(1, 3, I32);
  const foldTop = (): void => {
    // The value is on the stack: hash = (hash ^ value) * prime.
    out.byte(0x23);
    out.u32(hash);
    out.raw(0x85, 0x42);
    out.signedBig(PRIME);
    out.raw(0x7e, 0x24);
    out.u32(hash);
  };
  out.byte(0x42);
  out.signed(index);
  foldTop();
  for (const [param, valueType] of type.params.entries()) {
    out.raw(0x20, param);
    if (valueType === I32) out.byte(0xac);
    foldTop();
  }
  if (name === 'fd_write') writePrinted(out, params, foldTop);
  for (const { call, at } of played) {
    out.byte(0x23);
    out.u32(ordinal);
    out.byte(0x41);
    out.signed(at);
    out.raw(0x46, 0x04, 0x40, 0x41);
    out.signed(at + 1);
    out.byte(0x24);
    out.u32(ordinal);
    for (const write of call.writes) {
      for (const value of [write.at | 0, placeOf(write), write.bytes.length]) {
        out.byte(0x41);
        out.signed(value);
      }
      out.raw(0xfc, 8);
      out.u32(segment);
      out.byte(0);
    }
    if (type.results.length > 0) {
      out.byte(0x41);
      out.signed(call.errno);
    }
    out.raw(0x0f, 0x0b);
  }
  out.raw(0x00, 0x0b);
}

/** Folds the bytes of every vector when the descriptor is standard output. Locals: vector, byte, end of bytes. */
function writePrinted(out: ByteWriter, params: number, foldTop: () => void): void {
  const [vector, byte, end] = [params, params + 1, params + 2];
  out.raw(0x20, 0, 0x41, 1, 0x46, 0x04, 0x40); // if fd == 1
  out.raw(0x20, 1, 0x21, vector, 0x02, 0x40, 0x03, 0x40); // vector = list; block loop
  out.raw(0x20, vector, 0x20, 1, 0x20, 2, 0x41, 3, 0x74, 0x6a, 0x4f, 0x0d, 1); // leave at list + count * 8
  out.raw(0x20, vector, 0x28, 2, 0, 0x22, byte, 0x20, vector, 0x28, 2, 4, 0x6a, 0x21, end);
  out.raw(0x02, 0x40, 0x03, 0x40, 0x20, byte, 0x20, end, 0x4f, 0x0d, 1); // block loop: leave at end
  out.raw(0x20, byte, 0x31, 0, 0); // i64.load8_u
  foldTop();
  out.raw(0x20, byte, 0x41, 1, 0x6a, 0x21, byte, 0x0c, 0, 0x0b, 0x0b);
  out.raw(0x20, vector, 0x41, 8, 0x6a, 0x21, vector, 0x0c, 0, 0x0b, 0x0b, 0x0b);
}

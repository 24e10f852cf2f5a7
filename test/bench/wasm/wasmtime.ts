// A second engine: wasmtime inside the wizer package runs `_start` and writes the module back with the globals that it left.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ByteReader } from '../../../wasm-runner/meter/byte-reader.ts';
import { ByteWriter } from '../../../wasm-runner/meter/byte-writer.ts';
import {
  METER_EXPORTS,
  meter,
  packCounter,
  readOutline,
  unpackCounter,
} from '../../../wasm-runner/meter/index.ts';
import { CROSS_FUEL, CROSS_STACK_BYTES, digest, type Outcome } from './cross-run.ts';

const GLOBAL_SECTION = 6;
/** The globals that the meter appends, as it writes them: an i64 and three i32, mutable, zero. */
const APPENDED = [
  0x7e, 1, 0x42, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b,
];

/** The metered module with the initial values that the runner would set: here nobody else does. */
function withInitialValues(metered: Uint8Array): Uint8Array {
  const { start, end } = readOutline(metered).sections.get(GLOBAL_SECTION)!;
  const kept = end - APPENDED.length;
  if (APPENDED.some((byte, index) => metered[kept + index] !== byte))
    throw new Error('the meter writes its globals in another form');
  const reader = new ByteReader(metered, start, end);
  const count = reader.u32();
  const out = new ByteWriter(metered.length + 64);
  // The section's own header stands before its content: one id byte and a padded length.
  out.copy(metered, 0, start - 6);
  out.byte(GLOBAL_SECTION);
  const length = out.openLength();
  out.u32(count);
  out.copy(metered, reader.at, kept);
  out.raw(0x7e, 1, 0x42);
  out.signedBig(packCounter(CROSS_FUEL, CROSS_STACK_BYTES));
  out.raw(0x0b, 0x7f, 1, 0x41);
  out.signed(4_096); // pages
  out.raw(0x0b, 0x7f, 1, 0x41);
  out.signed(1_000_000); // table elements
  out.raw(0x0b, 0x7f, 1, 0x41, 0, 0x0b);
  out.closeLength(length);
  out.copy(metered, end, metered.length);
  return out.finish();
}

/** Initial value of the exported counter. */
function counterIn(snapshot: Uint8Array): bigint {
  const outline = readOutline(snapshot);
  const { index } = outline.exports.find(({ name }) => name === METER_EXPORTS.counter)!;
  const range = outline.sections.get(GLOBAL_SECTION)!;
  const reader = new ByteReader(snapshot, range.start, range.end);
  reader.u32();
  for (let at = 0; ; at++) {
    reader.skip(2);
    const opcode = reader.byte();
    if (at === index) return signed64(reader);
    if (opcode === 0x43) reader.skip(4);
    else if (opcode === 0x44) reader.skip(8);
    else reader.skipLeb(10);
    reader.byte();
  }
}

function signed64(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.byte();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 ? value - (1n << (shift + 7n)) : value);
  }
}

/** Runs a command in wasmtime. */
export function runInWasmtime(bytes: Uint8Array<ArrayBuffer>, folder: string): Outcome {
  const input = join(folder, 'metered.wasm');
  const output = join(folder, 'snapshot.wasm');
  writeFileSync(input, withInitialValues(meter(bytes).bytes));
  const wizer = createRequire(import.meta.url).resolve('@bytecodealliance/wizer/wizer.js');
  const run = spawnSync(
    process.execPath,
    [wizer, input, '-o', output, '--allow-wasi', '--init-func', '_start', '--wasm-bulk-memory', 'true'],
    { maxBuffer: 1 << 26 },
  );
  if (run.status !== 0)
    return { status: `wizer: ${run.stderr.toString().slice(0, 300)}`, guestFuel: '', stdout: '' };
  const left = unpackCounter(counterIn(new Uint8Array(readFileSync(output))));
  return { status: 'OK', guestFuel: (CROSS_FUEL - left.fuel).toString(), stdout: digest(run.stdout) };
}

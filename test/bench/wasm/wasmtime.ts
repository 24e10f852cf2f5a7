// A second engine: wasmtime inside the wizer package runs `_start` and writes the module back with the globals that it left.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compile } from '../../../wasm-runner/isolate/compile.ts';
import { ByteReader } from '../../../wasm-runner/meter/byte-reader.ts';
import { ByteWriter } from '../../../wasm-runner/meter/byte-writer.ts';
import { METER_EXPORTS, meter, readOutline, unpackCounter } from '../../../wasm-runner/meter/index.ts';
import { CROSS_FUEL, digest, type Outcome, type World } from './cross-run.ts';
import { record } from './tape.ts';
import { TAPE_EXPORT, tapeHash, tapeModule, writeGlobals } from './tape-module.ts';

const GLOBAL_SECTION = 6;
const STDERR_CHARS = 300;

/** Runs a command in wasmtime with wasmtime's own WASI: for commands that only print. */
export function runInWasmtime(bytes: Uint8Array<ArrayBuffer>, folder: string): Outcome {
  const run = wizer(withInitialValues(meter(bytes).bytes), folder);
  if (run.snapshot === null) return failed(run.said);
  return { status: 'OK', guestFuel: fuelIn(run.snapshot), stdout: digest(run.stdout) };
}

/** Runs a command in wasmtime with the answers that our host gave here: its questions and its output must be the same ones. */
export function replayInWasmtime(bytes: Uint8Array<ArrayBuffer>, world: World, folder: string): Outcome {
  const tape = record(compile(bytes), world);
  const metered = meter(bytes).bytes;
  const run = wizer(tapeModule(metered, tape), folder);
  if (run.snapshot === null) return failed(run.said);
  const same =
    BigInt.asUintN(64, globalIn(run.snapshot, TAPE_EXPORT)) === tapeHash(tape, readOutline(metered));
  const stdout = same ? tape.outcome.stdout : 'other calls or other output';
  return { status: 'OK', guestFuel: fuelIn(run.snapshot), stdout };
}

const failed = (said: string): Outcome => ({ status: `wizer: ${said}`, guestFuel: '', stdout: '' });

function wizer(
  module: Uint8Array,
  folder: string,
): { snapshot: Uint8Array | null; stdout: Uint8Array; said: string } {
  const input = join(folder, 'metered.wasm');
  const output = join(folder, 'snapshot.wasm');
  writeFileSync(input, module);
  const script = createRequire(import.meta.url).resolve('@bytecodealliance/wizer/wizer.js');
  const run = spawnSync(
    process.execPath,
    [script, input, '-o', output, '--allow-wasi', '--init-func', '_start', '--wasm-bulk-memory', 'true'],
    { maxBuffer: 1 << 26 },
  );
  const snapshot = run.status === 0 ? new Uint8Array(readFileSync(output)) : null;
  return { snapshot, stdout: run.stdout, said: run.stderr.toString().slice(0, STDERR_CHARS) };
}

/** The metered module with the initial values that the runner would set: here nobody else does. */
function withInitialValues(metered: Uint8Array): Uint8Array {
  const outline = readOutline(metered);
  const { start, end } = outline.sections.get(GLOBAL_SECTION)!;
  const out = new ByteWriter(metered.length + 64);
  // The section's own header stands before its content: one id byte and a padded length.
  out.copy(metered, 0, start - 6);
  out.byte(GLOBAL_SECTION);
  const length = out.openLength();
  writeGlobals(out, metered, outline, 0);
  out.closeLength(length);
  out.copy(metered, end, metered.length);
  return out.finish();
}

const fuelIn = (snapshot: Uint8Array): string =>
  (CROSS_FUEL - unpackCounter(globalIn(snapshot, METER_EXPORTS.counter)).fuel).toString();

/** Initial value of an exported i64 global. */
function globalIn(snapshot: Uint8Array, name: string): bigint {
  const outline = readOutline(snapshot);
  const { index } = outline.exports.find((item) => item.name === name)!;
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

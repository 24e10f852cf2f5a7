// Mutants of modules against the meter: an accepted one was valid before and is valid after, runs to an end within its fuel and gives the
// same fuel twice; any other answer is a Refusal, soon.

import { performance } from 'node:perf_hooks';
import { meter, Refusal } from '../../wasm-runner/meter/index.ts';
import { Metered } from '../support/metered.ts';
import { randomModule } from '../support/random-wasm.ts';
import { wat } from '../support/wat.ts';

type Bytes = Uint8Array<ArrayBuffer>;
/** A number below the bound. */
export type Draw = (bound: number) => number;

export interface WasmFuzzResult {
  mutants: number;
  accepted: number;
  ran: number;
  slowestMs: number;
  findings: { detail: string; module: Bytes }[];
}

/** Longest that a module of this size may take, on a busy machine too. */
const SLOW_MS = 500;
const FUEL = 50_000n;
const PAGES_MAX = 4;
/** Bytes that mean something in many places. */
const TELLING = [
  0x00, 0x01, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x40, 0x60, 0x70, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80,
  0xfc, 0xfd, 0xff,
];

/** Modules of every kind that the meter treats apart. */
export function wasmCorpus(): Bytes[] {
  const small = [
    '(module (func $f (export "f") (param i32 f64) (result i32 f64) (local i64) (loop (br_if 0 (i32.eqz (local.get 0)))) (local.get 0) (f64.sqrt (local.get 1))))',
    '(module (memory (export "memory") 1 3) (data "abc") (func (export "f") (param i32 f64) (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop 0) (drop (memory.grow (local.get 0)))))',
    '(module (type $t (func (param i32) (result i32))) (table $t 4 funcref) (elem (i32.const 0) $g $g) (func $g (param i32) (result i32) (call_indirect (type $t) (i32.const 1) (local.get 0))) (func (export "f") (param i32 f64) (drop (call $g (local.get 0))) (drop (table.grow $t (ref.null func) (i32.const 2)))))',
    '(module (func (export "f") (param i32 f64) (result v128) (local v128) (f32x4.add (f64x2.splat (local.get 1)) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 2) (local.get 2)))))',
    '(module (global (mut f32) (f32.const 1)) (func $s (global.set 0 (f32.div (f32.const 0) (global.get 0)))) (start $s) (func (export "f") (param i32 f64) (result i32 i64) (block (result i32 i64) (i32.const 1) (i64.const 2) (br_table 0 0 (local.get 0)))))',
  ];
  return [
    ...small.map((text) => wat(text)),
    ...Array.from({ length: 12 }, (_, seed) => wat(randomModule(seed))),
  ];
}

/** One mutant of a module: some bytes changed, moved, cut, doubled or taken from another module. */
export function mutate(corpus: readonly Bytes[], draw: Draw): Bytes {
  let bytes = corpus[draw(corpus.length)]!.slice();
  for (let left = 1 + draw(4); left > 0; left--) {
    const at = 8 + draw(Math.max(1, bytes.length - 8));
    switch (draw(7)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes[at] = TELLING[draw(TELLING.length)]!;
        break;
      case 2:
        bytes[at]! ^= 1 << draw(8);
        break;
      case 3:
        bytes = splice(bytes, at, 1 + draw(4), new Uint8Array(0));
        break;
      case 4:
        bytes = splice(bytes, at, 0, bytes.slice(at, at + 1 + draw(16)));
        break;
      case 5: {
        const other = corpus[draw(corpus.length)]!;
        const from = draw(other.length);
        bytes = splice(bytes, at, draw(8), other.slice(from, from + draw(24)));
        break;
      }
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

function splice(bytes: Bytes, at: number, remove: number, insert: Uint8Array): Bytes {
  const out = new Uint8Array(Math.max(0, bytes.length - Math.min(remove, bytes.length - at)) + insert.length);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + remove), at + insert.length);
  return out;
}

/** Checks one module and notes what it finds. */
export function checkModule(module: Bytes, result: WasmFuzzResult): void {
  const began = performance.now();
  const find = (detail: string): void => {
    result.findings.push({ detail, module });
  };
  result.mutants++;
  try {
    const { bytes } = meter(module);
    result.accepted++;
    if (!WebAssembly.validate(module)) find('an invalid module was accepted');
    if (!WebAssembly.validate(bytes)) find('the rewritten module is invalid');
    else if (WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length === 0)
      run(module, result, find);
  } catch (error) {
    if (!(error instanceof Refusal)) find(`uncoded exception: ${String(error)}`);
  }
  const took = performance.now() - began;
  if (took > result.slowestMs) result.slowestMs = took;
  if (took > SLOW_MS) find(`took ${took.toFixed(0)} ms`);
}

function run(module: Bytes, result: WasmFuzzResult, find: (detail: string) => void): void {
  let instances: [Metered, Metered];
  try {
    instances = [new Metered(module, PAGES_MAX), new Metered(module, PAGES_MAX)];
  } catch (error) {
    // A segment that does not fit, or a memory that the engine does not give.
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return;
    throw error;
  }
  const [one, two] = instances;
  if (typeof one.exports.f !== 'function') return;
  result.ran++;
  try {
    const first = one.run('f', [3, 0.5], FUEL);
    const second = two.run('f', [3, 0.5], FUEL);
    if (first.fuel !== second.fuel) find(`fuel ${first.fuel}, then ${second.fuel}`);
  } catch (error) {
    // The export was mutated to take or give what JavaScript cannot pass.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
  }
}

/** Runs mutants until the number or the time is reached. */
export function fuzzWasm(options: {
  readonly mutants: number;
  readonly budgetMs: number;
  readonly draw: Draw;
}): WasmFuzzResult {
  const corpus = wasmCorpus();
  const result: WasmFuzzResult = { mutants: 0, accepted: 0, ran: 0, slowestMs: 0, findings: [] };
  const deadline = performance.now() + options.budgetMs;
  while (result.mutants < options.mutants && performance.now() < deadline && result.findings.length < 10) {
    checkModule(mutate(corpus, options.draw), result);
  }
  return result;
}

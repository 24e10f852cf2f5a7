// Commands for the comparison of engines: generated ones that print all of their memory, NaN bits included, compiled ones, and three large
// ones that read a script. Each ends by itself with OK.

import { readFileSync } from 'node:fs';
import { compile } from '../../../wasm-runner/isolate/compile.ts';
import { randomModule } from '../../support/random-wasm.ts';
import { wat } from '../../support/wat.ts';
import { runHere, type World } from './cross-run.ts';
import { knownPrograms } from './known-programs.ts';

export interface Program {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What it reads; absent when it only prints. */
  readonly world?: World;
}

/** A generated function behind a `_start` that calls it three times and prints its memory. */
function generated(seed: number): Uint8Array<ArrayBuffer> {
  return wat(
    randomModule(seed)
      .replace(
        '(module ',
        '(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32))) ',
      )
      .replace('(func (export "f")', '(func $f (export "f")')
      .replace(
        /\)$/,
        ` (func (export "_start") (local $i i32) (local $x f64)
          ${[
            [7, '1.5'],
            [-3, 'nan'],
            [123456, '-1e300'],
          ]
            .map(
              ([a, x], index) => `(call $f (i32.const ${a}) (f64.const ${x})) (local.set $x) (local.set $i)
            (i32.store (i32.const ${40_000 + index * 16}) (local.get $i)) (f64.store (i32.const ${40_008 + index * 16}) (local.get $x))`,
            )
            .join('\n')}
          (i32.store (i32.const 60000) (i32.const 0)) (i32.store (i32.const 60004) (i32.const 40048))
          (drop (call $write (i32.const 1) (i32.const 60000) (i32.const 1) (i32.const 60008)))))`,
      ),
  );
}

/** As many programs as asked for, the compiled ones first. */
export function crossPrograms(count: number, note: (text: string) => void): Program[] {
  const read = (path: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(readFileSync(new URL(path, import.meta.url)));
  const programs: Program[] = [
    ...knownPrograms(note),
    { name: 'kernels (C)', bytes: read('./kernels-command.wasm') },
    {
      name: 'mandelbrot (AssemblyScript)',
      bytes: read('../../../examples/tasks/mandelbrot/mandelbrot.wasm'),
    },
  ];
  for (let seed = 1; programs.length < count; seed++) {
    const bytes = generated(seed);
    if (runHere(compile(bytes)).status === 'OK') programs.push({ name: `generated ${seed}`, bytes });
  }
  return programs;
}

// Records what our WASI host answered in one run: numbers returned, bytes written to guest memory. A tape lets another engine run the same
// guest with the same answers, so that only the engines are compared. Must not: know how a tape is played (tape-module.ts).

import type { CompiledModule } from '../../../wasm-runner/isolate/compile.ts';
import { WASI_MODULE, WasiImports } from '../../../wasm-runner/wasi/imports.ts';
import { GuestMemory } from '../../../wasm-runner/wasi/memory.ts';
import { type Outcome, runHere, type World } from './cross-run.ts';

export interface TapedCall {
  readonly name: string;
  readonly args: readonly (number | bigint)[];
  readonly errno: number;
  /** Bytes that the call changed. */
  readonly writes: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Bytes that it was given for standard output. */
  readonly printed: Uint8Array;
}

export interface Tape {
  readonly calls: readonly TapedCall[];
  readonly outcome: Outcome;
}

type Call = (...args: (number | bigint)[]) => number;
type Setter = 'setU8' | 'setU16' | 'setU32' | 'setU64';
const SETTERS: readonly (readonly [Setter, number])[] = [
  ['setU8', 1],
  ['setU16', 2],
  ['setU32', 4],
  ['setU64', 8],
];

/** Runs a command here and keeps its host's answers. */
export function record(compiled: CompiledModule, world: World): Tape {
  const calls: TapedCall[] = [];
  const imports = new WasiImports();
  const functions = imports.object[WASI_MODULE] as Record<string, Call>;
  for (const [name, call] of Object.entries(functions))
    functions[name] = (...args) => {
      const memory = imports.host!.memory;
      const printed = name === 'fd_write' && args[0] === 1 ? vectors(memory, args) : new Uint8Array(0);
      const touched = watching(() => call(...args));
      const writes = touched.ranges
        .map(({ at, before }) => ({ at, before, bytes: memory.slice(at, before.length).slice() }))
        .filter(({ before, bytes }) => before.some((byte, index) => byte !== bytes[index]));
      calls.push({ name, args, errno: touched.errno, writes, printed });
      return touched.errno;
    };
  return { outcome: runHere(compiled, world, imports), calls };
}

/** What the vectors of a write hold. */
function vectors(memory: GuestMemory, args: readonly (number | bigint)[]): Uint8Array {
  const parts = Array.from({ length: Number(args[2]) }, (_, index) => {
    const at = Number(args[1]) + index * 8;
    return memory.slice(memory.u32(at), memory.u32(at + 4)).slice();
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Does a call and says which ranges of guest memory it asked for, with their bytes before it did. */
function watching(call: () => number): { errno: number; ranges: { at: number; before: Uint8Array }[] } {
  const ranges: { at: number; before: Uint8Array }[] = [];
  const { prototype } = GuestMemory;
  const { slice } = prototype;
  const originals = SETTERS.map(([name]) => prototype[name]);
  prototype.slice = function (at, length) {
    const range = slice.call(this, at, length);
    ranges.push({ at: at >>> 0, before: range.slice() });
    return range;
  };
  for (const [index, [name, size]] of SETTERS.entries()) {
    const original = originals[index] as (at: number, value: never) => void;
    prototype[name] = function (this: GuestMemory, at: number, value: never) {
      ranges.push({ at: at >>> 0, before: slice.call(this, at, size).slice() });
      original.call(this, at, value);
    };
  }
  try {
    return { errno: call(), ranges };
  } finally {
    prototype.slice = slice;
    for (const [index, [name]] of SETTERS.entries()) prototype[name] = originals[index] as never;
  }
}

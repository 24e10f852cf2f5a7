// Runs commands in this process, whatever engine and tier it has, and says what came of each. As a program: file names in, JSON lines out;
// what a command reads stands beside it in a file of the same name with the ending .json.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type CompiledModule, compile } from '../../../wasm-runner/isolate/compile.ts';
import { type ExecutionJob, execute, startFuel } from '../../../wasm-runner/isolate/execute.ts';
import { WasiImports } from '../../../wasm-runner/wasi/imports.ts';

export interface Outcome {
  readonly status: string;
  /** Fuel of the guest's own instructions, without the host's calls and instantiation. */
  readonly guestFuel: string;
  readonly stdout: string;
}

/** What a program reads. */
export interface World {
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
}

export const EMPTY_WORLD: World = { stdin: '', env: {} };
export const CROSS_FUEL = 1n << 40n;
export const CROSS_STACK_BYTES = 1 << 20;

const REPEATS = 3;
/** Programs that take longer than this are run once: they reach every tier by themselves. */
const SHORT_MS = 300;

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The job of a program. */
export function crossJob({ stdin, env }: World): ExecutionJob {
  return {
    args: [],
    env,
    stdin: new TextEncoder().encode(stdin),
    inputs: {},
    fuel: CROSS_FUEL,
    memoryBytes: 1 << 28,
    stackBytes: CROSS_STACK_BYTES,
    outputBytes: 1 << 24,
    mode: 'deterministic',
    seed: new Uint8Array(32),
    clockOriginNs: 1_000_000_000_000_000_000n,
    clockStepNs: 1_000n,
  };
}

/** Runs a command. */
export function runHere(compiled: CompiledModule, world = EMPTY_WORLD, imports = new WasiImports()): Outcome {
  const result = execute(compiled, crossJob(world), imports);
  const guestFuel = result.fuel - BigInt(result.hostFuel) - BigInt(startFuel(compiled));
  return { status: result.status, guestFuel: guestFuel.toString(), stdout: digest(result.stdout) };
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) {
    const compiled = compile(new Uint8Array(readFileSync(file)));
    const beside = file.replace(/\.wasm$/, '.json');
    const world = existsSync(beside) ? (JSON.parse(readFileSync(beside, 'utf8')) as World) : EMPTY_WORLD;
    const started = performance.now();
    const outcomes = [JSON.stringify(runHere(compiled, world))];
    // Several times, so that a tier that starts late is reached too.
    if (performance.now() - started < SHORT_MS)
      while (outcomes.length < REPEATS) outcomes.push(JSON.stringify(runHere(compiled, world)));
    if (new Set(outcomes).size > 1) throw new Error(`${file}: ${outcomes.join(' then ')}`);
    process.stdout.write(`${outcomes[0]}\n`);
  }
}

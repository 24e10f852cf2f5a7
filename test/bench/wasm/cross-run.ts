// Runs commands in this process, whatever engine and tier it has, and says what came of each. As a program: file names in, JSON lines out.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CompiledModule, compile } from '../../../wasm-runner/isolate/compile.ts';
import { execute, startFuel } from '../../../wasm-runner/isolate/execute.ts';
import { WasiImports } from '../../../wasm-runner/wasi/imports.ts';

export interface Outcome {
  readonly status: string;
  /** Fuel of the guest's own instructions, without the host's calls and instantiation. */
  readonly guestFuel: string;
  readonly stdout: string;
}

export const CROSS_FUEL = 1n << 40n;
export const CROSS_STACK_BYTES = 1 << 20;

const imports = new WasiImports();

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Runs a command without arguments or inputs. */
export function runHere(compiled: CompiledModule): Outcome {
  const empty = new Uint8Array(0);
  const result = execute(
    compiled,
    {
      args: [],
      env: {},
      stdin: empty,
      inputs: {},
      fuel: CROSS_FUEL,
      memoryBytes: 1 << 28,
      stackBytes: CROSS_STACK_BYTES,
      outputBytes: 1 << 24,
      mode: 'deterministic',
      seed: new Uint8Array(32),
      clockOriginNs: 0n,
      clockStepNs: 1n,
    },
    imports,
  );
  const guestFuel = result.fuel - BigInt(result.hostFuel) - BigInt(startFuel(compiled));
  return { status: result.status, guestFuel: guestFuel.toString(), stdout: digest(result.stdout) };
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) {
    const compiled = compile(new Uint8Array(readFileSync(file)));
    // Several times, so that a tier that starts late is reached too.
    const outcomes = Array.from({ length: 3 }, () => JSON.stringify(runHere(compiled)));
    if (new Set(outcomes).size > 1) throw new Error(`${file}: ${outcomes.join(' then ')}`);
    process.stdout.write(`${outcomes[0]}\n`);
  }
}

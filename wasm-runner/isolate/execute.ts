// Runs one compiled module to its end in the current thread and says how it ended. The end is told by the meter's globals and by our
// own exceptions, never by the engine's words. Must not: know about processes, pipes or other runs.

import {
  FLAG_GROWTH_REFUSED,
  FLAG_HOST_MEMORY,
  LENGTH_WEIGHTS,
  METER_EXPORTS,
  PAGE_BYTES,
  packCounter,
  TABLE_ELEMENTS_MAX,
  traceExport,
  unpackCounter,
} from '../meter/index.ts';
import type { Status } from '../status.ts';
import { ExitEnd, FuelEnd, OutputEnd } from '../wasi/ends.ts';
import { type HostJob, WasiHost } from '../wasi/host.ts';
import type { WasiImports } from '../wasi/imports.ts';
import type { CompiledModule } from './compile.ts';
import { trapKind } from './trap-kind.ts';

export interface ExecutionJob extends HostJob {
  readonly fuel: bigint;
  readonly memoryBytes: number;
  readonly stackBytes: number;
}

export interface Execution {
  readonly status: Status;
  readonly exitCode: number | null;
  readonly trap: string | null;
  readonly fuel: bigint;
  /** The share of `fuel` that host calls took. */
  readonly hostFuel: number;
  readonly memoryBytes: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  readonly detail: string | null;
  /** Fuel by function, the greediest first; null without a trace. What is missing from the sum went to host calls, bulk work and start. */
  readonly trace: readonly (readonly [name: string, fuel: bigint])[] | null;
}

interface MeterGlobals {
  readonly counter: WebAssembly.Global;
  readonly flags: WebAssembly.Global;
}

interface End {
  readonly status: Status;
  readonly exitCode?: number;
  readonly trap?: string;
  readonly detail?: string;
}

const EMPTY = new Uint8Array(0);

/** Runs a module. Never throws for what a guest does. */
export function execute(compiled: CompiledModule, job: ExecutionJob, imports: WasiImports): Execution {
  const refused = refusal(compiled, job);
  if (refused !== null) return { ...nothing(refused), detail: refused.detail ?? null };
  const started = job.fuel - BigInt(startFuel(compiled));
  if (started < 0n)
    return {
      ...nothing({ status: 'OUT_OF_FUEL' }),
      fuel: job.fuel,
      detail: 'the fuel does not cover instantiation',
    };
  const host = new WasiHost(job);
  imports.host = host;
  try {
    return run(compiled, job, imports, host, started);
  } finally {
    imports.host = null;
  }
}

/** Fuel of instantiation: memory, tables and segments are made before the first instruction. */
export function startFuel(compiled: CompiledModule): number {
  return (
    compiled.memoryMin * LENGTH_WEIGHTS.initialPage +
    compiled.tableElements * LENGTH_WEIGHTS.initialElement +
    Math.floor(compiled.segmentBytes / 2 ** LENGTH_WEIGHTS.segmentShift)
  );
}

function refusal(compiled: CompiledModule, job: ExecutionJob): End | null {
  const bytes = compiled.memoryMin * PAGE_BYTES;
  if (bytes <= job.memoryBytes) return null;
  return {
    status: 'LIMIT_REFUSED',
    detail: `the module starts with ${bytes} bytes of memory, the job allows ${job.memoryBytes}`,
  };
}

function nothing(end: End): Execution {
  return {
    status: end.status,
    exitCode: end.exitCode ?? null,
    trap: end.trap ?? null,
    fuel: 0n,
    hostFuel: 0,
    memoryBytes: 0,
    stdout: EMPTY,
    stderr: EMPTY,
    outputs: {},
    detail: end.detail ?? null,
    trace: null,
  };
}

function run(
  compiled: CompiledModule,
  job: ExecutionJob,
  imports: WasiImports,
  host: WasiHost,
  fuel: bigint,
): Execution {
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(compiled.module, imports.object);
  } catch (error) {
    const end: End =
      error instanceof WebAssembly.RuntimeError
        ? { status: 'TRAP', trap: 'instantiation', detail: 'a data or element segment does not fit' }
        : { status: 'HOST_OOM', detail: `instantiation failed: ${String(error)}` };
    return { ...nothing(end), fuel: job.fuel - fuel };
  }
  const { exports } = instance;
  const globals: MeterGlobals = {
    counter: exports[METER_EXPORTS.counter] as WebAssembly.Global,
    flags: exports[METER_EXPORTS.flags] as WebAssembly.Global,
  };
  const pages = Math.min(Math.floor(job.memoryBytes / PAGE_BYTES), compiled.memoryMax ?? 0);
  (exports[METER_EXPORTS.pagesMax] as WebAssembly.Global).value = pages;
  (exports[METER_EXPORTS.elementsLeft] as WebAssembly.Global).value =
    TABLE_ELEMENTS_MAX - compiled.tableElements;
  globals.counter.value = packCounter(fuel, job.stackBytes);
  const memory =
    compiled.memoryExport === null
      ? new WebAssembly.Memory({ initial: 0 })
      : (exports[compiled.memoryExport] as WebAssembly.Memory);
  host.attach(memory, globals.counter as { value: bigint });
  const end = settle(globals, () => {
    if (compiled.hasStart) (exports[METER_EXPORTS.start] as () => void)();
    (exports._start as () => void)();
  });
  const left = countedIn(globals).fuel;
  return {
    status: end.status,
    exitCode: end.exitCode ?? null,
    trap: end.trap ?? null,
    fuel: left < 0n ? job.fuel : job.fuel - left,
    hostFuel: host.hostFuel,
    memoryBytes: memory.buffer.byteLength,
    stdout: host.stdout.content(),
    stderr: host.stderr.content(),
    outputs: host.outputs(),
    detail: end.detail ?? null,
    trace: compiled.traced === null ? null : readTrace(compiled.traced, exports),
  };
}

/** Functions that a trace names at most. */
const TRACED_MAX = 200;

function readTrace(names: readonly string[], exports: WebAssembly.Exports): [name: string, fuel: bigint][] {
  const rows = names.map((name, index): [string, bigint] => [
    name,
    (exports[traceExport(index)] as WebAssembly.Global).value as bigint,
  ]);
  const used = rows.filter(([, fuel]) => fuel > 0n);
  return used.sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0)).slice(0, TRACED_MAX);
}

function countedIn(globals: MeterGlobals): { fuel: bigint; stack: bigint } {
  return unpackCounter(globals.counter.value as bigint);
}

/** Runs the guest and names its end. */
function settle(globals: MeterGlobals, guest: () => void): End {
  let end: End;
  try {
    guest();
    end = { status: 'OK', exitCode: 0 };
  } catch (error) {
    end = classify(error, globals);
  }
  // The last charges of a run are not followed by a check.
  if (countedIn(globals).fuel < 0n && end.status !== 'WORKER_CRASH')
    return { status: 'OUT_OF_FUEL', detail: 'the fuel limit was reached' };
  return end;
}

function classify(error: unknown, globals: MeterGlobals): End {
  const flags = globals.flags.value as number;
  if (error instanceof ExitEnd) {
    const refused = flags & FLAG_GROWTH_REFUSED ? { detail: 'memory growth was refused before' } : {};
    return error.exitCode === 0
      ? { status: 'OK', exitCode: 0 }
      : { status: 'EXIT', exitCode: error.exitCode, ...refused };
  }
  if (error instanceof FuelEnd) return { status: 'OUT_OF_FUEL' };
  if (error instanceof OutputEnd)
    return { status: 'OUTPUT_LIMIT', detail: 'stdout, stderr and /out together went over the output limit' };
  if (!(error instanceof WebAssembly.RuntimeError))
    return { status: 'WORKER_CRASH', detail: `the host failed: ${String(error)}` };
  if (countedIn(globals).fuel < 0n) return { status: 'OUT_OF_FUEL' };
  if (countedIn(globals).stack < 0n)
    return { status: 'STACK_LIMIT', detail: 'calls went deeper than the stack limit' };
  if (flags & FLAG_HOST_MEMORY)
    return { status: 'HOST_OOM', detail: 'the machine had no memory below the limit' };
  const kind = trapKind(error);
  if (flags & FLAG_GROWTH_REFUSED)
    return {
      status: 'OUT_OF_MEMORY',
      detail: `memory growth was refused, then the module trapped (${kind})`,
    };
  return { status: 'TRAP', trap: 'execution', detail: `the module trapped: ${kind}` };
}

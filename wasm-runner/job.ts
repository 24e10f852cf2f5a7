// What a task is given and what comes of it, and the check that a job is well formed. Must not: run anything.

import { ZeroError } from '../protocol/errors/index.ts';
import { ARGS_BYTES_MAX, DEFAULT_LIMITS, INPUT_BYTES_MAX, INPUT_FILES_MAX, LIMITS_MAX } from './limits.ts';
import type { Status } from './status.ts';

export interface JobLimits {
  /** Units of the fuel schedule. */
  readonly fuel: bigint;
  readonly memoryBytes: number;
  /** Metered stack, an upper bound of what the guest's frames need. */
  readonly stackBytes: number;
  /** stdout, stderr and the output tree together. */
  readonly outputBytes: number;
  /** Real milliseconds; never part of a deterministic result. */
  readonly wallMs: number;
}

/** `deterministic`: virtual clock and seeded randomness. `live`: the machine's, and the result is not signable. */
export type JobMode = 'deterministic' | 'live';

export interface Job {
  /** WebAssembly bytes. Must not be changed while the runner lives: its digest is taken once. */
  readonly module: Uint8Array;
  /** Arguments; the program's name, which comes before them, is always `task`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  /** Files of the read-only tree at /in, by relative path. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
  readonly limits: JobLimits;
  readonly mode: JobMode;
  /** 32 bytes in hexadecimal. */
  readonly seed: string;
  readonly clock: { readonly originNs: bigint; readonly stepNs: bigint };
}

export interface RunResult {
  readonly status: Status;
  /** proc_exit's value for OK and EXIT; null for every other end. */
  readonly exitCode: number | null;
  /** Where a TRAP happened, `instantiation` or `execution`; null for other ends. What trapped stands in `detail`, in the engine's terms. */
  readonly trap: string | null;
  /** Fuel used, at most the limit. */
  readonly fuel: bigint;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Regular files left in /out, by relative path. */
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  /** True when the result follows from the job alone, so that a receipt may state it. */
  readonly signable: boolean;
  readonly scheduleId: string;
  readonly rewriter: string;
  readonly abi: string;
  /** Real milliseconds from dispatch to answer. */
  readonly wallMs: number;
  /** A sentence for people about an end that is not OK. */
  readonly detail?: string;
  /** Fuel by function, the greediest first, when a trace was asked for. */
  readonly trace?: readonly { readonly name: string; readonly fuel: bigint }[];
}

/** Seed of a job that names none: any fixed value serves, because seeded randomness is public. */
export const ZERO_SEED = '0'.repeat(64);

/** 2024-01-01T00:00:00Z in nanoseconds, and a microsecond a call. */
export const DEFAULT_CLOCK = { originNs: 1_704_067_200_000_000_000n, stepNs: 1_000n } as const;

export interface JobInput {
  readonly module: Uint8Array;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  readonly inputs?: Readonly<Record<string, Uint8Array>>;
  readonly limits?: Partial<JobLimits>;
  readonly mode?: JobMode;
  readonly seed?: string;
  readonly clock?: { readonly originNs: bigint; readonly stepNs: bigint };
}

/** A whole job from what differs from the defaults. */
export function makeJob(input: JobInput): Job {
  return {
    module: input.module,
    args: input.args ?? [],
    env: input.env ?? {},
    stdin: input.stdin ?? new Uint8Array(0),
    inputs: input.inputs ?? {},
    limits: { ...DEFAULT_LIMITS, ...input.limits },
    mode: input.mode ?? 'deterministic',
    seed: input.seed ?? ZERO_SEED,
    clock: input.clock ?? DEFAULT_CLOCK,
  };
}

function refuse(message: string): never {
  throw new ZeroError('JOB_INVALID', message);
}

/** Throws JOB_INVALID when a job is malformed: a caller's mistake, not a result of the task. */
export function checkJob(job: Job): void {
  if (!(job.module instanceof Uint8Array)) refuse('module must be bytes');
  if (!(job.stdin instanceof Uint8Array)) refuse('stdin must be bytes');
  if (job.mode !== 'deterministic' && job.mode !== 'live') refuse(`unknown mode ${JSON.stringify(job.mode)}`);
  if (!/^[0-9a-f]{64}$/.test(job.seed)) refuse('seed must be 32 bytes in lower-case hexadecimal');
  for (const value of [job.clock.originNs, job.clock.stepNs])
    if (value < 0n || value >= 1n << 64n) refuse('clock values must be unsigned 64-bit');
  checkStrings(job);
  checkInputs(job);
}

/** Names the first limit that is not a whole number in its range, or null. */
export function limitProblem(limits: JobLimits): string | null {
  if (typeof limits.fuel !== 'bigint' || limits.fuel < 0n || limits.fuel > LIMITS_MAX.fuel)
    return `fuel must be 0 to ${LIMITS_MAX.fuel}`;
  for (const name of ['memoryBytes', 'stackBytes', 'outputBytes', 'wallMs'] as const) {
    const value = limits[name];
    if (!Number.isSafeInteger(value) || value < 0 || value > LIMITS_MAX[name])
      return `${name} must be 0 to ${LIMITS_MAX[name]}`;
  }
  return null;
}

function checkStrings(job: Job): void {
  let bytes = 0;
  const check = (text: string, what: string): void => {
    if (typeof text !== 'string' || text.includes('\0') || !text.isWellFormed())
      refuse(`${what} must be text without a zero character`);
    bytes += text.length * 3 + 1;
  };
  for (const arg of job.args) check(arg, 'an argument');
  for (const [name, value] of Object.entries(job.env)) {
    check(name, 'an environment name');
    check(value, 'an environment value');
    if (name === '' || name.includes('='))
      refuse(`environment name ${JSON.stringify(name)} is empty or holds "="`);
  }
  if (bytes > ARGS_BYTES_MAX) refuse(`arguments and environment are larger than ${ARGS_BYTES_MAX} bytes`);
}

function checkInputs(job: Job): void {
  const paths = Object.keys(job.inputs);
  if (paths.length > INPUT_FILES_MAX) refuse(`more than ${INPUT_FILES_MAX} input files`);
  let bytes = job.stdin.length;
  const directories = new Set<string>();
  for (const path of paths) {
    const content = job.inputs[path];
    if (!(content instanceof Uint8Array)) refuse(`input ${JSON.stringify(path)} must be bytes`);
    bytes += content.length;
    const parts = path.split('/');
    if (
      !path.isWellFormed() ||
      parts.some(
        (part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.length > 255,
      )
    ) {
      refuse(`input path ${JSON.stringify(path)} must be relative, without empty parts, "." or ".."`);
    }
    for (let end = parts.length - 1; end > 0; end--) directories.add(parts.slice(0, end).join('/'));
  }
  for (const path of paths)
    if (directories.has(path)) refuse(`input path ${JSON.stringify(path)} is a file and a directory`);
  if (bytes > INPUT_BYTES_MAX) refuse(`stdin and inputs are larger than ${INPUT_BYTES_MAX} bytes`);
}

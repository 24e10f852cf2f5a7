// The commands `wasm run`, `wasm inspect` and `wasm meter`. They need no node and no network. Must not: hold what a library call lacks.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { ZeroError } from '../../protocol/errors/index.ts';
import { createRunner, inspectModule, makeJob, type RunResult } from '../index.ts';
import { meter, Refusal } from '../meter/index.ts';
import { remedyOf } from '../remedies.ts';
import { describeInspection, describeResult, describeTrace, resultJson } from './describe.ts';
import { readInputs } from './read-inputs.ts';
import { reporting } from './report.ts';

interface RunFlags {
  readonly in?: string;
  readonly out?: string;
  readonly stdin?: string;
  readonly env: readonly string[];
  readonly fuel?: string;
  readonly memory?: string;
  readonly stack?: string;
  readonly output?: string;
  readonly wall?: string;
  readonly seed?: string;
  readonly live?: boolean;
  readonly trace?: boolean;
  readonly json?: boolean;
}

/** Exit code of a run that did not end with OK or an exit code of its own. */
const EXIT_NOT_OK = 1;

/** Adds `wasm` and its commands to a program. */
export function registerWasmCommands(program: Command): void {
  const wasm = program
    .command('wasm')
    .description('run, inspect or meter a WebAssembly module, without a network');
  wasm
    .command('run')
    .description('run a WASI command in isolation, metered and deterministic')
    .argument('<module>', 'a .wasm file')
    .argument('[args...]', 'arguments of the task, after --')
    .option('--in <path>', 'file or folder that the task reads at /in')
    .option('--out <folder>', 'folder that receives what the task leaves in /out')
    .option('--stdin <file>', 'file that the task reads from standard input')
    .option('--env <name=value>', 'environment variable; may be repeated', collect, [])
    .option('--fuel <units>', 'most fuel')
    .option('--memory <bytes>', 'most memory')
    .option('--stack <bytes>', 'most stack')
    .option('--output <bytes>', 'most output: stdout, stderr and /out together')
    .option('--wall <ms>', 'most real time')
    .option('--seed <hex>', '32 bytes that randomness comes from')
    .option('--live', 'real clock and real randomness; such a result cannot be signed or replayed')
    .option('--trace', 'say which functions took the fuel')
    .option('--json', 'print the result as JSON')
    .action((file: string, args: string[], flags: RunFlags) =>
      reporting(flags, () => run(file, args, flags)),
    );
  wasm
    .command('inspect')
    .description('say what a module needs, and what would be refused and why')
    .argument('<module>', 'a .wasm file')
    .option('--json', 'print JSON')
    .action((file: string, flags: { json?: boolean }) =>
      reporting(flags, async () => {
        const inspection = inspectModule(await readModule(file));
        process.stdout.write(
          flags.json === true ? `${JSON.stringify(inspection, null, 2)}\n` : describeInspection(inspection),
        );
        if (inspection.verdict !== 'OK') process.exitCode = EXIT_NOT_OK;
      }),
    );
  wasm
    .command('meter')
    .description('write the metered form of a module: what the runner really executes')
    .argument('<module>', 'a .wasm file')
    .requiredOption('--out <file>', 'where to write it')
    .action((file: string, flags: { out: string }) =>
      reporting({}, async () => {
        const bytes = await readModule(file);
        const metered = meterOrThrow(new Uint8Array(bytes));
        await write(flags.out, metered);
        process.stdout.write(
          `${flags.out}: ${metered.length} bytes, ${(metered.length / bytes.length).toFixed(2)} times the original\n`,
        );
      }),
    );
}

async function run(file: string, args: readonly string[], flags: RunFlags): Promise<void> {
  const job = makeJob({
    module: await readModule(file),
    args,
    env: environment(flags.env),
    stdin: flags.stdin === undefined ? new Uint8Array(0) : await readBytes(flags.stdin),
    inputs: flags.in === undefined ? {} : await readInputs(flags.in),
    limits: {
      ...(flags.fuel === undefined ? {} : { fuel: whole('fuel', flags.fuel) }),
      ...numbers({
        memoryBytes: flags.memory,
        stackBytes: flags.stack,
        outputBytes: flags.output,
        wallMs: flags.wall,
      }),
    },
    mode: flags.live === true ? 'live' : 'deterministic',
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  const runner = await createRunner({ workers: 1 });
  try {
    const result = await runner.run(job, { signal: stop.signal, trace: flags.trace === true });
    if (flags.out !== undefined) await writeOutputs(flags.out, result);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(resultJson(job, result), null, 2)}\n`);
    else {
      process.stdout.write(result.stdout);
      process.stderr.write(result.stderr);
      process.stderr.write(describeResult(result) + describeTrace(result));
    }
    if (result.status !== 'OK') process.exitCode = result.exitCode ?? EXIT_NOT_OK;
  } finally {
    process.off('SIGINT', interrupt);
    await runner.close();
  }
}

function meterOrThrow(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  try {
    return meter(bytes).bytes;
  } catch (error) {
    if (error instanceof Refusal)
      throw new ZeroError('JOB_INVALID', `${error.status}: ${error.message}`, {
        cause: error,
        hint: remedyOf(error.status, error.message),
      });
    throw error;
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new ZeroError('USAGE', `cannot read ${file}`, { cause });
  }
}

const readModule = readBytes;

async function writeOutputs(folder: string, result: RunResult): Promise<void> {
  const root = resolve(folder);
  for (const [path, bytes] of Object.entries(result.outputs)) {
    const file = resolve(root, path);
    // The task's file system has no such names; the process that ran it is not trusted to say so.
    if (!file.startsWith(root + sep)) throw new ZeroError('USAGE', `output ${path} lies outside ${folder}`);
    await write(file, bytes);
  }
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  } catch (cause) {
    throw new ZeroError('USAGE', `cannot write ${file}`, { cause });
  }
}

function whole(name: string, text: string): bigint {
  if (!/^[0-9]{1,19}$/.test(text)) throw new ZeroError('USAGE', `--${name} must be a whole number`);
  return BigInt(text);
}

function numbers(values: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [name, text] of Object.entries(values))
    if (text !== undefined) out[name] = Number(whole(name, text));
  return out;
}

// Checked in the action and not while options are read, so that a mistake is reported like any other.
const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function environment(pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new ZeroError('USAGE', `--env needs NAME=VALUE, not ${JSON.stringify(pair)}`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}

// Tries behaviours on node:wasi, one in each process because a failure may end it. As a program: a name and an empty folder in; exits with 0
// when the behaviour is there, else says what was wrong.

import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';
import { BEHAVIOURS, type Behaviour, type Subject } from '../../support/wasi-behaviours/index.ts';
import { type Functions, WasiCaller } from '../../support/wasi-caller.ts';

const MEMORY_PAGES = 4;
const TRY_MS_MAX = 10_000;
const SAID_CHARS = 200;

function nodeSubject({ name, world = {} }: Behaviour, folder: string): Subject {
  const place = (file: string): string => join(folder, file);
  // Files cannot be polled on Linux, pipes can; what goes through a pipe cannot be looked at from here.
  const polls = name.startsWith('poll');
  for (const tree of ['in', 'out']) mkdirSync(place(tree));
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  let exitCode: number | null = null;
  const wasi = new WASI({
    version: 'preview1',
    args: ['task', ...(world.args ?? [])],
    env: { ...world.env },
    preopens: { '/in': place('in'), '/out': place('out') },
    stdin: 0,
    stdout: polls ? 1 : openSync(place('stdout'), 'w'),
    stderr: polls ? 2 : openSync(place('stderr'), 'w'),
  });
  wasi.initialize({ exports: { memory } } as unknown as WebAssembly.Instance);
  return {
    wasi: new WasiCaller(wasi.wasiImport as unknown as Functions, memory),
    printed: () => readFileSync(place('stdout'), 'utf8'),
    exit(code) {
      // node:wasi only ends a module that it started itself, so a module calls it.
      exitCode = exitOf(code);
      return exitCode;
    },
  };
}

/** The code of a module that calls proc_exit. */
function exitOf(code: number): number {
  const wasi = new WASI({ version: 'preview1' });
  // (import proc_exit) (memory 1) (func _start (call 0 (i32.const code))), code below 64.
  const bytes = Buffer.from(
    '0061736d010000000108026001 7f00600000022401 16776173695f736e617073686f745f7072657669657731 0970726f635f65786974 0000 03020101 0503010001' +
      `0713 02 066d656d6f7279 0200 065f7374617274 0001 0a08 0106 0041${code.toString(16).padStart(2, '0')}10000b`,
    'utf8',
  )
    .toString()
    .replaceAll(' ', '');
  const module = new WebAssembly.Module(Buffer.from(bytes, 'hex'));
  return wasi.start(new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports));
}

/** What node:wasi does wrong, or null. */
export function tryNodeWasi({ name, world }: Behaviour, folder: string): string | null {
  const run = spawnSync(process.execPath, ['--no-warnings', fileURLToPath(import.meta.url), name, folder], {
    encoding: 'utf8',
    input: world?.stdin ?? '',
    timeout: TRY_MS_MAX,
  });
  if (run.status === 0) return null;
  return run.signal !== null ? `ended by ${run.signal}` : run.stderr.trim().slice(0, SAID_CHARS);
}

if (import.meta.main) {
  const [name, folder] = process.argv.slice(2);
  const behaviour = BEHAVIOURS.find((item) => item.name === name)!;
  try {
    behaviour.run(nodeSubject(behaviour, folder!));
  } catch (error) {
    process.stderr.write((error as Error).message.replaceAll('\n', ' '));
    process.exitCode = 1;
  }
}

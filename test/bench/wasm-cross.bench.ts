// The same program, the same output and fuel: in both tiers of this engine, in another version of it (Node 24, or OTHER_NODE=/path/to/node),
// and in wasmtime. CPython, QuickJS and SQLite are among the programs. The measure is how many programs agree.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../../wasm-runner/isolate/compile.ts';
import type { Bench } from './bench.ts';
import { crossPrograms, type Program } from './wasm/cross-programs.ts';
import { type Outcome, runHere } from './wasm/cross-run.ts';
import { fetched } from './wasm/fetched.ts';
import { replayInWasmtime, runInWasmtime } from './wasm/wasmtime.ts';

const NODE_24 = { spec: `node-${process.platform}-${process.arch}@24.21.0`, file: 'bin/node' };
const SCRIPT = fileURLToPath(new URL('./wasm/cross-run.ts', import.meta.url));

export const bench: Bench = {
  name: 'wasm-cross',
  summary: 'programs whose output and fuel are the same in another tier, version or engine, of those tried',
  bar: { sign: '>=', value: 1 },
  async run({ sizes, report, folder, note }) {
    const programs = crossPrograms(sizes(60, 200), note);
    const expected = programs.map(({ bytes, world }) => runHere(compile(bytes), world));
    note(
      `large programs: ${programs.flatMap(({ name, world }) => (world === undefined ? [] : [name])).join(', ')}`,
    );
    const place = folder();
    const files = programs.map(({ bytes, world }, index) => {
      const file = join(place, `${index}.wasm`);
      writeFileSync(file, bytes);
      if (world !== undefined) writeFileSync(join(place, `${index}.json`), JSON.stringify(world));
      return file;
    });
    const judge = (name: string, outcomes: readonly Outcome[]): void => {
      const agreeing = outcomes.filter((outcome, index) =>
        agrees(outcome, expected[index]!, programs[index]!, note),
      ).length;
      report({
        case: name,
        sizes: { programs: programs.length },
        ours: agreeing,
        peer: programs.length,
        peerName: 'programs tried',
        unit: 'programs',
        better: 'higher',
      });
    };
    judge('baseline tier only', inNode(process.execPath, ['--liftoff-only'], files));
    judge('optimising tier only', inNode(process.execPath, ['--no-liftoff'], files));
    const other = process.env.OTHER_NODE ?? fetched(NODE_24, note);
    if (other !== null) judge(versionOf(other), inNode(other, [], files));
    judge(
      'wasmtime',
      programs.map(({ bytes, world }) =>
        world === undefined ? runInWasmtime(bytes, place) : replayInWasmtime(bytes, world, place),
      ),
    );
  },
};

function agrees(
  outcome: Outcome,
  expected: Outcome,
  program: Program,
  note: (text: string) => void,
): boolean {
  const same =
    outcome.status === expected.status &&
    outcome.guestFuel === expected.guestFuel &&
    outcome.stdout === expected.stdout;
  if (!same) note(`${program.name}: ${JSON.stringify(outcome)} instead of ${JSON.stringify(expected)}`);
  return same;
}

function inNode(node: string, flags: readonly string[], files: readonly string[]): Outcome[] {
  const run = spawnSync(node, ['--no-warnings', ...flags, SCRIPT, ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(`${node} ${flags.join(' ')}: ${run.stderr.slice(0, 2_000)}`);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome);
}

function versionOf(node: string): string {
  return `Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1)}`;
}

// `npm test` runs every stage; `npm test -- check unit` runs some. All chosen stages run, also after one has failed, and the
// last lines say which; `--slowest` adds the files that took longest. A stage that finds no test file, or that does not end in
// its time, has failed.

import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const TSC = 'node_modules/typescript/bin/tsc';
/** Of a failed stage; the rest stands above, where mocha prints it. */
const FINDINGS_SHOWN_MAX = 40;
const FINDING_CHARACTERS_MAX = 1_000;
const SLOWEST_SHOWN_MAX = 12;
const MINUTE_MS = 60_000;
/** Test files at once where the suites share nothing: CI has two cores. */
const JOBS = '2';

interface Command {
  readonly label: string;
  readonly args: readonly string[];
}

interface Stage {
  readonly name: string;
  /** A stage that still runs then has an open handle or a deadlock. */
  readonly minutesMax: number;
  /** Patterns of test files for mocha, or commands that run side by side. */
  readonly files?: readonly string[];
  /** Pattern of those that are left out. */
  readonly ignore?: string;
  readonly parallel?: boolean;
  readonly commands?: readonly Command[];
}

const STAGES: readonly Stage[] = [
  {
    name: 'check',
    minutesMax: 6,
    commands: [
      { label: 'types', args: [TSC, '--noEmit', '--singleThreaded', '-p', 'tsconfig.json'] },
      { label: 'types of the console', args: [TSC, '--noEmit', '-p', 'tsconfig.browser.json'] },
      { label: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
      { label: 'arrows', args: ['scripts/check-arrows.ts'] },
      { label: 'tidy', args: ['scripts/tidy.ts'] },
      { label: 'secrets', args: ['scripts/secrets.ts'] },
    ],
  },
  {
    name: 'unit',
    minutesMax: 8,
    files: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'],
    parallel: true,
  },
  {
    name: 'integration',
    minutesMax: 15,
    files: ['test/integration/**/*.test.ts'],
    ignore: 'test/integration/chaos/**',
    parallel: true,
  },
  // Faults are timed against thresholds: nothing else runs beside them.
  { name: 'chaos', minutesMax: 10, files: ['test/integration/chaos/**/*.test.ts'] },
  { name: 'browser', minutesMax: 8, files: ['test/browser/**/*.test.ts'] },
  { name: 'e2e', minutesMax: 15, files: ['test/e2e/**/*.test.ts'], parallel: true },
];

const running = new Set<ChildProcess>();
let stopping = false;

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  readonly late: boolean;
}

/** Signals a child and all that it started: what a killed test leaves running would slow down, or fail, the next stage. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-(child.pid as number), signal);
  } catch {
    // It has ended by itself.
  }
}

function execute(
  args: readonly string[],
  msMax: number,
  capture: boolean,
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const stdio = capture
      ? (['ignore', 'pipe', 'pipe'] as const)
      : (['ignore', 'inherit', 'inherit'] as const);
    const child = spawn(process.execPath, [...args], {
      cwd: REPOSITORY_ROOT,
      stdio: [...stdio],
      env: { ...process.env, ...variables },
      detached: process.platform !== 'win32',
    });
    running.add(child);
    let output = '';
    let late = false;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const timer = setTimeout(() => {
      late = true;
      signalGroup(child, 'SIGKILL');
    }, msMax);
    const end = (ok: boolean): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok, output, late });
    };
    child.on('error', () => end(false));
    child.on('close', (code) => end(code === 0));
    // What a test left running holds the pipes, or the cores, of the next stage.
    child.on('exit', () => signalGroup(child, 'SIGKILL'));
  });
}

async function runCommands(commands: readonly Command[], msMax: number): Promise<boolean> {
  const results = await Promise.all(
    commands.map(async ({ label, args }) => {
      const outcome = await execute(args, msMax, true);
      console.log(`  ${outcome.ok ? 'ok    ' : 'FAILED'} ${label}`);
      if (!outcome.ok) console.log(outcome.output.trimEnd());
      return outcome.ok;
    }),
  );
  return results.every(Boolean);
}

type ReportedTest = [file: string, title: string, failure: string, ms: number];

interface StageResult {
  readonly ok: boolean;
  /** What failed, a line each; repeated under the last lines, since a log is often read from its end. */
  readonly findings: readonly string[];
  /** The files whose tests took longest, without their hooks, a line each. */
  readonly slowest: readonly string[];
}

async function runStage({
  minutesMax,
  files,
  ignore,
  parallel,
  commands,
  name,
}: Stage): Promise<StageResult> {
  const msMax = minutesMax * MINUTE_MS;
  if (commands !== undefined) return { ok: await runCommands(commands, msMax), findings: [], slowest: [] };
  if (globSync([...files!], { cwd: REPOSITORY_ROOT }).length === 0)
    return { ok: false, findings: [`no test file matches ${files!.join(' ')}`], slowest: [] };
  const options = [
    ...(parallel === true ? ['--parallel', '--jobs', JOBS] : []),
    ...(ignore === undefined ? [] : ['--ignore', ignore]),
  ];
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-tests-'));
  const log = join(folder, 'tests.jsonl');
  try {
    const { ok, late } = await execute([MOCHA, ...options, ...files!], msMax, false, {
      TEST_REPORT: log,
    });
    const tests = readLines(log);
    const findings = tests
      .filter(([, , failure]) => failure !== '')
      .map(
        ([file, title, failure]) =>
          `${relative(REPOSITORY_ROOT, file)}: ${title}: ${failure.replaceAll(/\s+/g, ' ')}`,
      );
    if (late) {
      findings.unshift(
        `${name} did not end within ${minutesMax} minutes: a test hangs, or something was left open; ` +
          `${tests.length} tests had reported, the last from ${tests.at(-1)?.[0] ?? 'nowhere'}`,
      );
      findings.push(...silentFiles(tests, files!, ignore).map((file) => `not reported: ${file}`));
    }
    return { ok, findings, slowest: slowestFiles(tests) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function slowestFiles(tests: readonly ReportedTest[]): string[] {
  const sums = new Map<string, number>();
  for (const [file, , , ms] of tests) sums.set(file, (sums.get(file) ?? 0) + ms);
  const sorted = [...sums].sort(([, one], [, other]) => other - one).slice(0, SLOWEST_SHOWN_MAX);
  return sorted.map(
    ([file, ms]) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${relative(REPOSITORY_ROOT, file)}`,
  );
}

/** The files that no test has reported from. */
function silentFiles(tests: readonly ReportedTest[], files: readonly string[], ignore?: string): string[] {
  const seen = new Set(tests.map(([file]) => relative(REPOSITORY_ROOT, file)));
  const exclude = ignore === undefined ? [] : [ignore];
  return globSync([...files], { cwd: REPOSITORY_ROOT, exclude }).filter((file) => !seen.has(file));
}

function readLines(log: string): ReportedTest[] {
  try {
    const lines = readFileSync(log, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    process.exitCode = 1;
    for (const child of running) signalGroup(child, signal);
    stopping = true;
  });
}

const { positionals, values } = readArguments(import.meta.filename, {
  allowPositionals: true,
  options: { slowest: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `no stage named ${unknown.join(', ')}; there are ${STAGES.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const chosen = STAGES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const summary: string[] = [];
  for (const stage of chosen) {
    if (stopping) break;
    console.log(`\n== ${stage.name}`);
    const started = performance.now();
    const { ok, findings, slowest } = await runStage(stage);
    if (!ok) process.exitCode = 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(7);
    const lines = [...(ok ? [] : findings.slice(0, FINDINGS_SHOWN_MAX)), ...(values.slowest ? slowest : [])];
    summary.push(
      `  ${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${stage.name}`,
      ...lines.map((line) => `         ${line.slice(0, FINDING_CHARACTERS_MAX)}`),
    );
  }
  console.log(
    `\n== ${process.exitCode === undefined ? 'everything passed' : 'not everything passed'}\n${summary.join('\n')}`,
  );
}

// The simulator's command line: a run and what it leaves, the same run again, its replay, and a typed refusal.

import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../bin/zerostate.ts', import.meta.url));

describe('zerostate sim', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-sim-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  function zerostate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [PROGRAM, 'sim', ...args], { cwd: folder }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  const SMALL = [
    '--nodes',
    '30',
    '--set',
    'seconds=20',
    '--set',
    'network.healSeconds=8',
    '--set',
    'protocol.antiEntropySeconds=1',
  ];

  it('leaves results, plots and a report, and replays a seed to the same hash', async () => {
    const run = await zerostate('run', '--json', '--seeds', '3', '--workers', '2', ...SMALL);
    equal(run.code, 0, run.stderr);
    const told = JSON.parse(run.stdout);
    equal(told.runs.length, 3);
    const kept = JSON.parse(readFileSync(join(folder, told.folder, 'run.json'), 'utf8'));
    deepEqual(kept.runs, told.runs);
    const files = readdirSync(join(folder, told.folder));
    for (const file of ['report.md', 'samples.csv', 'scenario.yaml', 'statements-coverage.svg'])
      ok(files.includes(file), file);
    match(run.stderr, /3 runs in .* events a second/);
    const replay = await zerostate('replay', '2', '--json');
    equal(JSON.parse(replay.stdout).traceHash, told.runs[1].traceHash);
    const node = await zerostate('replay', '2', '--until', '0.5', '--node', '3', '--json');
    deepEqual(
      JSON.parse(node.stdout).state.logs.map(({ holds }: { holds: number }) => holds),
      new Array(20).fill(0),
    );
  });

  it('refuses what is no scenario with exit code 2, and names each wrong key', async () => {
    const { code, stdout, stderr } = await zerostate('run', '--json', '--set', 'network.loss.god=1');
    equal(code, 2);
    equal(JSON.parse(stdout).error.code, 'SCENARIO_INVALID');
    match(stderr, /network\.loss\.god: unknown key/);
  });
});

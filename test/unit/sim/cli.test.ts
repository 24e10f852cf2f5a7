// The simulator's command line: JSON for scripts, one line of diagnostics, and a typed refusal.

import { deepEqual, equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gossipScenario, runGossip } from '../../../sim/index.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/zerostate.ts', import.meta.url));

function zerostate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('zerostate sim run', () => {
  it('prints the trace hash of the scenario that its flags describe', async () => {
    const { code, stdout, stderr } = await zerostate(
      'sim',
      'run',
      '--json',
      '--nodes',
      '50',
      '--anti-entropy-ms',
      '1000',
      '--seed',
      '9',
    );
    equal(code, 0);
    const scenario = gossipScenario({ nodes: 50, antiEntropyMs: 1_000, seed: 9 });
    deepEqual(JSON.parse(stdout), { model: 'gossip', scenario, ...runGossip(scenario) });
    match(stderr, /events a second/);
  });

  it('refuses values out of bounds with exit code 2 and says what to do', async () => {
    const { code, stdout, stderr } = await zerostate('sim', 'run', '--json', '--loss', 'much');
    equal(code, 2);
    equal(JSON.parse(stdout).error.code, 'SCENARIO_INVALID');
    match(stderr, /loss is NaN.*\n.*sim run --help/);
  });
});

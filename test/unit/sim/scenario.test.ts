// The scenario format: defaults, overrides, and refusals that name the key.

import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun } from '../../../sim/run/index.ts';
import { parseScenario, readScenario, withOverrides } from '../../../sim/scenario/index.ts';

const FOLDER = new URL('../../../sim/scenarios/', import.meta.url);

describe('simulation scenarios', () => {
  it('fills in every default, and an overridden value wins', () => {
    const scenario = parseScenario('name: one\nworkload: { statements: {} }', 'text', ['topology.nodes=77']);
    equal(scenario.topology.nodes, 77);
    equal(scenario.seeds.count, 10);
    equal(scenario.workload.statements?.writers, 20);
    equal(scenario.workload.revocations, undefined);
    deepEqual(withOverrides(scenario, []), scenario);
  });

  it('refuses unknown keys, wrong values and what does not fit together', () => {
    const wrong: [string, RegExp][] = [
      ['nme: x', /nme: unknown key/],
      ['topology: { nodes: 1 }', /topology\.nodes/],
      ['adversaries: [{ kind: sybl }]', /adversaries\.0\.kind/],
      ['network: { latency: { minMs: 9, maxMs: 3 } }', /minMs is larger/],
      ['seconds: 10\nnetwork: { healSeconds: 11 }', /after the end/],
      ['adversaries: [{ kind: sybil, share: 0.95 }]', /nine in ten/],
      [
        'workload: { statements: { perSecond: 100000, forSeconds: 2000000 } }',
        /statements: perSecond times forSeconds is 200000000000/,
      ],
      ['topology: { nodes: 1000000, degree: 64 }', /nodes times degree/],
      [
        'topology: { nodes: 100000 }\nworkload: { statements: { perSecond: 1000, forSeconds: 900 } }',
        /times nodes/,
      ],
      ['workload: { routes: { perSecond: 1000000 } }', /routes: perSecond/],
      ['- a list', /not a mapping/],
      ['a: [', /not valid YAML/],
    ];
    for (const [text, message] of wrong)
      throws(() => parseScenario(text), { code: 'SCENARIO_INVALID', message });
  });

  it('takes no override that reaches for a prototype', () => {
    throws(() => parseScenario('', 'text', ['__proto__.polluted=1']), { code: 'SCENARIO_INVALID' });
    throws(() => parseScenario('', 'text', ['topology.nodes']), { code: 'SCENARIO_INVALID' });
  });

  it('reads plain files only, and finds a matrix beside its scenario', async () => {
    await rejects(readScenario('/dev/zero'), { code: 'SCENARIO_INVALID', message: /not a plain file/ });
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-scenario-'));
    try {
      const path = join(folder, 'mine.yaml');
      writeFileSync(path, 'network: { latency: { matrixFile: king.csv } }');
      const { network } = await readScenario(path);
      equal(network.latency.matrixFile, join(folder, 'king.csv'));
      writeFileSync(path, `summary: ${'x'.repeat(300_000)}`);
      await rejects(readScenario(path), { code: 'SCENARIO_INVALID', message: /larger than/ });
      // A run carries a scenario, and may come from anybody as well.
      const run = { format: 1, runs: [], scenario: { topology: { nodes: 1e12 } } };
      writeFileSync(join(folder, 'run.json'), JSON.stringify(run));
      throws(() => readRun(folder), { code: 'SCENARIO_INVALID', message: /topology\.nodes/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reads every scenario that comes with the product, by its own name', () => {
    for (const file of readdirSync(FOLDER)) {
      const scenario = parseScenario(readFileSync(new URL(file, FOLDER), 'utf8'), file);
      equal(`${scenario.name}.yaml`, file);
    }
  });
});

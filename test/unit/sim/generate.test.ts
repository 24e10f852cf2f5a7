// Files for clusters and for Shadow: whole, in their schemas, and every seed and combination exactly once.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { parse, parseAllDocuments } from 'yaml';
import { completeConfig } from '../../../node/config/index.ts';
import { kubernetesText, shadowFiles, sharesOf, slurmFiles } from '../../../sim/generate/index.ts';
import { checked, SCHEMAS } from '../../../sim/generate/schemas.ts';
import { completeScenario, parseScenario } from '../../../sim/scenario/index.ts';

const scenario = completeScenario({
  name: 'spread',
  seeds: { first: 5, count: 25 },
  topology: { nodes: 6, degree: 3 },
  network: { loss: { good: 0.01 } },
});

describe('files for many machines', () => {
  it('deal every seed out once for each combination of parameters', () => {
    const shares = sharesOf(scenario, ['network.loss.good=0,0.1', 'topology.nodes=50,60,70'], 10);
    assert.equal(shares.length, 2 * 3 * 3);
    const all = shares.flatMap(({ firstSeed, seeds, set }) =>
      Array.from({ length: seeds }, (_, n) => `${set.join(' ')} ${firstSeed + n}`),
    );
    assert.equal(new Set(all).size, 2 * 3 * 25);
    assert.ok(all.includes('network.loss.good=0.1 topology.nodes=70 29'));
    assert.throws(() => sharesOf(scenario, ['a=1; rm -rf /'], 10), { code: 'SCENARIO_INVALID' });
    assert.throws(() => sharesOf(scenario, [`a=${'1,'.repeat(5_000)}1`], 1), { code: 'SCENARIO_INVALID' });
  });

  it('a Kubernetes Job has one index for each member, and the scenario that it runs', () => {
    const shares = sharesOf(scenario, [], 10);
    const common = { shares: [], parallel: 1, image: 'i', claim: 'c' };
    const measured = completeScenario({ network: { latency: { matrixFile: 'king.csv' } } });
    // What is not in the container cannot be read there.
    assert.throws(() => kubernetesText({ ...common, scenario: measured }), { code: 'SCENARIO_INVALID' });
    const text = kubernetesText({
      scenario,
      shares,
      parallel: 2,
      image: 'registry/zerostate:1',
      claim: 'runs',
    });
    const [map, job] = parseAllDocuments(text).map((document) => document.toJS() as unknown) as [
      { data: Record<string, string> },
      { spec: { completions: number; parallelism: number } },
    ];
    checked(SCHEMAS.configMap, map);
    checked(SCHEMAS.job, job);
    assert.equal(job.spec.completions, 3);
    assert.equal(job.spec.parallelism, 2);
    assert.equal(map.data['members.txt']!.trim().split('\n').length, 3);
    assert.deepEqual(parseScenario(map.data['scenario.yaml']!), scenario);
    assert.throws(() => checked(SCHEMAS.job, { ...job, spec: { ...job.spec, completions: 0 } }), {
      code: 'SCENARIO_INVALID',
    });
    assert.throws(() => checked(SCHEMAS.job, { ...job, extra: 1 }), { code: 'SCENARIO_INVALID' });
  });

  it('a Slurm script is one that bash reads', () => {
    const files = slurmFiles({ scenario, shares: sharesOf(scenario, [], 5), parallel: 4, minutes: 30 });
    const { status, stderr } = spawnSync('bash', ['-n'], {
      input: files['job.sh'],
      encoding: 'utf8',
      timeout: 15_000,
    });
    assert.equal(status, 0, stderr);
    assert.match(files['job.sh']!, /^#SBATCH --array=0-4%4$/m);
    const [first] = files['members.txt']!.split('\n');
    assert.match(first!, /^sim run scenario\.yaml --seed 5 --seeds 5 .*--out results\/0$/);
  });

  it('Shadow is given the real node: configurations that are read, keys that are the peers named, a graph that joins all', async () => {
    const files = await shadowFiles({
      scenario,
      seed: 5,
      node: 'node',
      program: '/opt/zerostate/bin/zerostate.js',
    });
    const config = parse(files['shadow.yaml']!) as {
      hosts: Record<string, unknown>;
      network: { graph: { inline: string } };
    };
    checked(SCHEMAS.shadow, config);
    assert.equal(Object.keys(config.hosts).length, 6);
    assert.equal(config.network.graph.inline.match(/node \[/g)!.length, 6);
    assert.match(config.network.graph.inline, /packet_loss 0\.010000/);
    const seed = Buffer.from(files['homes/n-0/keys/node.key']!, 'base64');
    const peer = String(peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)));
    const joined = completeConfig(parse(files['homes/n-1/config.yaml']!)).join;
    assert.ok(
      joined.some((address) => address.endsWith(`/p2p/${peer}`)),
      joined.join(),
    );
    assert.deepEqual(
      await shadowFiles({ scenario, seed: 5, node: 'node', program: '/opt/zerostate/bin/zerostate.js' }),
      files,
    );
  });
});

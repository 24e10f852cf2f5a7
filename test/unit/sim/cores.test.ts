// The cores tier: the same seed gives the same run, faults are survived, and what must break a property does.

import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import type { RoleBook } from '../../../sim/cores/role.ts';
import { coresTier } from '../../../sim/cores/tier.ts';
import { experimentOf, reportText } from '../../../sim/run/index.ts';
import { parseScenario, type TierResult } from '../../../sim/scenario/index.ts';

const STORM = `
seconds: 40
topology: { nodes: 40 }
network:
  loss: { good: 0.05, bad: 0.6, goodSeconds: 5, badSeconds: 1 }
  bandwidth: { upBytesPerSecond: 200000 }
  churn: { share: 0.3, onSeconds: 6, offSeconds: 3 }
  partitions: [{ atSeconds: 4, forSeconds: 4, share: 0.3, direction: in }]
  healSeconds: 14
protocol: { antiEntropySeconds: 3 }
workload:
  statements: { writers: 8, perSecond: 3, forSeconds: 8 }
  revocations: { count: 3, everySeconds: 1 }
  forks: { count: 2, atSeconds: 5 }
`;

const run = (
  text: string,
  seed: number,
  roles: RoleBook = {},
  overrides: string[] = [],
): Promise<TierResult> => coresTier(roles).run(parseScenario(text, 'text', overrides), seed);

const broken = ({ checks }: TierResult) => checks.filter(({ ok: held }) => !held).map(({ name }) => name);

describe('the cores tier', () => {
  it('gives the same run for the same seed, and another for another', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const [one, two] = [await run(STORM, seed), await run(STORM, seed)];
      deepEqual(one, two);
      notEqual(one.traceHash, (await run(STORM, seed + 100)).traceHash);
    }
  });

  it('floods a ring without jitter in the time that light takes', async () => {
    const ring = `
seconds: 3
topology: { nodes: 11, degree: 2 }
network: { latency: { minMs: 10, maxMs: 10, jitterSigma: 0 } }
protocol: { gossip: flood, antiEntropySeconds: 0 }
workload: { statements: { writers: 1, perSecond: 1, fromSeconds: 0, forSeconds: 2 } }`;
    const { metrics } = await run(ring, 3);
    equal(metrics['statements.coverage'], 1);
    equal(metrics['statements.arrival.maxMs'], 50);
    equal(metrics['gossip.hops.max'], 5);
  });

  it('loses nothing through loss, churn, cuts and forks, and converges once healed', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const result = await run(STORM, seed);
      deepEqual(broken(result), [], JSON.stringify(result.checks.filter(({ ok: held }) => !held)));
      equal(result.metrics['revocations.coverage'], 1);
      equal(result.metrics['forks.found'], 2);
      ok(result.metrics['sync.storedShare']! > 0);
      ok(result.metrics['forks.coverage']! > 0.8);
      for (const name of ['no false accept', 'monotonic heads', 'logs converge'])
        ok(result.checks.find((check) => check.name === name)!.looked > 0, name);
    }
  });

  it('tells everybody of a fork who is there when the evidence passes', async () => {
    const still = ['network.churn.share=0', 'network.partitions=[]'];
    for (let seed = 1; seed <= 3; seed++) {
      const result = await run(STORM, seed, {}, still);
      deepEqual(broken(result), []);
      equal(result.metrics['forks.coverage'], 1);
    }
  });

  it('says so when the network never heals for some: a node that hears nothing breaks liveness', async () => {
    const deaf: RoleBook = { withholder: () => ({ send: () => null }) };
    const result = await run(
      'seconds: 20\ntopology: { nodes: 12, degree: 2 }\nnetwork: { healSeconds: 5 }\nworkload: { statements: { writers: 2, perSecond: 1, forSeconds: 5 } }',
      1,
      deaf,
      ['adversaries=[{kind: withholder, share: 0.5}]'],
    );
    deepEqual(broken(result), ['logs converge']);
  });

  it('accepts nothing spoilt, and shuts out who sends it', async () => {
    const parts = ['signature', 'body', 'proof'] as const;
    let turn = 0;
    const poisoner: RoleBook = {
      poisoner: ({ spoil }) => ({
        send: (_, message) =>
          message.kind === 'publication'
            ? { ...message, publication: spoil(message.publication, parts[turn++ % 3]!) }
            : message,
      }),
    };
    const result = await run(STORM, 1, poisoner, [
      'adversaries=[{kind: poisoner, share: 0.2}]',
      'workload.statements.perSecond=10',
      'network.churn.share=0',
      // Who asked a silent neighbour, and then another, has lost twenty seconds.
      'seconds=60',
    ]);
    deepEqual(broken(result), []);
    ok(result.metrics['gossip.rejected']! > 50);
    ok(result.metrics['admission.penalties']! > 0);
  });

  it('evidence of a fork reaches by comparison who was away when it was gossiped', async () => {
    const result = await run(
      `
seconds: 60
topology: { nodes: 60, degree: 8 }
network: { churn: { share: 0.5, onSeconds: 6, offSeconds: 6 }, healSeconds: 30 }
workload: { forks: { count: 3, atSeconds: 6 } }`,
      3,
    );
    deepEqual(broken(result), []);
    ok(result.metrics['forks.compared']! > 0);
    equal(result.metrics['forks.coverage'], 1);
  });

  it('shows what breaks at the end also to who stops there, and says it in a report without markup', async () => {
    const scenario = parseScenario(`
seconds: 10
summary: "<script>alert(1)</script>"
topology: { nodes: 15, degree: 4 }
network: { loss: { good: 0.6 }, healSeconds: 9.9 }
protocol: { antiEntropySeconds: 60 }
workload: { statements: { writers: 10, perSecond: 2, fromSeconds: 1, forSeconds: 8 } }
claims: [{ text: "a | b\\n# c", metric: statements.coverage, sign: '<=', value: 1 }]`);
    const tier = coresTier({});
    const whole = await tier.run(scenario, 1);
    deepEqual(broken(whole), ['logs converge']);
    const session = await tier.open!(scenario, 1);
    await session.advance(5);
    deepEqual(broken(await session.result()), []);
    await session.advance(10);
    const { checks, traceHash } = await session.result();
    deepEqual(checks, whole.checks);
    equal(traceHash, whole.traceHash);
    const text = reportText(experimentOf(scenario, [whole], '0'), 'folder', []);
    match(text, /zerostate sim replay 1 --run folder --until 10/);
    match(
      text,
      /Mind: 0.1 seconds are left after the healing, and a node compares every 60 s: .*--set seconds=609.9/,
    );
    ok(!text.includes('<script>') && text.includes('| a &#124; b &#35; c '));
  });

  it('pays through loss and churn: shares add up, and every cheat is penalised', async () => {
    const result = await run(
      `
seconds: 30
topology: { nodes: 40 }
network: { loss: { good: 0.1 }, churn: { share: 0.3, onSeconds: 8, offSeconds: 2 } }
workload: { channels: { pairs: 15, perSecond: 10, forSeconds: 15, cheats: 0.4 } }`,
      2,
    );
    deepEqual(broken(result), []);
    equal(result.checks.find(({ name }) => name === 'balanced ledger')?.looked, 15);
    ok(result.metrics['payments.acknowledged']! > 20);
    ok(result.metrics['payments.cheats']! > 2);
    equal(result.metrics['payments.penalised'], result.metrics['payments.cheats']);
  });

  it('lets praise among colluders weigh no more than what honest agents accepted', async () => {
    const colluders: RoleBook = {
      'colluding-raters': ({ isAccomplice }) => ({ praise: (about) => (isAccomplice(about) ? 50 : 0) }),
    };
    const text =
      'seconds: 1\ntopology: { nodes: 40 }\nworkload: { reputation: { agents: 40, tasks: 300, attackShare: 0.02 } }';
    const { metrics } = await run(text, 1, colluders, ['adversaries=[{kind: colluding-raters, share: 0.3}]']);
    ok(metrics['reputation.attackEdges']! > 0);
    ok(metrics['reputation.adversaries.counted']! > 0);
    ok(metrics['reputation.adversaries.countedOfEarned']! <= 1);
    ok(metrics['reputation.honest.admittedShare']! > 0.8);
  });
});

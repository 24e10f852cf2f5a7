// Tier T1: real nodes under virtual time. One seed is one run, whatever the machine does meanwhile.

import assert from 'node:assert/strict';
import { realTier, runInChild } from '../../../sim/real/tier.ts';
import { completeScenario, type TierResult, type TraceLine } from '../../../sim/scenario/index.ts';

const scenario = completeScenario({
  tier: 'T1',
  seconds: 12,
  topology: { nodes: 4, degree: 2 },
  network: {
    latency: { minMs: 10, maxMs: 80 },
    loss: { good: 0.05 },
    partitions: [{ atSeconds: 1, forSeconds: 3, share: 0.5 }],
    clocks: { skewMs: 200 },
    healSeconds: 5,
  },
  protocol: { antiEntropySeconds: 1 },
  workload: {
    statements: { writers: 4, perSecond: 2, fromSeconds: 0.5, forSeconds: 3 },
    revocations: { count: 1 },
  },
});

/** The same with nodes that come and go. */
const MOVING = completeScenario({
  ...scenario,
  network: { ...scenario.network, churn: { share: 0.6, onSeconds: 3, offSeconds: 2 } },
});

/** The same run, looked into on its way. */
async function inSteps(): Promise<TierResult> {
  const session = await realTier.open!(scenario, 7);
  try {
    assert.equal(await session.advance(2.5), true);
    assert.equal(session.now, 2.5);
    const { cards, neighbours } = await session.inspect(1);
    assert.ok((cards as number) > 0 && (neighbours as number[]).length >= 2);
    await assert.rejects(async () => await session.inspect(4), { code: 'SCENARIO_INVALID' });
    // What must hold at the end is not asked half way.
    const { checks } = await session.result();
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['acknowledged-kept'],
    );
    assert.equal(await session.advance(scenario.seconds), false);
    return await session.result();
  } finally {
    await session.close?.();
  }
}

describe('T1: real nodes under virtual time', function () {
  this.timeout(120_000);

  it('gives the same trace twice, with losses and a cut, and when it is stopped on its way, and converges when healed; so do nodes that come and go', async () => {
    const lines: TraceLine[] = [];
    const turns: string[] = [];
    const [one, two, moving] = await Promise.all([
      runInChild(scenario, 7, { trace: (line) => lines.push(line) }),
      inSteps(),
      runInChild(MOVING, 7, { trace: ({ kind }) => turns.push(kind) }),
    ]);
    assert.equal(one.result.traceHash, two.traceHash);
    assert.deepEqual(one.result.metrics, two.metrics);
    assert.deepEqual(
      one.result.checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
      [
        { name: 'acknowledged-kept', ok: true, detail: '' },
        { name: 'converged', ok: true, detail: '' },
      ],
    );
    assert.equal(one.result.metrics['statements.coverage'], 1);
    assert.equal(one.result.metrics['revocations.coverage'], 1);
    const published = lines.filter(({ kind }) => kind === 'publish');
    const arrived = lines.filter(({ kind }) => kind === 'arrive');
    assert.equal(published.length, one.result.metrics['statements.published']);
    for (const { name, ok, detail } of moving.result.checks) assert.ok(ok, `${name}: ${detail}`);
    assert.equal(moving.result.metrics['statements.coverage'], 1);
    for (const kind of ['goes', 'comes']) assert.ok(turns.includes(kind), kind);
    assert.ok(arrived.length >= published.length * scenario.topology.nodes);
  });

  it('refuses what it cannot hold', async () => {
    const large = completeScenario({ tier: 'T1', topology: { nodes: 5_000 } });
    await assert.rejects(runInChild(large, 1), { code: 'SCENARIO_INVALID' });
  });
});

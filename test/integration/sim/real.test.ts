// Tier T1: real nodes under virtual time. One seed is one run, whatever the machine does meanwhile.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
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
    churn: { share: 0.6, onSeconds: 3, offSeconds: 2 },
    clocks: { skewMs: 200 },
    healSeconds: 5,
  },
  protocol: { antiEntropySeconds: 1 },
  workload: {
    statements: { writers: 4, perSecond: 2, fromSeconds: 0.5, forSeconds: 3 },
    revocations: { count: 1 },
  },
});

/** Nodes that lie, and a key on two machines, among honest ones. */
const HOSTILE = completeScenario({
  tier: 'T1',
  seconds: 14,
  topology: { nodes: 8, degree: 4 },
  network: { latency: { minMs: 10, maxMs: 80 }, healSeconds: 4 },
  protocol: { antiEntropySeconds: 1 },
  adversaries: [
    { kind: 'poisoner', share: 0.13 },
    { kind: 'withholder', share: 0.13 },
    { kind: 'equivocator', share: 0.25 },
  ],
  workload: { statements: { writers: 3, perSecond: 2, fromSeconds: 0.5, forSeconds: 3 } },
});

/** What is looked at all the time. */
const SAFETY = ['acknowledged-kept', 'no-false-accept', 'monotonic-heads'];
/** Whoever looks into a run takes this time, in milliseconds of the machine: what it does meanwhile must not matter. */
const PAUSE_MS = 80;
/** Virtual seconds between two looks. */
const STEP_SECONDS = 0.5;

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
      SAFETY,
    );
    for (let at = 2.5 + STEP_SECONDS; await session.advance(at); at += STEP_SECONDS) await pause(PAUSE_MS);
    assert.equal(session.now, scenario.seconds);
    return await session.result();
  } finally {
    await session.close?.();
  }
}

/** Lies were told, nobody believes them, everybody knows who signed two histories, and what honest nodes wrote is everywhere. */
function assertWithstood({ checks, metrics }: TierResult): void {
  assert.ok(metrics['adversaries.spoilt']! > 0 && metrics['adversaries.withheld']! > 0);
  assert.deepEqual(
    checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
    [...SAFETY, 'converged'].map((name) => ({ name, ok: true, detail: '' })),
  );
  assert.ok(checks.every(({ looked }) => looked > 0));
  assert.equal(metrics['statements.coverage'], 1);
  assert.equal(metrics['forks.count'], 1);
  assert.equal(metrics['forks.coverage'], 1);
}

describe('T1: real nodes under virtual time', function () {
  this.timeout(300_000);

  it('gives the same trace twice, with losses, a cut, and nodes that come and go, and when it is stopped on its way, and converges when healed; adversaries are not believed, and a key on two machines is found out', async () => {
    const lines: TraceLine[] = [];
    const [one, two, hostile] = await Promise.all([
      runInChild(scenario, 7, { trace: (line) => lines.push(line) }),
      inSteps(),
      runInChild(HOSTILE, 7),
    ]);
    assertWithstood(hostile.result);
    assert.equal(one.result.traceHash, two.traceHash);
    assert.deepEqual(one.result.metrics, two.metrics);
    assert.deepEqual(
      one.result.checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
      [...SAFETY, 'converged'].map((name) => ({ name, ok: true, detail: '' })),
    );
    assert.equal(one.result.metrics['statements.coverage'], 1);
    assert.equal(one.result.metrics['revocations.coverage'], 1);
    const published = lines.filter(({ kind }) => kind === 'publish');
    const arrived = lines.filter(({ kind }) => kind === 'arrive');
    assert.equal(published.length, one.result.metrics['statements.published']);
    for (const kind of ['goes', 'comes'])
      assert.ok(
        lines.some((line) => line.kind === kind),
        kind,
      );
    assert.ok(arrived.length >= published.length * scenario.topology.nodes);
  });

  it('refuses what it cannot hold', async () => {
    const large = completeScenario({ tier: 'T1', topology: { nodes: 5_000 } });
    await assert.rejects(runInChild(large, 1), { code: 'SCENARIO_INVALID' });
    const routed = completeScenario({ tier: 'T1', adversaries: [{ kind: 'lying-relay', share: 0.1 }] });
    await assert.rejects(runInChild(routed, 1), { code: 'SCENARIO_INVALID' });
  });
});

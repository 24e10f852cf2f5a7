// The gossip model: the same from the same seed, right where the answer is known, and honest about loss.

import { deepEqual, equal, notEqual, ok, throws } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type GossipScenario, gossipScenario, runGossip } from '../../../sim/index.ts';

const run = (parts: Partial<GossipScenario>) => runGossip(gossipScenario(parts));

describe('gossip model', () => {
  it('gives the same trace hash from the same seed, in this process and in another', async () => {
    const parts = { nodes: 120, messages: 10, loss: 0.2 };
    const once = run(parts);
    deepEqual(run(parts), once);
    notEqual(run({ ...parts, seed: 2 }).traceHash, once.traceHash);
    const module = new URL('../../../sim/index.ts', import.meta.url).href;
    const script = `const { gossipScenario, runGossip } = await import(${JSON.stringify(module)});
      console.log(JSON.stringify(runGossip(gossipScenario(${JSON.stringify(parts)}))));`;
    const other = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    deepEqual(JSON.parse(other.stdout), once);
  });

  it('floods a ring without jitter in the time that light takes', () => {
    const ring = {
      nodes: 11,
      degree: 2,
      messages: 1,
      loss: 0,
      jitterMs: 0,
      delayMsMin: 10,
      delayMsMax: 10,
      antiEntropyMs: 0,
    };
    const { coverage, latencyMs, hops, transmissions } = run(ring);
    equal(coverage, 1);
    deepEqual(latencyMs, { p50: 30, p95: 50, p99: 50, max: 50 });
    equal(hops.max, 5);
    // Two from the publisher, one from each of the others; the run ends when everybody has it.
    ok(transmissions >= 10 && transmissions <= 12, String(transmissions));
  });

  it('loses arrivals without anti-entropy, and none with it', () => {
    const lossy = { nodes: 150, degree: 3, messages: 20, loss: 0.4, seconds: 120 };
    const alone = run({ ...lossy, antiEntropyMs: 0 });
    const repaired = run({ ...lossy, antiEntropyMs: 2_000 });
    ok(alone.coverage < 0.999, String(alone.coverage));
    equal(alone.repaired, 0);
    equal(repaired.coverage, 1);
    ok(repaired.repaired > 0);
  });

  it('draws anti-entropy from streams of its own: without loss, arrivals do not move', () => {
    const calm = { nodes: 60, messages: 5, loss: 0, seconds: 30 };
    const { latencyMs, hops } = run({ ...calm, antiEntropyMs: 0 });
    const other = run({ ...calm, antiEntropyMs: 29_000 });
    deepEqual({ latencyMs: other.latencyMs, hops: other.hops }, { latencyMs, hops });
  });

  it('refuses values out of bounds by name', () => {
    const invalid: Partial<GossipScenario>[] = [
      { nodes: 2 },
      { nodes: 2.5 },
      { loss: Number.NaN },
      { degree: 65 },
      { messages: 0 },
      { delayMsMin: 200 },
      { nodes: 1_000_000, messages: 1_000 },
    ];
    for (const parts of invalid) throws(() => gossipScenario(parts), { code: 'SCENARIO_INVALID' });
  });
});

// The scenario's wire as TCP lets it be felt: what is lost or cut comes later.

import assert from 'node:assert/strict';
import { Wire } from '../../../sim/net/wire.ts';
import { ipOfNode, nodeOfIp } from '../../../sim/real/tcp-links.ts';
import { addressOfHost } from '../../../sim/real/transport.ts';
import { ReliableWire } from '../../../sim/real/wire.ts';
import { completeScenario } from '../../../sim/scenario/index.ts';

const SECOND = 1_000_000;

function wireOf(network: object) {
  const scenario = completeScenario({ tier: 'T1', topology: { nodes: 12, degree: 4 }, network });
  const model = new Wire(scenario, 2);
  return { wire: new ReliableWire(model), topology: model.topology };
}

describe('the reliable wire', () => {
  it('joins neighbours and nobody else, and is exact before the scenario begins', () => {
    const { topology, wire } = wireOf({ loss: { good: 0.9 } });
    for (let from = 0; from < 12; from++)
      for (let to = 0; to < 12; to++) {
        const isNear = topology.to.subarray(topology.first[from], topology.first[from + 1]).includes(to);
        assert.equal(wire.reaches(from, to), isNear);
        if (!isNear) assert.equal(wire.delay(from, to, 100, 0), Number.POSITIVE_INFINITY);
      }
    const [from, to] = [topology.from[0]!, topology.to[0]!];
    assert.equal(wire.delay(from, to, 100, 0), topology.delay[0]);
  });

  it('sends what is lost again, not before 200 ms', () => {
    const { topology, wire } = wireOf({ loss: { good: 0.5 }, latency: { jitterSigma: 0 } });
    wire.begin(0);
    const [from, to] = [topology.from[0]!, topology.to[0]!];
    const extra = Array.from(
      { length: 200 },
      (_, n) => wire.delay(from, to, 100, n * SECOND) - topology.delay[0]!,
    );
    assert.ok(
      extra.every((us) => us === 0 || us >= 200_000),
      String(Math.min(...extra.filter((us) => us > 0))),
    );
    assert.ok(extra.some((us) => us === 0) && extra.some((us) => us >= 600_000));
  });

  it('holds what is cut until the cut is over', () => {
    const { topology, wire } = wireOf({ partitions: [{ atSeconds: 1, forSeconds: 5, share: 0.5 }] });
    wire.begin(10 * SECOND);
    const arrivals = [...topology.from].map((from, link) =>
      wire.delay(from, topology.to[link]!, 100, 12 * SECOND),
    );
    const held = arrivals.filter((us) => us > SECOND);
    assert.ok(held.length > 0 && held.length < arrivals.length);
    assert.ok(held.every((us) => us >= 4 * SECOND && us < 10 * SECOND));
  });

  it('knows nodes by their addresses', () => {
    for (const n of [0, 1, 254, 255, 256, 999]) assert.equal(nodeOfIp(ipOfNode(n)), n);
    assert.equal(nodeOfIp('127.0.0.1'), -1);
    assert.equal(nodeOfIp(undefined), -1);
    assert.equal(new Set(Array.from({ length: 999 }, (_, n) => addressOfHost(n))).size, 999);
  });
});

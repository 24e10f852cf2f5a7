// The network models, each against what is known of it: means of loss and jitter, cuts in one direction, queues, matrices.

import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { Uplinks } from '../../../sim/net/bandwidth.ts';
import { LinkLoss } from '../../../sim/net/loss.ts';
import { parseMatrix } from '../../../sim/net/matrix.ts';
import { Partitions } from '../../../sim/net/partitions.ts';
import { Wire } from '../../../sim/net/wire.ts';
import { randomStream } from '../../../sim/random.ts';
import { parseScenario } from '../../../sim/scenario/index.ts';

const near = (got: number, wanted: number, share: number) =>
  ok(Math.abs(got - wanted) <= share * wanted, `${got} is not near ${wanted}`);
const SECOND = 1_000_000;

describe('network models', () => {
  it('loses the share of Gilbert and Elliott, in bursts', () => {
    const loss = new LinkLoss(
      { good: 0.01, bad: 0.5, goodSeconds: 9, badSeconds: 1 },
      1,
      Number.POSITIVE_INFINITY,
    );
    const stream = randomStream(1, 'loss');
    let lost = 0;
    let pairs = 0;
    let last = false;
    const count = 200_000;
    for (let n = 0; n < count; n++) {
      const now = loss.lost(0, n * 100_000, stream);
      lost += now ? 1 : 0;
      pairs += now && last ? 1 : 0;
      last = now;
    }
    const share = lost / count;
    near(share, 0.9 * 0.01 + 0.1 * 0.5, 0.05);
    // Independent losses would follow each other with the same share again.
    ok(pairs / lost > 5 * share, `${pairs / lost}`);
  });

  it('loses nothing once healed', () => {
    const loss = new LinkLoss({ good: 0.9, bad: 1, goodSeconds: 1, badSeconds: 1 }, 1, 10 * SECOND);
    const stream = randomStream(1, 'healed');
    for (let n = 0; n < 100; n++) equal(loss.lost(0, 10 * SECOND + n, stream), false);
  });

  it('cuts only the direction that is named, only while it lasts', () => {
    const cut = { atSeconds: 1, forSeconds: 2, share: 0.5 } as const;
    for (const direction of ['both', 'in', 'out'] as const) {
      const cuts = new Partitions([{ ...cut, direction }], 200, 7, Number.POSITIVE_INFINITY);
      let crossings = 0;
      for (let from = 0; from < 200; from++)
        for (let to = 0; to < 200; to++) {
          equal(cuts.cuts(from, to, 0.5 * SECOND), false);
          equal(cuts.cuts(from, to, 3 * SECOND), false);
          if (!cuts.cuts(from, to, 2 * SECOND)) continue;
          crossings += 1;
          equal(cuts.cuts(to, from, 2 * SECOND), direction === 'both');
        }
      near(crossings, direction === 'both' ? 20_000 : 10_000, 0.1);
    }
  });

  it('keeps bytes waiting at the rate of the line, and drops what does not fit', () => {
    const uplinks = new Uplinks({ upBytesPerSecond: 1_000, queueBytes: 250 }, 1);
    deepEqual(
      [100, 100, 100].map((bytes) => uplinks.delay(0, bytes, 0)),
      [100_000, 200_000, -1],
    );
    equal(uplinks.delay(0, 100, 200_000), 100_000);
  });

  it('jitters with the median of its base, and draws the same whatever is lost', () => {
    const wire = (good: number) =>
      new Wire(parseScenario('topology: { nodes: 4, degree: 2 }', 'text', [`network.loss.good=${good}`]), 3);
    const [calm, lossy] = [wire(0), wire(0.3)];
    const ratios: number[] = [];
    let lost = 0;
    for (let n = 0; n < 20_000; n++) {
      const delay = calm.transmit(0, 100, n);
      ratios.push(delay / calm.topology.delay[0]!);
      lost += lossy.transmit(0, 100, n) < 0 ? 1 : 0;
    }
    ratios.sort((a, b) => a - b);
    near(ratios[10_000]!, 1, 0.02);
    near(ratios[Math.floor(20_000 * 0.8413)]!, Math.exp(0.2), 0.02);
    near(lost, 6_000, 0.05);
  });

  it('reads a matrix with or without names, and says what is wrong with one', () => {
    const plain = parseMatrix('1,20\n30,1');
    deepEqual([plain.rows, ...plain.delays], [2, 1, 20, 30, 1]);
    deepEqual(parseMatrix(',a,b\na,1,20\nb,30,1'), plain);
    throws(() => parseMatrix('1,2\n3'), { code: 'SCENARIO_INVALID', message: /row 2 has 1 numbers/ });
    throws(() => parseMatrix('1,-2\n3,4'), { code: 'SCENARIO_INVALID', message: /row 1, column 2/ });
  });
});

// Forks are found: every log that shows two histories is caught within two rounds of gossip, by evidence that anybody can check offline.
// The benchmark `forks` does the same a thousand times.

import assert from 'node:assert/strict';
import { verify } from '../../../protocol/verify/index.ts';
import { randomStream } from '../../../sim/random.ts';
import { splitView } from '../../support/split-views.ts';

const FORKS = 40;

describe('logs that show two histories', function () {
  this.timeout(60_000);

  it('are found within two rounds, however few see the second history', async () => {
    const random = randomStream(1, 'split-views');
    const few = new Set<number>();
    for (let n = 0; n < FORKS; n++) {
      const outcome = await splitView({ random, partners: 8, fanout: 3, entries: 200, roundsMax: 8 });
      assert.ok(outcome.found >= 1 && outcome.found <= 2, `fork ${n}: found in round ${outcome.found}`);
      assert.ok(outcome.spread > 0, `fork ${n}: not everybody came to know`);
      assert.ok(outcome.evidence.length <= 2_048, `${outcome.evidence.length} bytes`);
      const report = verify(outcome.evidence, { now: 0 });
      assert.deepEqual([report.ok, report.kind], [true, 'equivocation']);
      few.add(outcome.shown);
    }
    assert.ok(few.has(1) && few.has(7));
  });
});

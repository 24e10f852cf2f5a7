// The chaos rows in their small form: the same faults and thresholds as `npm run chaos -- ROW`, for less time.
// Rows 9 and 10 have tests of their own beside this one (node/host, relay/circuit).

import assert from 'node:assert/strict';
import { holds } from '../../chaos/rig.ts';
import { ROWS } from '../../chaos/rows.ts';

const IN_SMALL: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21];

describe('chaos, in small', function () {
  this.timeout(300_000);

  for (const { row, title, pass, run } of ROWS.filter((one) => IN_SMALL.includes(one.row))) {
    it(`row ${row}: ${title} — ${pass}`, async () => {
      const figures = await run({ quick: true });
      assert.deepEqual(
        figures.filter((figure) => !holds(figure)),
        [],
      );
    });
  }
});

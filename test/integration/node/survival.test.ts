// The quick forms of the rows about data: kills, damage, a full disk, clocks, SIGTERM, late joiners. `npm run chaos` has the longer ones.

import assert from 'node:assert/strict';
import { type ChaosRow, holds } from '../../chaos/rig.ts';
import { row01 } from '../../chaos/row-01-kill.ts';
import { row02 } from '../../chaos/row-02-damage.ts';
import { row03 } from '../../chaos/row-03-disk-full.ts';
import { row04 } from '../../chaos/row-04-clocks.ts';
import { row20 } from '../../chaos/row-20-sigterm.ts';
import { row21 } from '../../chaos/row-21-late-joiner.ts';

describe('what a node survives', function () {
  this.timeout(90_000);

  for (const { row, title, run } of [row01, row02, row03, row04, row20, row21] as ChaosRow[])
    it(`row ${row}: ${title}`, async () => {
      const figures = await run({ quick: true });
      assert.deepEqual(
        figures.filter((figure) => !holds(figure)),
        [],
      );
    });
});

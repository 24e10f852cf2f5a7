// Every chaos row that there is.

import type { ChaosRow } from './rig.ts';
import { row01 } from './row-01-kill.ts';
import { row02 } from './row-02-damage.ts';
import { row03 } from './row-03-disk-full.ts';
import { row04 } from './row-04-clocks.ts';
import { row05 } from './row-05-split.ts';
import { row06 } from './row-06-one-way.ts';
import { row07 } from './row-07-churn.ts';
import { row08 } from './row-08-bad-links.ts';
import { row09 } from './row-09-gossip-reset.ts';
import { row10 } from './row-10-relay.ts';
import { row11 } from './row-11-stale-replay.ts';
import { row12 } from './row-12-lying-holders.ts';
import { row13 } from './row-13-sybil.ts';
import { row14 } from './row-14-eclipse.ts';
import { row15 } from './row-15-invalid-signatures.ts';
import { row16 } from './row-16-decoder-bombs.ts';
import { row17 } from './row-17-slowloris.ts';
import { row18 } from './row-18-store-spam.ts';
import { row19 } from './row-19-soak.ts';
import { row20 } from './row-20-sigterm.ts';
import { row21 } from './row-21-late-joiner.ts';

export const ROWS: readonly ChaosRow[] = [
  row01,
  row02,
  row03,
  row04,
  row05,
  row06,
  row07,
  row08,
  row09,
  row10,
  row11,
  row12,
  row13,
  row14,
  row15,
  row16,
  row17,
  row18,
  row19,
  row20,
  row21,
];

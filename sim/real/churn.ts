// Nodes that come and go in runs of real nodes: they are stopped as their owner would stop them, and opened again with what they stored.
// Who, and when, is drawn as in every other tier.

import { turnsOf } from '../net/churn.ts';
import type { Scenario, TraceLine } from '../scenario/index.ts';
import type { Fleet } from './fleet.ts';
import type { Timeline } from './timeline.ts';

const SECOND_US = 1_000_000;
const MS = 1_000;

export interface ChurnOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly fleet: Fleet;
  readonly time: Timeline;
  readonly trace: (line: Omit<TraceLine, 'at'>) => void;
}

/** Sets the coming and going in motion, from now on. */
export function scheduleChurn({ fleet, scenario, seed, time, trace }: ChurnOptions): void {
  const { churn, healSeconds } = scenario.network;
  const origin = time.nowUs;
  const healedAt = healSeconds > 0 ? healSeconds * SECOND_US : Number.POSITIVE_INFINITY;
  for (let node = 0; node < fleet.nodes.length; node++) {
    const turns = turnsOf(churn, seed, node, healedAt);
    if (turns === undefined) continue;
    const turn = (isComing: boolean, at: number): void => {
      trace({ kind: isComing ? 'comes' : 'goes', node, peer: -1, what: '' });
      if (isComing) fleet.comes(node);
      else fleet.goes(node);
      plan(at);
    };
    const plan = (now: number): void => {
      const at = turns.next(now);
      // What lies behind the end of the run is not waited for.
      if (at === undefined || at > scenario.seconds * SECOND_US) return;
      const isComing = turns.here;
      time.after(Math.max(0, origin + at - time.nowUs) / MS, () => turn(isComing, at));
    };
    if (turns.here) plan(0);
    else turn(false, 0);
  }
}

// The two days of one policy over the router core on a stage.

import { CoreHops } from './core-hops.ts';
import { CoreLinks, type CoreOutcome } from './core-links.ts';
import { CoreUpkeep } from './core-upkeep.ts';
import { type CoreOptions, CoreWorld } from './core-world.ts';
import { callsOf, DAYS, type Day, FAULTS } from './stage.ts';

/** Virtual time before the first day: reports of everybody have come by then. */
const SETTLE_MS = 6_000;

/** Runs both days; answers the streams that are measured. Deterministic for its options. */
export async function runCores(options: CoreOptions): Promise<Record<Day, CoreOutcome[]>> {
  const { seed, sizes } = options;
  const world = new CoreWorld(options);
  const upkeep = new CoreUpkeep(world);
  const links = new CoreLinks(world, upkeep, new CoreHops(world, upkeep), seed);
  await world.run(SETTLE_MS);
  const days: Record<Day, CoreOutcome[]> = { calm: [], impaired: [] };
  for (const day of DAYS) {
    if (day === 'impaired') {
      for (const { at, link } of [FAULTS.slow, FAULTS.lossy]) world.wire.set(at, link);
      upkeep.lies = FAULTS.liar.lies;
      upkeep.kill(FAULTS.killed);
      links.broke(FAULTS.killed);
    }
    const began = world.now;
    const calls = callsOf(sizes, seed, day);
    let left = calls.length;
    for (const { atMs, from, isMeasured, to } of calls)
      world.after(began + atMs - world.now, () => {
        void links.call(sizes.relays + from, sizes.relays + to).then((outcome) => {
          left -= 1;
          if (isMeasured) days[day].push(outcome);
        });
      });
    await world.run(Number.POSITIVE_INFINITY, () => left === 0);
  }
  return days;
}

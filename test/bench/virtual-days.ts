// The two days of one policy over the virtual fleet: nothing is wrong, then one relay is slow, one loses, one is killed and one lies. Streams are
// set up between edges as they come, whatever became of those before.

import type { World } from '../../sim/real/world.ts';
import { callsOf, DAYS, type Day, FAULTS, type StageCall, type StageSizes } from '../../sim/stage/stage.ts';
import { ECHO } from './echo.ts';
import type { PolicyKind } from './policy-kinds.ts';
import { one, type Samples, samples, take } from './policy-traffic.ts';
import { VirtualFleet } from './virtual-fleet.ts';

const US = 1_000;

export interface VirtualOrder {
  readonly kind: PolicyKind;
  readonly seed: number;
  readonly folder: string;
  readonly sizes: StageSizes;
}

export type VirtualDays = Record<Day, Samples>;

/** Runs both. Throws when the fleet does not come up. */
export async function runDays(
  order: VirtualOrder,
  world: World,
  note: (text: string) => void,
): Promise<VirtualDays> {
  const { folder, kind, seed, sizes } = order;
  const fleet = new VirtualFleet({ ...sizes, folder, seed, policy: kind.policy, world });
  await fleet.start();
  if (kind.races !== undefined)
    await world.through(
      Promise.all(fleet.edges.map(({ node }) => node.routing.usePolicy(kind.policy, kind.races))),
    );
  note(`the fleet stands after ${Math.round(world.elapsed / 1_000)} s`);
  const days: VirtualDays = { calm: samples(), impaired: samples() };
  for (const day of DAYS) {
    if (day === 'impaired') {
      fleet.wire.set(FAULTS.slow.at, FAULTS.slow.link);
      fleet.wire.set(FAULTS.lossy.at, FAULTS.lossy.link);
      fleet.lies(FAULTS.liar.at, FAULTS.liar.lies);
      fleet.kill(FAULTS.killed);
    }
    await traffic(fleet, world, callsOf(sizes, seed, day), days[day]);
    note(`${day}: ${days[day].setup.length} streams, ${Math.round(world.elapsed / 1_000)} s`);
  }
  return days;
}

/** Streams as they come, whatever became of those before. */
async function traffic(
  fleet: VirtualFleet,
  world: World,
  calls: readonly StageCall[],
  into: Samples,
): Promise<void> {
  const { edges } = fleet;
  const liar = fleet.relays[FAULTS.liar.at]!.peerId;
  const beganUs = world.nowUs;
  const all: Promise<void>[] = [];
  for (const { atMs, from, isMeasured, to } of calls) {
    await world.run(Math.round(beganUs + atMs * US));
    const streamed = one(edges[from]!, edges[to]!, ECHO);
    all.push(
      streamed.then((outcome) => {
        if (isMeasured) take(into, outcome, liar);
      }),
    );
  }
  await world.through(Promise.all(all));
}

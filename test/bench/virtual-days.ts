// The two days of one policy over the virtual fleet: nothing is wrong, then one relay is slow, one loses, one is killed and one lies. Streams are
// set up between edges as they come, whatever became of those before.

import { type RandomStream, randomStream } from '../../sim/random.ts';
import type { World } from '../../sim/real/world.ts';
import type { PolicyKind } from './policy-kinds.ts';
import { DAYS, type Day, FAULTS, one, type Samples, samples, take } from './policy-traffic.ts';
import { ECHO, VirtualFleet } from './virtual-fleet.ts';

const US = 1_000;
/** A pair rests so long after a stream: both ends know by then that the link has gone. */
const REST_MS = 1_000;
/** Pause while every pair that is drawn is at it. */
const LOOK_MS = 10;

export interface VirtualOrder {
  readonly kind: PolicyKind;
  readonly seed: number;
  readonly folder: string;
  readonly relays: number;
  readonly edges: number;
  /** Streams of each day, and how many begin in a second. */
  readonly streams: number;
  readonly perSecond: number;
  /** Virtual seconds with traffic before each day is measured. */
  readonly learnSeconds: number;
}

export type VirtualDays = Record<Day, Samples>;

/** Runs both. Throws when the fleet does not come up. */
export async function runDays(
  order: VirtualOrder,
  world: World,
  note: (text: string) => void,
): Promise<VirtualDays> {
  const { kind, learnSeconds, perSecond, seed, streams } = order;
  const fleet = new VirtualFleet({ ...order, policy: kind.policy, world });
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
    const random = randomStream(seed, 'pairs', day === 'calm' ? 0 : 1);
    await traffic(fleet, world, random, learnSeconds * perSecond, perSecond, undefined);
    await traffic(fleet, world, random, streams, perSecond, days[day]);
    note(`${day}: ${days[day].setup.length} streams, ${Math.round(world.elapsed / 1_000)} s`);
  }
  return days;
}

async function traffic(
  fleet: VirtualFleet,
  world: World,
  random: RandomStream,
  streams: number,
  perSecond: number,
  into: Samples | undefined,
): Promise<void> {
  const { edges } = fleet;
  const liar = fleet.relays[FAULTS.liar.at]!.peerId;
  const inUse = new Set<string>();
  const all: Promise<void>[] = [];
  for (let n = 0; n < streams; n++) {
    let from = 0;
    let to = 0;
    let pair = '';
    for (;;) {
      from = random.below(edges.length);
      to = (from + 1 + random.below(edges.length - 1)) % edges.length;
      // Two that call each other share a link, and the first to end would end it for the other.
      pair = [from, to].sort((x, y) => x - y).join();
      if (!inUse.has(pair)) break;
      await world.run(world.nowUs + LOOK_MS * US);
    }
    inUse.add(pair);
    all.push(
      one(edges[from]!, edges[to]!, ECHO).then((result) => {
        if (into !== undefined) take(into, result, liar);
        world.after(REST_MS, () => inUse.delete(pair));
      }),
    );
    await world.run(world.nowUs + Math.round(random.exponential(1_000 / perSecond) * US));
  }
  await world.through(Promise.all(all));
}

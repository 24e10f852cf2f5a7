// Row 8: every link loses one segment of twenty and delays each by up to 200 ms more. TCP sends what is lost again, later, and all that is
// behind it waits: that is how loss is felt here. The links are made in the processes (test/fleet/link.ts).

import { Fleet } from '../fleet/fleet.ts';
import { deliveryFigures, measureDelivery } from './delivery.ts';
import type { ChaosRow } from './rig.ts';

const NODES = 20;
const NODES_PER_PROCESS = 5;
const MINUTES = 1;
const LINK = { oneWayMs: 10, jitterMs: 200, loss: 0.05 };
const P95_SECONDS_MAX = 3;

export const row08: ChaosRow = {
  row: 8,
  title: 'links with 5 % loss and 200 ms jitter',
  pass: 'at least 99.9 % delivered, p95 at most 3 s',
  async run({ quick, nodes, minutes }) {
    const count = quick ? 4 : (nodes ?? NODES);
    const seconds = quick ? 4 : (minutes ?? MINUTES) * 60;
    const hosts = Math.ceil(count / NODES_PER_PROCESS);
    await using fleet = await Fleet.start({ nodes: count, hosts, link: LINK });
    const delivery = await measureDelivery(fleet, { names: fleet.names, seconds, everyMs: 500 });
    const standing = await fleet.standing();
    const penalized = standing.reduce((sum, one) => sum + one.penalized, 0);
    return [
      { name: 'nodes', value: count, unit: 'nodes', min: count },
      ...deliveryFigures(delivery, quick ? undefined : P95_SECONDS_MAX),
      { name: 'honest peers shut out', value: penalized, unit: 'peers', max: 0 },
    ];
  },
};

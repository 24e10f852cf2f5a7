// What nodes that have nothing to do cost: announcements, heartbeats, rounds of anti-entropy, timers. The processor's time does not depend on what else
// the machine does; it has the simulated links in it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { endFleet, ONE_WAY_MS, startFleet } from './network-rig.ts';

const WATCHED_MS = 20_000;
/** A fiftieth of a core: fifty such nodes fill one. */
const CPU_MS_PER_SECOND_MAX = 20;
/** One stream a second at each node; the library's own monitor of connections opens four with forty peers. */
const STREAMS_PER_SECOND_MAX = 1;

export const bench: Bench = {
  name: 'idle',
  summary:
    'CPU time and streams of a node that has nothing to do, for each second, against a fiftieth of a core',
  bar: { sign: '<=', value: 1 },
  end: endFleet,
  async run({ sizes, report }) {
    const nodes = sizes(10, 40);
    const fleet = await startFleet(nodes);
    const sum = async () => {
      const all = await fleet.all('work', null);
      return {
        cpuMs: all.reduce((total, one) => total + one.cpuMs, 0),
        streams: all.reduce((total, one) => total + one.streams, 0),
      };
    };
    const before = await sum();
    await delay(WATCHED_MS);
    const after = await sum();
    const nodeSeconds = (nodes * WATCHED_MS) / 1_000;
    const row = (label: string, unit: string, ours: number, peer: number, peerName: string) =>
      report({
        case: label,
        sizes: { nodes, oneWayMs: ONE_WAY_MS },
        ours,
        peer,
        peerName,
        unit,
        better: 'lower',
      });
    const { cpuMs, streams } = { cpuMs: after.cpuMs - before.cpuMs, streams: after.streams - before.streams };
    row('CPU', 'ms/s', cpuMs / nodeSeconds, CPU_MS_PER_SECOND_MAX, 'a fiftieth of a core');
    row('streams begun by peers', 'streams/s', streams / nodeSeconds, STREAMS_PER_SECOND_MAX, 'one a second');
  },
};

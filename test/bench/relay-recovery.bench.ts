// A relay is killed (SIGKILL) under a stream that is in use: how long until answers come again, over other relays. The first and the second hop
// in turn. Also asked: whether a byte was lost, and whether anything hung.

import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';
import { startRelayed, waitFor } from './relay-rig.ts';

/** What is promised. */
const CEILING_MS = 2_000;
const SEND_MS = 10;
const SETTLE_MS_MAX = 60_000;
/** Time that the relays get to learn of each other before the next kill. */
const CALM_MS = 3_000;

export const bench: Bench = {
  name: 'relay-recovery',
  summary:
    'ms without answers on an open stream when a relay that carries it is killed, against the promised 2 s',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note, folder }) {
    const kills = sizes(4, 12);
    await using world = await startRelayed(folder(), 2);
    const { here, relays } = world;
    const stream = await world.call();
    let answered = 0;
    let sent = 0;
    let lastAt = performance.now();
    let longest = 0;
    let wrong = 0;
    stream.addEventListener('message', ({ data }) => {
      const now = performance.now();
      longest = Math.max(longest, now - lastAt);
      lastAt = now;
      // Every byte is its own number, so that a lost, doubled or misplaced one shows.
      for (const byte of data.subarray()) {
        if (byte !== answered % 256) wrong += 1;
        answered += 1;
      }
    });
    const timer = setInterval(() => {
      if (stream.status === 'open') stream.send(Uint8Array.of(sent++ % 256));
    }, SEND_MS);
    const gaps: number[] = [];
    try {
      await waitFor(() => answered > 50, SETTLE_MS_MAX);
      for (let kill = 0; kill < kills; kill++) {
        await delay(CALM_MS);
        const link = here.node.routing.links().find(({ streams }) => streams > 0);
        const victim = relays.find(({ node }) => node.info.peerId === link?.path[kill % 2]);
        if (victim === undefined) throw new Error('the stream is on no relay');
        [longest, lastAt] = [0, performance.now()];
        const mark = answered;
        await victim.node.kill();
        await waitFor(() => answered > mark + 200, SETTLE_MS_MAX);
        gaps.push(longest);
        note(`${victim.name} (hop ${(kill % 2) + 1}) killed: ${Math.round(longest)} ms without an answer`);
        victim.node = await world.start(victim.name, victim.region);
      }
      clearInterval(timer);
      await waitFor(() => answered === sent, SETTLE_MS_MAX);
    } finally {
      clearInterval(timer);
    }
    if (wrong > 0 || stream.status !== 'open')
      throw new Error(`${wrong} bytes wrong, stream ${stream.status}`);
    note(`${sent} bytes sent, ${answered} answered, none wrong; the stream is ${stream.status}`);
    for (const [label, p] of [
      ['p50', 0.5],
      ['worst', 1],
    ] as const)
      report({
        case: `killed relay, ${label}`,
        sizes: { kills, relays: relays.length },
        ours: percentile(gaps, p),
        peer: CEILING_MS,
        peerName: 'the promised ceiling',
        unit: 'ms',
        better: 'lower',
      });
    stream.abort(new Error('over'));
  },
};

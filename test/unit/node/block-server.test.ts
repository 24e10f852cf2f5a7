// Blocks for peers are bulk work: they wait while that gives way, are sent when it does no more, and never after the end.

import assert from 'node:assert/strict';
import { Overload } from '../../../node/admission/index.ts';
import { cidOf } from '../../../node/artifacts/blocks.ts';
import { BlockServer } from '../../../node/artifacts/server.ts';
import { createMetrics } from '../../../node/metrics/index.ts';

const RAW = 0x55;

describe('the server of blocks', () => {
  function served() {
    const load = { lagMs: 0 };
    const timers: (() => void)[] = [];
    const sent: Uint8Array[] = [];
    const block = new TextEncoder().encode('a block');
    const overload = new Overload({ metrics: createMetrics(), lagMs: () => load.lagMs });
    const server = new BlockServer({
      overload,
      read: async () => block,
      send: async (_peer, message) => {
        sent.push(message);
      },
      clock: {
        now: () => 1_000_000,
        after: (_ms, run) => {
          timers.push(run);
          return () => {};
        },
      },
      log: { warn: (fields: object) => assert.fail(JSON.stringify(fields)) } as never,
      metrics: createMetrics(),
    });
    const want = { cid: cidOf(RAW, block).bytes, cancel: false, haveOnly: false, sayMissing: true };
    const ask = (peer: string) => server.take(peer as never, [want]);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    return { load, timers, sent, overload, server, ask, turn };
  }

  it('sends at once when there is little to do, and leaves its place', async () => {
    const { ask, overload, sent, turn } = served();
    ask('anna');
    await turn();
    assert.deepEqual([sent.length, overload.load.underWay], [1, 0]);
  });

  it('waits while bulk work gives way, with several who want', async () => {
    const { ask, load, overload, sent, timers, turn } = served();
    load.lagMs = 600;
    for (const peer of ['anna', 'berta', 'carla']) ask(peer);
    await turn();
    assert.deepEqual([sent.length, timers.length > 0], [0, true]);
    load.lagMs = 0;
    while (timers.length > 0) timers.shift()?.();
    await turn();
    assert.deepEqual([sent.length, overload.load.underWay], [3, 0]);
  });

  it('sends nothing after its end', async () => {
    const { ask, load, overload, sent, server, timers, turn } = served();
    load.lagMs = 600;
    ask('anna');
    server.stop();
    load.lagMs = 0;
    while (timers.length > 0) timers.shift()?.();
    await turn();
    assert.deepEqual([sent.length, overload.load.underWay], [0, 0]);
  });
});

// Row 17: thousands of sockets are opened from one site, and nothing is ever said on them.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, heldBytes, percentile } from './rig.ts';

/** Memory for sockets that wait: a few of one site, with buffers of some kilobytes; the attackers' own sockets are counted with them. */
const GROWTH_MIB_MAX = 64;
const SUCCESS_MIN = 0.99;
/** In the small form one of its twelve may be lost to a machine that is held up for as long as a dial may take. */
const SUCCESS_MIN_QUICK = 0.9;
const WAVE = 250;

export const row17: ChaosRow = {
  row: 17,
  title: 'slowloris: 10,000 half-open connections',
  pass: 'memory within 64 MiB; honest dials >= 99 %',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim', { peers: { groupPrivate: true } });
    const address = addressOf(victim);
    const port = Number(/\/tcp\/(\d+)/.exec(address)![1]);
    const before = heldBytes();
    const sockets = new Set<Socket>();
    let opened = 0;
    const open = () => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: `127.66.6.${1 + (opened++ % 200)}` });
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    };
    const total = quick ? 1_000 : 10_000;
    const times: number[] = [];
    let dialled = 0;
    let worst = 0;
    let dials = 0;
    try {
      while (opened < total) {
        for (let i = 0; i < WAVE; i++) open();
        await delay(100);
        worst = Math.max(worst, heldBytes() - before);
        for (let i = 0; i < (quick ? 3 : 5); i++) {
          await using honest = await startRogue({ ip: `127.${10 + (dials % 100)}.0.1` });
          const started = performance.now();
          dials += 1;
          if ((await honest.dial(address).catch(() => undefined))?.status === 'open') dialled += 1;
          times.push(performance.now() - started);
        }
      }
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    return [
      { name: 'half-open connections', value: opened, unit: 'sockets' },
      { name: 'growth of what is held, worst', value: worst / 2 ** 20, unit: 'MiB', max: GROWTH_MIB_MAX },
      {
        name: 'honest dials that succeed',
        value: dialled / dials,
        unit: 'share',
        min: quick ? SUCCESS_MIN_QUICK : SUCCESS_MIN,
      },
      { name: 'honest dial p95', value: percentile(times, 0.95), unit: 'ms' },
    ];
  },
};

// Bytes that anti-entropy receives after a short absence: heads of all logs and the missing tails, against sending everything again.

import { setImmediate as breath } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import type { Bench } from './bench.ts';

const CATCH_UP_MS_MAX = 60_000;

export const bench: Bench = {
  name: 'catch-up',
  summary: 'bytes of log tails to catch up after an absence, against a full resend to a new node',
  bar: { sign: '<=', value: 0.1 },
  async run({ sizes, report }) {
    const held = sizes(300, 2_000);
    const missed = sizes(10, 50);
    await using nodes = new TestNodes();
    const first = await nodes.start('n-0', { roles: ['boot'] });
    const all: RunningNode[] = [first];
    for (const name of ['n-1', 'n-2']) all.push(await nodes.start(name, { join: [addressOf(first)] }));
    for (let n = 0; n < held; n += 20)
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => all[(n + i) % 2]!.node.cards.publish(draft(`Held ${n + i}`))),
      );
    await until(() => all.every(({ node }) => node.book.size >= held), CATCH_UP_MS_MAX);
    await nodes.stop('n-2');
    for (let n = 0; n < missed; n++) await all[n % 2]!.node.cards.publish(draft(`Missed ${n}`));
    const bytesOf = async (name: string): Promise<number> => {
      const { node } = await nodes.start(name, { join: [addressOf(first)] });
      await until(() => node.book.size >= held + missed, CATCH_UP_MS_MAX);
      const text = await node.metrics.render();
      return Number(/zerostate_sync_bytes_total (\d+)/.exec(text)?.[1]);
    };
    const ours = await bytesOf('n-2');
    const peer = await bytesOf('new');
    report({
      case: `${missed} of ${held + missed} statements missed`,
      sizes: { held, missed, logs: 2 },
      ours,
      peer,
      peerName: 'full resend',
      unit: 'bytes',
      better: 'lower',
    });
  },
};

/** Waits, looking at every turn of the event loop. Throws after `msMax`. */
async function until(done: () => boolean, msMax: number): Promise<void> {
  const started = performance.now();
  while (!done()) {
    if (performance.now() - started > msMax) throw new Error(`waited ${msMax} ms`);
    await breath();
  }
}

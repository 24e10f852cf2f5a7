// Row 12: a fifth of the DHT's holders answer with old cards or garbage, or refuse.

import { cardKey } from '../../node/dht/rules.ts';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { recordOf, startRogue } from '../support/rogue.ts';
import { type ChaosRow, percentile, secondsUntil, timeMax } from './rig.ts';

const SUCCESS_MIN = 0.99;
/** In the small form one of its few may be lost to a machine that is held up for as long as a lookup may take. */
const SUCCESS_MIN_QUICK = 0.9;
const P95_MS_MAX = 3_000;

export const row12: ChaosRow = {
  row: 12,
  title: '20 % of holders refuse or lie',
  pass: 'lookup success >= 99 %, p95 <= 3 s',
  async run({ quick }) {
    const honest = quick ? 4 : 8;
    await using nodes = new TestNodes();
    await using rogues = new AsyncDisposableStack();
    const running: RunningNode[] = [];
    for (let i = 0; i < honest; i++)
      running.push(await nodes.start(`n${i}`, { join: running.slice(0, 3).map(addressOf) }));
    const liars = await Promise.all(
      Array.from({ length: honest / 4 }, async () => rogues.use(await startRogue())),
    );
    const author = running[0]!;
    const old = new Map<string, Uint8Array>();
    const newest = new Map<string, string>();
    for (let i = 0; i < (quick ? 4 : 12); i++) {
      const first = await author.node.cards.publish(draft(`card ${i}`));
      old.set(first.agentId, first.bytes);
      newest.set(
        first.agentId,
        (await author.node.cards.update(first.agentId, draft(`card ${i} again`))).cardId,
      );
    }
    const oldByKey = new Map(
      [...old].map(([agentId, bytes]) => [Buffer.from(cardKey(agentId)).toString(), bytes]),
    );
    for (const [i, liar] of liars.entries()) {
      liar.answer('PUT_VALUE', async () => {
        throw new Error('refused by chaos');
      });
      liar.answer('GET_VALUE', async (_peer, { key }) => {
        const lie = i % 2 === 0 ? oldByKey.get(Buffer.from(key).toString()) : new Uint8Array(100).fill(7);
        return {
          type: 'GET_VALUE',
          key,
          record: recordOf(key, lie ?? new Uint8Array(8)),
          closer: [],
          providers: [],
        };
      });
      for (const one of running) await liar.dial(addressOf(one));
    }
    // The newest versions are put, whatever round of republication is under way.
    for (const agentId of newest.keys()) {
      const { bytes } = author.node.book.get(agentId)!;
      await secondsUntil(
        () =>
          author.node.records.put(agentId, bytes).then(
            (count) => count > 0,
            () => false,
          ),
        30,
      );
    }
    const times: number[] = [];
    let right = 0;
    for (let round = 0; round < (quick ? 5 : 10); round++) {
      for (const [agentId, cardId] of newest) {
        const asker = running[1 + (round % (honest - 1))]!;
        const started = performance.now();
        const found = await asker.node.records.get(agentId);
        times.push(performance.now() - started);
        if (found?.cardId === cardId) right += 1;
      }
    }
    return [
      { name: 'lookups', value: times.length, unit: 'lookups' },
      {
        name: 'lookup success',
        value: right / times.length,
        unit: 'share',
        min: quick ? SUCCESS_MIN_QUICK : SUCCESS_MIN,
      },
      { name: 'lookup p50', value: percentile(times, 0.5), unit: 'ms' },
      { name: 'lookup p95', value: percentile(times, 0.95), unit: 'ms', max: timeMax(P95_MS_MAX, { quick }) },
    ];
  },
};

// Row 9: gossip streams are reset while the connection stays open.

import { addressOf, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

const RESUME_SECONDS_MAX = 15;

export const row09: ChaosRow = {
  row: 9,
  title: 'gossip stream reset, connection open',
  pass: 'delivery resumes within 15 s',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const a = await nodes.start('a');
    const b = await nodes.start('b', { join: [addressOf(a)] });
    const heard = (since: number) => () => (b.node.directory.get(a.node.peerId)?.issuedAtMs ?? 0) > since;
    await secondsUntil(heard(0), 20);
    const times: number[] = [];
    for (let i = 0; i < (quick ? 1 : 4); i++) {
      const [connection] = a.node.host.getConnections();
      const since = Date.now();
      // Reset until the connection is replaced: a young one gets new streams from the library by itself.
      const replaced = await secondsUntil(() => {
        const now = a.node.host.getConnections();
        const old = now.find(({ id }) => id === connection?.id);
        for (const stream of old?.streams ?? [])
          if (stream.protocol.startsWith('/meshsub/')) stream.abort(new Error('reset by chaos'));
        return old === undefined && now.length > 0;
      }, 30);
      // A word each second: of one node that speaks faster no more is taken.
      let said = 0;
      const delivered = await secondsUntil(async () => {
        if (performance.now() - said > 1_000) {
          said = performance.now();
          await a.node.directory.announce();
        }
        return heard(since)();
      }, 30);
      times.push(replaced + delivered);
    }
    return [
      { name: 'time to delivery, worst', value: Math.max(...times), unit: 's', max: RESUME_SECONDS_MAX },
    ];
  },
};

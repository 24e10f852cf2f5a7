// Row 21: a node joins after a thousand publications and two hundred revocations. Gossip alone would give it none of them.

import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

const JOIN_SECONDS_MAX = 60;
/** Nodes of the usual size: each has its own database and host, and they share one process. ZEROSTATE_CHAOS_NODES asks for another number. */
const NODES = Number(process.env.ZEROSTATE_CHAOS_NODES ?? 10);
const PUBLISHED_AT_ONCE = 8;

export const row21: ChaosRow = {
  row: 21,
  title: 'joins late, after many publications and revocations',
  pass: 'sees every one within 60 s',
  async run({ quick }) {
    const count = quick ? 3 : NODES;
    const publications = quick ? 60 : 1_000;
    const revocations = quick ? 12 : 200;
    await using nodes = new TestNodes();
    const first = await nodes.start('n-0', { roles: ['boot'] });
    const all: RunningNode[] = [first];
    for (let i = 1; i < count; i++) all.push(await nodes.start(`n-${i}`, { join: [addressOf(first)] }));
    const agents: { host: RunningNode; agentId: string }[] = [];
    let next = 0;
    const publisher = async (): Promise<void> => {
      for (let n = next++; n < publications; n = next++) {
        const host = all[n % count] as RunningNode;
        const { agentId } = await host.node.cards.publish(draft(`Agent ${n}`));
        agents.push({ host, agentId });
      }
    };
    await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, publisher));
    for (const { host, agentId } of agents.slice(0, revocations))
      await host.node.revocations.revoke(agentId, 'late', false);
    const late = await nodes.start('late', { join: [addressOf(first)] });
    const { book, revocations: known } = late.node;
    const cards = () => agents.filter(({ agentId }) => book.get(agentId) !== undefined).length;
    const revoked = () => known.list(revocations + 1).length;
    const seconds = await secondsUntil(
      () => book.size >= publications && revoked() >= revocations,
      JOIN_SECONDS_MAX,
    );
    return [
      { name: 'nodes before', value: count, unit: 'nodes' },
      { name: 'publications seen', value: cards(), unit: 'cards', min: publications },
      { name: 'revocations seen', value: revoked(), unit: 'revocations', min: revocations },
      { name: 'time until all were seen', value: seconds, unit: 's', max: JOIN_SECONDS_MAX },
      {
        name: 'memory, all in one process',
        value: process.memoryUsage().rss / (count + 1) / 1_048_576,
        unit: 'MB a node',
      },
    ];
  },
};

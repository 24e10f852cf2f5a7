// Row 5: the network splits in halves, both publish, it heals.

import { setTimeout as delay } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, sameState, secondsUntil, split } from './rig.ts';
import { CONVERGE_SECONDS_MAX, cutSites } from './sites.ts';

/** In the full form each half has all the peers that its nodes want: it heals only because they look for those who fell silent. */
function peersOf(quick: boolean): { peers?: { target: number } } {
  return quick ? {} : { peers: { target: 2 } };
}

export const row05: ChaosRow = {
  row: 5,
  title: 'split 50/50, both halves publish, heal',
  pass: 'identical state 60 s after healing, nothing lost',
  inNamespaces: true,
  async run(options) {
    const { quick, minutes } = options;
    if (options.namespaces === true) return await cutSites('both', options);
    const count = quick ? 4 : 8;
    await using nodes = new TestNodes();
    const running: RunningNode[] = [];
    for (let i = 0; i < count; i++)
      running.push(
        await nodes.start(`n${i}`, { join: running.slice(0, 2).map(addressOf), ...peersOf(quick) }),
      );
    await secondsUntil(() => running.every(({ node }) => node.host.getPeers().length >= 2), 30);
    await secondsUntil(() => running.every(({ node }) => node.directory.nodes().length === count - 1), 30);
    const heal = await split(running.slice(0, count / 2), running.slice(count / 2));
    const cards: string[] = [];
    for (const { node } of running)
      cards.push((await node.cards.publish(draft(`made apart by ${node.peerId.slice(-4)}`))).agentId);
    await delay(minutes === undefined ? (quick ? 2_000 : 20_000) : minutes * 60_000);
    const apart = running[0]!.node.book.size < count ? 1 : 0;
    heal();
    const seconds = await secondsUntil(
      () => sameState(running) && running.every(({ node }) => cards.every((id) => node.book.get(id))),
      CONVERGE_SECONDS_MAX + 10,
    );
    const lost = Math.max(...running.map(({ node }) => cards.filter((id) => !node.book.get(id)).length));
    return [
      { name: 'the split held', value: apart, unit: 'bool', min: 1 },
      { name: 'time to identical state', value: seconds, unit: 's', max: CONVERGE_SECONDS_MAX },
      { name: 'statements lost', value: lost, unit: 'cards', max: 0 },
    ];
  },
};

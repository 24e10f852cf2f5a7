// Row 11: a peer replays an older, validly signed card as fast as it can.

import { cardKey } from '../../node/dht/rules.ts';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

/** Replays a second that the row asks for, on machines that can make so many. */
const REPLAYS_PER_SECOND = 1_000;
const PARALLEL = 16;

export const row11: ChaosRow = {
  row: 11,
  title: 'stale-record replay, up to 1,000/s',
  pass: 'the newest sequence is kept on every honest node',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const running: RunningNode[] = [];
    for (let i = 0; i < 3; i++) running.push(await nodes.start(`n${i}`, { join: running.map(addressOf) }));
    await secondsUntil(() => running.every(({ node }) => node.host.getPeers().length === 2), 20);
    const old = await running[0]!.node.cards.publish(draft('replayed'));
    const newest = await running[0]!.node.cards.update(old.agentId, draft('replayed, newer'));
    await secondsUntil(() => running.every(({ node }) => node.dhtStore.held.records > 0), 20);
    await using rogue = await startRogue();
    const key = cardKey(old.agentId);
    const seconds = quick ? 2 : 20;
    const started = performance.now();
    const ends = started + seconds * 1_000;
    let sent = 0;
    let taken = 0;
    const worker = async (at: number) => {
      const address = addressOf(running[at % running.length]!);
      while (performance.now() < ends && sent < REPLAYS_PER_SECOND * seconds) {
        sent += 1;
        if (await rogue.put(address, key, old.bytes).catch(() => false)) taken += 1;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, (_, at) => worker(at)));
    const took = (performance.now() - started) / 1_000;
    const kept = await Promise.all(
      running.map(async ({ node }) => (await node.records.get(old.agentId))?.cardId === newest.cardId),
    );
    return [
      { name: 'replays sent', value: Math.round(sent / took), unit: '/s', min: 10 },
      { name: 'replays taken', value: taken, unit: 'puts', max: 0 },
      { name: 'nodes that keep the newest', value: kept.filter(Boolean).length, unit: 'of 3', min: 3 },
    ];
  },
};

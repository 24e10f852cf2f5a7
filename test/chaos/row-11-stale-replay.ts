// Row 11: a process of its own replays an older, validly signed card. One peer's puts are held to its budget of streams (100/s), so the
// attacker comes under as many ids as it takes to have a thousand a second judged.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cardKey } from '../../node/dht/rules.ts';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

/** A little more than the thousand asked for: the attacker does not make up for what it could not send in time. */
const REPLAYS_PER_SECOND = 1_150;
const IDS = 5;

interface Validators {
  readonly validators: Record<string, (...args: unknown[]) => unknown>;
}

/** Counts the records that reach a node's judgement. */
function countJudged({ node }: RunningNode, count: () => void): void {
  const { validators } = node.host.services.dht as unknown as Validators;
  for (const [name, validate] of Object.entries(validators)) {
    validators[name] = (...args) => {
      count();
      return validate(...args);
    };
  }
}

export const row11: ChaosRow = {
  row: 11,
  title: 'stale-record replay, 1,000/s',
  pass: 'the newest sequence is kept on every honest node',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const running: RunningNode[] = [];
    for (let i = 0; i < 3; i++) running.push(await nodes.start(`n${i}`, { join: running.map(addressOf) }));
    await secondsUntil(() => running.every(({ node }) => node.host.getPeers().length === 2), 20);
    const old = await running[0]!.node.cards.publish(draft('replayed'));
    const newest = await running[0]!.node.cards.update(old.agentId, draft('replayed, newer'));
    await secondsUntil(() => running.every(({ node }) => node.dhtStore.held.records > 0), 20);
    let judged = 0;
    for (const one of running) countJudged(one, () => judged++);
    const seconds = quick ? 2 : 20;
    const args = [
      running.map(addressOf).join(','),
      Buffer.from(cardKey(old.agentId)).toString('base64'),
      Buffer.from(old.bytes).toString('base64'),
      ...[REPLAYS_PER_SECOND, seconds, IDS].map(String),
    ];
    const child = spawn(process.execPath, [join(import.meta.dirname, 'replayer.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout! });
      await once(lines, 'line');
      const idle = performance.eventLoopUtilization();
      const before = process.cpuUsage();
      const [line] = (await once(lines, 'line')) as [string];
      const { utilization } = performance.eventLoopUtilization(idle);
      const { user, system } = process.cpuUsage(before);
      const { perSecond, taken, busy } = JSON.parse(line) as Record<'perSecond' | 'taken' | 'busy', number>;
      const keeps = async ({ node }: RunningNode) =>
        (await node.records.get(old.agentId))?.cardId === newest.cardId;
      let kept: boolean[] = [];
      // A lookup that ran out of its time says nothing; one that was taken in says the same again.
      await secondsUntil(async () => {
        kept = await Promise.all(running.map(keeps));
        return kept.every(Boolean);
      }, 20);
      return [
        { name: 'replays sent', value: Math.round(perSecond), unit: '/s', min: 10 },
        { name: 'replays judged', value: Math.round(judged / seconds), unit: '/s', min: 10 },
        // Of what a node can judge this is the figure that a slow attacker, or a busy machine, does not change.
        { name: 'CPU of the nodes for each', value: (user + system) / 1_000 / judged, unit: 'ms' },
        { name: 'thread of the attacker, busy', value: busy, unit: 'share' },
        { name: 'thread of the three nodes, busy', value: utilization, unit: 'share' },
        { name: 'replays taken', value: taken, unit: 'puts', max: 0 },
        { name: 'nodes that keep the newest', value: kept.filter(Boolean).length, unit: 'of 3', min: 3 },
      ];
    } finally {
      child.kill('SIGKILL');
    }
  },
};

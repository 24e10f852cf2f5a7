// From revocation to refusal on 99 % of the nodes, against polling a list every 30 s, as revocation lists are in use: a node that polls
// learns of it after a time that is uniform over the interval, drawn here with the same number of nodes.

import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './network-rig.ts';

const SPREAD_MS_MAX = 20_000;
const POLL_MS = 30_000;

export const bench: Bench = {
  name: 'revocation-spread',
  summary: 'ms from revocation until 99 % of the nodes refuse the card, against polling every 30 s',
  bar: { sign: '>=', value: 10 },
  async run({ sizes, report, random }) {
    const count = sizes(8, 50);
    const rounds = sizes(20, 60);
    await using network = await startNetwork(count);
    const { all } = network;
    const cards: { agentId: string; at: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const at = round % count;
      const { agentId } = await all[at]!.node.cards.publish(draft(`Revoked ${round}`));
      cards.push({ agentId, at });
    }
    await until(() => all.every(({ node }) => node.book.size >= rounds), SPREAD_MS_MAX);
    const spread: number[] = [];
    const single: number[] = [];
    for (const { agentId, at } of cards) {
      const started = performance.now();
      await all[at]!.node.revocations.revoke(agentId, 'bench', false);
      const waiting = new Set(all.map(({ node }) => node));
      const times: number[] = [];
      await until(() => {
        for (const node of waiting)
          if (node.revocations.verdict(node.book.get(agentId)!).state === 'revoked') {
            times.push(performance.now() - started);
            waiting.delete(node);
          }
        return waiting.size === 0;
      }, SPREAD_MS_MAX);
      spread.push(percentile(times, 0.99));
      single.push(...times);
    }
    const stream = random('polls');
    const polled = Array.from({ length: rounds }, () =>
      percentile(
        Array.from({ length: count }, () => stream.unit() * POLL_MS),
        0.99,
      ),
    );
    const label = {
      sizes: { nodes: count, revocations: rounds },
      peerName: 'polling every 30 s',
      unit: 'ms',
      better: 'lower',
    } as const;
    report({
      ...label,
      case: 'to 99 % of the nodes, median',
      ours: percentile(spread, 0.5),
      peer: percentile(polled, 0.5),
    });
    report({
      ...label,
      case: 'to 99 % of the nodes, p99',
      ours: percentile(spread, 0.99),
      peer: percentile(polled, 0.99),
    });
    report({ ...label, case: 'to one node, p99', ours: percentile(single, 0.99), peer: POLL_MS * 0.99 });
  },
};

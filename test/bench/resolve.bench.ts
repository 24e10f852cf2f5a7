// Resolving a card in the DHT: cold (the node has not asked for that agent before) and warm (at once again), the whole distribution.
// Against reading the record from one known holder directly: the least that any lookup over the network can take.

import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './network-rig.ts';

const SETTLE_MS_MAX = 60_000;

export const bench: Bench = {
  name: 'resolve',
  summary: 'ms to resolve a card in the DHT, cold and warm, against one ping round trip to a holder',
  bar: { sign: '<=', value: 100 },
  async run({ sizes, report, note }) {
    const count = sizes(10, 50);
    const cards = sizes(30, 100);
    await using network = await startNetwork(count);
    const { all } = network;
    const agents: string[] = [];
    for (let n = 0; n < cards; n++)
      agents.push((await all[n % count]!.node.cards.publish(draft(`Resolved ${n}`))).agentId);
    await until(() => all.every(({ node }) => node.book.size >= cards), SETTLE_MS_MAX);
    const times: Record<'cold' | 'warm' | 'ping', number[]> = { cold: [], warm: [], ping: [] };
    let missed = 0;
    for (const [n, agentId] of agents.entries()) {
      const { node } = all[(n + 1 + (n % (count - 1))) % count]!;
      for (const kind of ['cold', 'warm'] as const) {
        const started = performance.now();
        const found = await node.records.get(agentId);
        if (found === undefined) missed += 1;
        else times[kind].push(performance.now() - started);
      }
      const [peer] = node.host.getPeers();
      // The node itself may be measuring that neighbour at this moment.
      const ms =
        peer === undefined ? undefined : await node.host.services.ping.ping(peer).catch(() => undefined);
      if (ms !== undefined) times.ping.push(ms);
    }
    note(`resolve: ${missed} of ${cards * 2} lookups found nothing`);
    for (const kind of ['cold', 'warm'] as const)
      for (const [label, p] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const)
        report({
          case: `${kind} ${label}`,
          sizes: { nodes: count, cards, missed },
          ours: percentile(times[kind], p),
          peer: Math.max(1, percentile(times.ping, p)),
          peerName: 'one ping round trip',
          unit: 'ms',
          better: 'lower',
        });
  },
};

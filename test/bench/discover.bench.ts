// Discovery end to end: words in at one node, validated cards out, over links of 30 ms one way. Cold is a node's first question
// (it dials the index and its encoder loads), warm are the next ones. Every text is new.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { RunningNode } from '../../node/index.ts';
import { slowLinks } from '../fleet/link.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './node-rig.ts';

const LINK_MS = 30;
const CEILING_MS = 300;
const TRIES_MAX = 4;
const SETTLE_MS_MAX = 60_000;
const CARDS = new URL('../../examples/cards/', import.meta.url);
const WISHES = ['please find somebody for', 'I need help with', 'who knows about', 'is there an agent for'];
const TOPICS = ['an invoice', 'a train to Vienna', 'rain on Sunday', 'a sonnet', 'fractions', 'a contract'];

export const bench: Bench = {
  name: 'discover',
  summary: 'words in, validated cards out, across a network with links of 30 ms; cold and warm',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const count = sizes(12, 50);
    const rounds = sizes(60, 200);
    await using network = await startNetwork(count - 1);
    const { all, nodes } = network;
    const [boot] = all as [RunningNode, ...RunningNode[]];
    const join = [String(boot.node.host.getMultiaddrs()[0])];
    const index = await nodes.start('index', { roles: ['index'], join });
    const files = readdirSync(CARDS).filter((file) => file.endsWith('.yaml'));
    for (const [i, file] of files.entries()) {
      const draft = parse(readFileSync(new URL(file, CARDS), 'utf8'));
      await all[i % all.length]!.node.cards.publish(draft);
    }
    // The index knows every card and has its encoder loaded, as it has when it has run for a while.
    await until(() => (index.node.index?.stats()?.cards ?? 0) >= files.length, SETTLE_MS_MAX);
    await index.node.find.find({ text: 'warm up' });
    // From here on every link is slow, also those that stand already.
    slowLinks({ oneWayMs: LINK_MS }, Math.random);
    let failed = 0;
    let asked = 0;
    const text = () =>
      `${WISHES[asked % WISHES.length]} ${TOPICS[asked % TOPICS.length]} and case ${asked++}`;
    const ask = async ({ node }: RunningNode) => {
      const started = performance.now();
      // A question that got no answer is asked again, and the time goes on.
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const found = await node.find.find({ text: text(), limit: 5 }).catch(() => undefined);
        if (found !== undefined && found.results.length > 0) break;
        failed++;
      }
      return performance.now() - started;
    };
    const edges = all.slice(1);
    const cold: number[] = [];
    for (const edge of edges.slice(0, sizes(6, 24))) cold.push(await ask(edge));
    const warm: number[] = [];
    const asking = edges.slice(0, sizes(6, 24));
    for (let i = 0; i < rounds; i++) warm.push(await ask(asking[i % asking.length]!));
    for (const [name, times] of [
      ['cold', cold],
      ['warm', warm],
    ] as const) {
      note(`discover, ${name}: median ${percentile(times, 0.5).toFixed(0)} ms of ${times.length} questions`);
      report({
        case: `${name}, p95`,
        sizes: { nodes: count, cards: files.length, questions: times.length, linkMs: LINK_MS },
        ours: percentile(times, 0.95),
        peer: CEILING_MS,
        peerName: 'the ceiling',
        unit: 'ms',
        better: 'lower',
      });
    }
    note(`discover: ${failed} questions were asked again`);
  },
};

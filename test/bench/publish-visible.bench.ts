// From publish to visible: a card is signed, stored with fsync, announced, pulled, verified and stored on every other node. Against a
// plain gossipsub broadcast of as many bytes over the same hosts, which stores and checks nothing.

import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './network-rig.ts';

const VISIBLE_MS_MAX = 20_000;
/** Bytes of a card's envelope. */
const CARD_BYTES = 2_600;
const PLAIN_TOPIC = '/bench/plain/1';

export const bench: Bench = {
  name: 'publish-visible',
  summary:
    'ms from publish until a node has the verified card on its disk, against a bare gossipsub broadcast',
  bar: { sign: '<=', value: 40 },
  async run({ sizes, report, random }) {
    const count = sizes(8, 50);
    const rounds = sizes(30, 100);
    await using network = await startNetwork(count);
    const { all } = network;
    const heard = new Map<string, number>();
    for (const { node } of all) {
      const { pubsub } = node.host.services;
      // The hosts let in only the topics that they know; this one is for the comparison.
      (pubsub as unknown as { allowedTopics: Set<string> }).allowedTopics.add(PLAIN_TOPIC);
      pubsub.subscribe(PLAIN_TOPIC);
      pubsub.addEventListener('message', ({ detail }) => {
        if (detail.topic === PLAIN_TOPIC) heard.set(`${node.peerId} ${detail.data[0]}`, performance.now());
      });
    }
    const bytes = random('payload').bytes(CARD_BYTES);
    await until(
      () =>
        all.every(
          ({ node }) =>
            node.host.services.pubsub.getSubscribers(PLAIN_TOPIC).length >= Math.min(4, count - 1),
        ),
      VISIBLE_MS_MAX,
    );
    const ours: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const author = all[round % count]!;
      const others = all.filter((one) => one !== author);
      const started = performance.now();
      const { agentId } = await author.node.cards.publish(draft(`Visible ${round}`));
      const waiting = new Set(others);
      await until(() => {
        for (const one of waiting)
          if (one.node.book.get(agentId) !== undefined) {
            ours.push(performance.now() - started);
            waiting.delete(one);
          }
        return waiting.size === 0;
      }, VISIBLE_MS_MAX);
      heard.clear();
      const sent = performance.now();
      bytes[0] = round;
      await author.node.host.services.pubsub.publish(PLAIN_TOPIC, bytes.slice());
      await until(() => heard.size >= others.length, VISIBLE_MS_MAX);
      for (const at of heard.values()) plain.push(at - sent);
    }
    for (const [label, p] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const)
      report({
        case: label,
        sizes: { nodes: count, cards: rounds },
        ours: percentile(ours, p),
        peer: percentile(plain, p),
        peerName: 'gossipsub broadcast of the same bytes, unchecked and unstored',
        unit: 'ms',
        better: 'lower',
      });
  },
};

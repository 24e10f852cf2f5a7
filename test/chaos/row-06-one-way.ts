// Row 6: half of the nodes cannot hear who dials them, though they can dial. Every address leads through a proxy that swallows.
// With namespaces a router drops every packet to one of two sites.

import { setTimeout as delay } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';
import { draft, TestNodes } from '../support/nodes.ts';
import { freePort, type OneWayProxy, startProxy } from './one-way-proxy.ts';
import { type ChaosRow, sameState, secondsUntil } from './rig.ts';
import { CONVERGE_SECONDS_MAX, cutSites } from './sites.ts';

export const row06: ChaosRow = {
  row: 6,
  title: 'asymmetric partition: half of the nodes are deaf to incoming connections',
  pass: 'converges within 60 s of the end, honest peers are not shut out',
  inNamespaces: true,
  async run(options) {
    const { quick, minutes } = options;
    if (options.namespaces === true) return await cutSites('one', options);
    const count = quick ? 4 : 6;
    await using nodes = new TestNodes();
    await using proxies = new AsyncDisposableStack();
    const running: RunningNode[] = [];
    const fronts: OneWayProxy[] = [];
    for (let i = 0; i < count; i++) {
      const port = await freePort();
      const front = proxies.use(await startProxy(port));
      fronts.push(front);
      const join = fronts
        .slice(0, i)
        .slice(-2)
        .map((one, at, all) => {
          const { peerId } = running[i - all.length + at]!.node;
          return `/ip4/127.0.0.1/tcp/${one.port}/p2p/${peerId}`;
        });
      running.push(
        await nodes.start(`n${i}`, {
          listen: [`/ip4/127.0.0.1/tcp/${port}`],
          announce: [`/ip4/127.0.0.1/tcp/${front.port}`],
          join,
        }),
      );
    }
    await secondsUntil(() => running.every(({ node }) => node.host.getPeers().length >= 2), 30);
    for (const front of fronts.slice(count / 2)) front.deaf = true;
    for (const { node } of running)
      await node.cards.publish(draft(`said while deaf ${node.peerId.slice(-4)}`));
    await delay(minutes === undefined ? (quick ? 4_000 : 20_000) : minutes * 60_000);
    for (const front of fronts) front.deaf = false;
    const seconds = await secondsUntil(
      () => sameState(running) && running.every(({ node }) => node.book.size === count),
      CONVERGE_SECONDS_MAX + 10,
    );
    const banned = running.flatMap(({ node }) =>
      node.admission.list().filter(({ state }) => state === 'penalized'),
    );
    return [
      { name: 'time to identical state', value: seconds, unit: 's', max: CONVERGE_SECONDS_MAX },
      { name: 'honest peers shut out', value: banned.length, unit: 'peers', max: 0 },
    ];
  },
};

// Relays in processes of their own, and two edges in this one that nobody can dial, each with the relays of its region alone.

import { setTimeout as delay } from 'node:timers/promises';
import { peerIdFromString } from '@libp2p/peer-id';
import { openStream } from '../../node/host/open-stream.ts';
import { type StartedNode, startNode } from '../support/cli.ts';
import { TestNodes } from '../support/nodes.ts';
import { keepApartFrom } from '../support/relays.ts';
import { ECHO, serveEcho } from './echo.ts';

const SETTLE_MS_MAX = 60_000;

/** Pause between two looks: what is waited for happens in other processes, which need the processor. */
const LOOK_MS = 10;

/** Waits without keeping the processor busy. Throws after `msMax`. */
export async function waitFor(done: () => boolean | Promise<boolean>, msMax: number): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`waited ${msMax} ms`);
    await delay(LOOK_MS);
  }
}

/** Starts `each` relays in each of two regions, and an edge behind each region. */
export async function startRelayed(folder: string, each: number) {
  const nodes = new TestNodes();
  const relays: { readonly name: string; readonly region: string; node: StartedNode }[] = [];
  const addresses = () => relays.map(({ node }) => node.info.addresses[0]!);
  async function start(name: string, region: string): Promise<StartedNode> {
    return await startNode([
      ...['--home', `${folder}/${name}`, '--name', name, '--region', region, '--network', 'test'],
      ...['--roles', 'boot', 'relay', '--listen', '/ip4/127.0.0.1/tcp/0', '--api-port', '0'],
      ...(relays.length === 0 ? [] : ['--join', ...addresses().slice(0, 2)]),
    ]);
  }
  for (let n = 0; n < each; n++)
    for (const region of ['near', 'far']) {
      const name = `${region}-${n}`;
      relays.push({ name, region, node: await start(name, region) });
    }
  const ids = (region: string) =>
    relays.filter((one) => one.region === region).map(({ node }) => node.info.peerId);
  const edge = async (name: string, region: string, other: string) => {
    const join = relays.filter((one) => one.region === region).map(({ node }) => node.info.addresses[0]!);
    const running = await nodes.start(name, {
      listen: [],
      region,
      join,
      peers: { target: each },
      relay: { near: each, far: 0 },
    });
    await keepApartFrom(running, ids(other));
    return running;
  };
  const here = await edge('here', 'near', 'far');
  const there = await edge('there', 'far', 'near');
  await serveEcho(there.node);
  await waitFor(() => {
    const links = here.node.directory.get(there.node.peerId)?.links ?? [];
    const reports = here.node.routing.reports().length;
    return ids('far').every((id) => links.some(({ peer }) => peer === id)) && reports >= 2 * each;
  }, SETTLE_MS_MAX);
  return {
    nodes,
    relays,
    here,
    there,
    start,
    call: async () =>
      await openStream(
        here.node.host,
        peerIdFromString(there.node.peerId),
        ECHO,
        AbortSignal.timeout(SETTLE_MS_MAX),
      ),
    [Symbol.asyncDispose]: async () => {
      await nodes[Symbol.asyncDispose]();
      await Promise.all(relays.map(({ node }) => node.kill()));
    },
  };
}

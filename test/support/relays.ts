// A small network of relays in two regions, with an edge behind each that nobody can dial.

import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { openStream } from '../../node/host/open-stream.ts';
import type { RunningNode } from '../../node/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { eventually } from './cli.ts';
import { addressOf, type TestConfig, TestNodes } from './nodes.ts';

/** A dial that a slow machine lets run out is tried again after a rest, some times over. */
const WAIT_MS = 150_000;
const CALL_MS = 60_000;

/** Makes a node leave relays and never connect to them again. */
async function keepApart(edge: RunningNode, relays: readonly RunningNode[]): Promise<void> {
  await keepApartFrom(edge, idsOf(relays));
}

const idsOf = (nodes: readonly RunningNode[]) => nodes.map(({ node }) => node.peerId);

/** The rule of a policy that keeps a node apart from a peer. */
export function apartRule(peerId: string): string {
  return `@id("apart-${peerId.slice(-6)}")
    forbid (principal == Zerostate::Peer::"${peerId}", action == Zerostate::Action::"peer", resource);`;
}

/** The same by peer ids. */
export async function keepApartFrom(edge: RunningNode, peerIds: readonly string[]): Promise<void> {
  const text = ['@id("rest") permit (principal, action, resource);', ...peerIds.map(apartRule)].join('\n');
  await edge.node.policy.bundles.applyFiles([{ name: 'apart.cedar', text }], null);
  await hangUpAll(edge, peerIds);
}

/** Ends connections that should not be: rules are asked when one is made, and one that was being made meanwhile had passed them. */
export async function hangUpAll({ node }: RunningNode, peerIds: readonly string[]): Promise<void> {
  for (const peerId of peerIds) {
    const id = peerIdFromString(peerId);
    if (node.host.getConnections(id).length > 0) await node.host.hangUp(id);
  }
}

const peersOf = ({ node }: RunningNode) => node.host.getPeers().map(String);

/** Whether a node is connected to a relay, and knows that it is one: who is connected may not have been heard yet. */
const uses = ({ node }: RunningNode, relay: RunningNode): boolean =>
  node.routing.relays().some(({ connected, entry }) => connected && entry.peerId === relay.node.peerId);

/** Two edges that listen nowhere, each with the relays of its region; as many relays each as asked. Ends with `await using`. */
export async function startRelays(
  options: {
    /** Relays beside the two first ones, by name and region. */
    readonly more?: Readonly<Record<string, 'near' | 'far'>>;
    readonly relay?: TestConfig;
    readonly edge?: TestConfig;
  } = {},
) {
  await using undo = new AsyncDisposableStack();
  const nodes = undo.use(new TestNodes());
  const relaying = { roles: ['boot', 'relay'], ...options.relay };
  const a = await nodes.start('relay-a', { ...relaying, region: 'near' });
  const join = [addressOf(a)];
  const b = await nodes.start('relay-b', { ...relaying, region: 'far', join });
  const more = new Map<string, typeof a>();
  for (const [name, region] of Object.entries(options.more ?? {}))
    more.set(name, await nodes.start(name, { ...relaying, region, join }));
  const edge = {
    listen: [],
    peers: { target: 1 },
    ...options.edge,
  };
  const own = { near: 3, far: 0, ...((options.edge?.relay as object | undefined) ?? {}) };
  const here = await nodes.start('here', { ...edge, region: 'near', join, relay: own });
  const there = await nodes.start('there', {
    ...edge,
    region: 'far',
    join: [addressOf(b)],
    relay: own,
  });
  // DHT and gossip dial whom they like: each edge shall know the relays of its region alone.
  const side = (region: string) => [
    ...(region === 'near' ? [a] : [b]),
    ...[...more.values()].filter(({ node }) => node.config.region === region),
  ];
  await keepApart(here, side('far'));
  await keepApart(there, side('near'));
  const linksAt = ({ node }: RunningNode) =>
    node.directory.get(there.node.peerId)?.links.map(({ peer }) => peer);
  const done = () => {
    const known = linksAt(here);
    return (
      known?.includes(b.node.peerId) === true &&
      !known.includes(a.node.peerId) &&
      linksAt(a)?.includes(b.node.peerId) === true &&
      uses(here, a) &&
      uses(a, b) &&
      uses(there, b)
    );
  };
  await eventually('the edges to be known', WAIT_MS, async () => {
    await hangUpAll(here, idsOf(side('far')));
    await hangUpAll(there, idsOf(side('near')));
    return done();
  }).catch((cause: Error) => {
    const seen = {
      here: [linksAt(here), peersOf(here)],
      a: [linksAt(a), peersOf(a)],
      there: peersOf(there),
    };
    throw new Error(`${cause.message}: a ${a.node.peerId}, b ${b.node.peerId}, ${JSON.stringify(seen)}`);
  });
  undo.move();
  return {
    nodes,
    a,
    b,
    more,
    here,
    there,
    [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose](),
  };
}

/** A stream from one edge to the other, over relays. On a machine that is held up those may have had too little of the time that a set-up has. */
export async function callThere(
  { here, there }: { readonly here: RunningNode; readonly there: RunningNode },
  protocol: string,
): Promise<Stream> {
  const id = peerIdFromString(there.node.peerId);
  let last: unknown;
  return await eventually('a stream', CALL_MS, () =>
    openStream(here.node.host, id, protocol, AbortSignal.timeout(CALL_MS)).catch((error: unknown) => {
      last = error;
      if (!isZeroError(error) || error.code === 'ROUTE_REFUSED') throw error;
      return undefined;
    }),
  ).catch((error: Error) => {
    throw error === last ? error : new Error(`${error.message}: ${last}`, { cause: last });
  });
}

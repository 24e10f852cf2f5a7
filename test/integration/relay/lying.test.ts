// Relays that lie, as whole nodes: one claims links of a millisecond and hands streams on late, one takes streams over and carries nothing. Each
// loses its traffic, and whoever goes on meeting it says so, signed.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { openStream } from '../../../node/host/open-stream.ts';
import type { RunningNode } from '../../../node/index.ts';
import { eventually } from '../../support/cli.ts';
import type { Lies } from '../../support/lying-relay.ts';
import { lieFromNowOn } from '../../support/lying-relay-node.ts';
import { addressOf, draft } from '../../support/nodes.ts';
import { hangUpAll, keepApartFrom, startRelays } from '../../support/relays.ts';

/** Far above what it takes: what is waited for is an event, on a machine that may be busy. */
const WAIT_MS = 240_000;
const ECHO = '/test/echo';
/** Later than any machine is by itself, and sooner than a hop is given up. */
const LATE: Lies = { boasts: true, lateMs: 600 };
const DROPS: Lies = { drops: 1 };
/** Streams that avoid a relay one after another: it has lost the traffic, and was not passed over by chance. */
const IN_A_ROW = 5;

type World = Awaited<ReturnType<typeof startRelays>>;

async function answers({ node }: RunningNode): Promise<void> {
  await node.host.handle(
    ECHO,
    (stream) => {
      stream.addEventListener('message', ({ data }) => stream.send(data));
    },
    { runOnLimitedConnection: true },
  );
}

/** Opens a stream over a link that is new, and says which relay was asked first, and which relays then carried it. */
async function fresh(
  from: RunningNode,
  to: RunningNode,
): Promise<{ asked: string; path: readonly string[] }> {
  const { host, routing } = from.node;
  const id = peerIdFromString(to.node.peerId);
  // The other end may be first with a link, over which the stream then goes: nobody was asked for a way.
  return await eventually('a stream over a link of its own', WAIT_MS, async () => {
    await host.hangUp(id);
    const known = new Set(routing.streams(1_000).map((one) => one.id));
    const stream = await openStream(host, id, ECHO, AbortSignal.timeout(WAIT_MS)).catch(() => undefined);
    if (stream === undefined) return false;
    const path = routing.links().find(({ peer }) => peer === to.node.peerId)?.path ?? [];
    const first = routing
      .streams(1_000)
      .filter((one) => one.to === to.node.peerId && !known.has(one.id))
      .at(-1);
    stream.abort(new Error('over'));
    const asked = first?.attempts[0]?.decision.next;
    return asked !== undefined && { asked, path };
  });
}

describe('a relay that lies', function () {
  this.timeout(900_000);
  let world: World;
  /** The relays of an edge: two of its region, and one of the other, over which the peers there are one hop away instead of two. */
  let own: RunningNode[];
  let short: string;
  /** Another peer of the far region, behind the same relays: what one peer alone sees condemns nobody. */
  let beside: RunningNode;
  const lies = new Map<string, Lies>();
  /** The agent that speaks for an edge. */
  const speakers = new Map<RunningNode, string>();

  before(async () => {
    world = await startRelays({ more: { 'relay-c': 'near', 'relay-d': 'far' } });
    own = [world.a, ...world.more.values()];
    short = world.more.get('relay-d')!.node.peerId;
    await answers(world.there);
    const { b, nodes } = world;
    beside = await nodes.start('beside', {
      listen: [],
      region: 'far',
      join: [addressOf(b)],
      peers: { target: 1 },
      relay: { near: 3, far: 0 },
    });
    await keepApartFrom(beside, nearIds());
    await answers(beside);
    for (const { node } of own)
      await lieFromNowOn(
        node,
        () => lies.get(node.peerId) ?? {},
        () => 0,
      );
  });
  afterEach(() => lies.clear());
  after(async () => await world?.[Symbol.asyncDispose]());

  const nearIds = () => [world.a, world.more.get('relay-c')!].map(({ node }) => node.peerId);

  /** Waits until a node knows that a peer can be reached through the relays of the far region. */
  async function waysTo(one: RunningNode, peer: RunningNode): Promise<void> {
    await eventually(`the ways to ${peer.node.config.name}`, WAIT_MS, async () => {
      await hangUpAll(peer, nearIds());
      const exits = one.node.directory.get(peer.node.peerId)?.links.map(({ peer: exit }) => exit) ?? [];
      return [short, world.b.node.peerId].every((exit) => exits.includes(exit));
    });
  }

  /** An edge of the near region that has an agent to speak for it, and knows its relays and the ways to the peer of the other region. */
  async function edge(name: string): Promise<RunningNode> {
    const { a, b, nodes, there } = world;
    const relay = { near: 2, far: 1 };
    const join = [addressOf(a)];
    const one = await nodes.start(name, { listen: [], region: 'near', join, peers: { target: 1 }, relay });
    await keepApartFrom(one, [b.node.peerId]);
    speakers.set(one, (await one.node.cards.publish(draft(name))).agentId);
    await eventually(`${name} to know its relays and ways`, WAIT_MS, async () => {
      await hangUpAll(one, [b.node.peerId]);
      const { directory, residents, routing } = one.node;
      const up = routing.relays().filter(({ connected }) => connected);
      const reports = routing.reports();
      const exits = directory.get(there.node.peerId)?.links.map(({ peer }) => peer) ?? [];
      return (
        up.length === own.length &&
        own.every(({ node }) => residents.of(node.peerId).length > 0) &&
        [...own, b].every(({ node }) => reports.some(({ author }) => author === node.peerId)) &&
        [short, b.node.peerId].every((relay) => exits.includes(relay))
      );
    });
    return one;
  }

  const agentOf = (at: RunningNode, relay: string) => at.node.residents.of(relay)[0]!;
  /** What this node itself has said of a relay. */
  const said = (at: RunningNode, relay: string) => {
    const events = at.node.reputation.events(agentOf(at, relay));
    return events.filter(({ kind, rater }) => kind === 'relay-failed' && rater === speakers.get(at));
  };

  /** Calls until the node has reported the relay, in its own log. Answers what it thinks of everybody then. */
  async function untilReported(at: RunningNode, liar: string, call: () => Promise<void>): Promise<void> {
    await eventually('the report', WAIT_MS, async () => {
      await call();
      return said(at, liar).length > 0;
    });
    await eventually('its weight', WAIT_MS, async () => at.node.routing.reputationOf(liar) < 0.5);
    for (const { node } of own)
      if (node.peerId !== liar) {
        assert.deepEqual(said(at, node.peerId), [], `${node.config.name} did nothing`);
      }
    assert.deepEqual(said(at, world.b.node.peerId), [], 'nor did the relay behind it');
  }

  /** An edge with a policy that learns nothing: it asks whoever has the shortest way when nothing is wrong, and goes on doing so. */
  async function faithful(name: string): Promise<RunningNode> {
    const one = await edge(name);
    await one.node.routing.usePolicy('nearest');
    await eventually(
      'the shortest way',
      WAIT_MS,
      async () => (await fresh(one, world.there)).asked === short,
    );
    return one;
  }

  it('that takes streams over and carries nothing is reported by whoever keeps meeting it, on the way to more peers than one', async () => {
    const { there } = world;
    const one = await faithful('faithful');
    await waysTo(one, beside);
    lies.set(short, DROPS);
    await untilReported(one, short, async () => {
      for (const peer of [there, beside]) {
        const { path } = await fresh(one, peer);
        assert.ok(!path.includes(short), 'another relay carries it');
      }
    });
  });

  it('that claims short links and is late is reported by whoever keeps meeting it', async () => {
    const { b, there } = world;
    const one = await faithful('patient');
    // What takes longer than promised everywhere would be nobody's fault: this peer is reached by honest relays alone.
    const mate = await edge('mate');
    await keepApartFrom(mate, [short, b.node.peerId]);
    await answers(mate);
    await eventually('the ways to the mate', WAIT_MS, async () => {
      await hangUpAll(mate, [short, b.node.peerId]);
      const links = one.node.directory.get(mate.node.peerId)?.links ?? [];
      return links.length > 0 && links.every(({ peer }) => peer !== short);
    });
    lies.set(short, LATE);
    await waysTo(one, beside);
    await untilReported(one, short, async () => {
      await fresh(one, mate);
      await fresh(one, there);
      await fresh(one, beside);
    });
  });

  it('loses the traffic of an edge that learns, however it lies', async () => {
    const { there } = world;
    const one = await edge('learner');
    // Whoever it prefers lies: first one that is late, then one that drops, until the honest one is left.
    const liars: string[] = [];
    const isFree = ({ asked, path }: Awaited<ReturnType<typeof fresh>>) =>
      ![asked, ...path].some((relay) => liars.includes(relay));
    let { asked } = await fresh(one, there);
    for (const lie of [LATE, DROPS]) {
      liars.push(asked);
      lies.set(asked, lie);
      asked = await eventually('another choice, for good', WAIT_MS, async () => {
        let now = await fresh(one, there);
        for (let more = 1; more < IN_A_ROW && isFree(now); more++) now = await fresh(one, there);
        const [way] = one.node.routing.routes([there.node.peerId]);
        return isFree(now) && !liars.includes(way!.next!) && now.asked;
      });
    }
    assert.equal(new Set(liars).size, 2, 'each lie had a relay of its own');
    assert.ok(!liars.includes(asked), 'the honest one is left');
  });
});

// The host under peers that misbehave: dead gossip streams, many dials, floods of streams, a stop that hangs, boot nodes that are gone.

import assert from 'node:assert/strict';
import { BUDGETS } from '../../../node/admission/index.ts';
import { STOP_MS_MAX } from '../../../node/host/limits.ts';
import { SLAB_BYTES } from '../../../node/host/slabs.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { startRogue } from '../../support/rogue.ts';

/** A request of the DHT as it is on the wire, with its length before it: a PING, which is answered. */
const DHT_PING = Uint8Array.of(2, 0x08, 5);

/** What a slab is larger than it was asked for. */
const SLAB_ALIGNMENT_MAX = 64;
/** A machine that does other work may add this to any bound. */
const HELD_UP_MS_MAX = 30_000;

type Running = Awaited<ReturnType<TestNodes['start']>>;

async function meshed(a: Running, b: Running): Promise<void> {
  await eventually('announcements both ways', 60_000, async () =>
    Boolean(a.node.directory.get(b.node.peerId) && b.node.directory.get(a.node.peerId)),
  );
}

/** Resets every gossip stream of one connection and leaves the connection open. */
function resetGossip(running: Running, connectionId: string): void {
  for (const connection of running.node.host.getConnections()) {
    if (connection.id !== connectionId) continue;
    for (const stream of connection.streams)
      if (stream.protocol.startsWith('/meshsub/')) stream.abort(new Error('reset for a test'));
  }
}

describe('the host', function () {
  this.timeout(300_000);

  it('delivers gossip again after the streams were reset under an open connection', async () => {
    await using nodes = new TestNodes();
    const a = await nodes.start('a');
    const b = await nodes.start('b', { join: [addressOf(a)] });
    await meshed(a, b);
    const [connection] = a.node.host.getConnections();
    assert.ok(connection);
    const at = Date.now();
    // Soon after a connection was made, the library still opens gossip streams again by itself: those are reset as well.
    await eventually('a new connection', 60_000, async () => {
      resetGossip(a, connection.id);
      return a.node.host.getConnections().some(({ id, status }) => id !== connection.id && status === 'open');
    });
    await eventually('a word of a at b', 60_000, async () => {
      await a.node.directory.announce();
      return (b.node.directory.get(a.node.peerId)?.issuedAtMs ?? 0) > at;
    });
  });

  it('takes twelve dials at the same moment', async () => {
    await using nodes = new TestNodes();
    const node = await nodes.start('node');
    const rogues = await Promise.all(Array.from({ length: 12 }, () => startRogue()));
    try {
      const dialled = await Promise.allSettled(rogues.map((rogue) => rogue.dial(addressOf(node))));
      assert.equal(dialled.filter(({ status }) => status === 'fulfilled').length, 12);
      // Their hosts are bare ones of the library: its muxer answers the heartbeat, for which no stream is opened.
      await eventually('a round trip of each', 60_000, async () => {
        const connections = node.node.host.getConnections();
        return connections.length === 12 && connections.every(({ rtt }) => rtt !== undefined);
      });
      // An address that a connection keeps is a view of some bytes, and holds the slab that it was cut from.
      for (const { remoteAddr } of node.node.host.getConnections())
        assert.ok(remoteAddr.bytes.buffer.byteLength <= SLAB_BYTES + SLAB_ALIGNMENT_MAX);
    } finally {
      await Promise.all(rogues.map((rogue) => rogue.stop()));
    }
  });

  it('refuses a flood of streams, or of requests on one stream, and goes on serving another', async () => {
    await using nodes = new TestNodes();
    const node = await nodes.start('node');
    await using flood = await startRogue();
    await using calm = await startRogue();
    await using talker = await startRogue();
    await Promise.all([flood, calm, talker].map((one) => one.dial(addressOf(node))));
    const stream = await talker.host.dialProtocol(node.node.host.peerId, '/zerostate/test/kad/1.0.0');
    const ended = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }));
    stream.send(Buffer.concat(Array.from({ length: 2 * BUDGETS.messages.burst }, () => DHT_PING)));
    await ended;
    assert.equal(node.node.admission.standing(talker.peerId).reason, 'too many messages');
    for (let round = 0; round < 300 && node.node.admission.standing(flood.peerId).refused === 0; round++)
      await Promise.all(Array.from({ length: 16 }, () => flood.ask(node.node.host.peerId)));
    const standing = node.node.admission.standing(flood.peerId);
    assert.ok(standing.refused > 0);
    assert.equal(standing.state, 'limited');
    assert.equal(standing.reason, 'too many streams');
    // The host's own pings share the protocol's one outbound stream, so the first try may find it taken.
    await eventually('the calm peer to be served', 60_000, () =>
      calm.host.services.ping.ping(node.node.host.peerId).then(
        () => true,
        () => undefined,
      ),
    );
    assert.equal(node.node.admission.standing(calm.peerId).state, 'ok');
  });

  it('hangs up who begins streams only to reset them', async () => {
    await using nodes = new TestNodes();
    const node = await nodes.start('node');
    await using rapid = await startRogue();
    const connection = await rapid.dial(addressOf(node));
    const inside = () => node.node.host.getPeers().some((peer) => peer.toString() === rapid.peerId);
    await eventually('the connection', 60_000, async () => inside());
    for (let round = 0; round < 400 && inside(); round++) {
      const opened = Array.from({ length: 32 }, async () => {
        const stream = await connection.newStream('/zerostate/test/kad/1.0.0');
        stream.abort(new Error('reset at once'));
      });
      await Promise.allSettled(opened);
    }
    await eventually('the end of the connection', 60_000, async () => !inside());
    assert.ok(node.node.admission.standing(rapid.peerId).refused > 0);
  });

  it('stops in time though a part of it hangs, and names the part', async () => {
    await using nodes = new TestNodes();
    const { node } = await nodes.start('hung');
    const stop = node.host.stop.bind(node.host);
    node.host.stop = async () => {
      await stop();
      await new Promise(() => {});
    };
    const started = performance.now();
    assert.deepEqual(await node.stop(), ['host']);
    assert.ok(performance.now() - started < STOP_MS_MAX + HELD_UP_MS_MAX);
  });

  it('rejoins through peers it knew when every boot node is dead', async () => {
    await using nodes = new TestNodes();
    const boot = await nodes.start('boot', { roles: ['boot'] });
    const join = [addressOf(boot)];
    const [first, second] = await Promise.all([
      nodes.start('first', { join }),
      nodes.start('second', { join }),
    ]);
    await eventually('the two to know each other', 60_000, async () =>
      first.node.host.getPeers().some((peer) => peer.toString() === second.node.peerId),
    );
    await nodes.stop('first');
    await nodes.stop('boot');
    const again = await nodes.start('first', { join });
    await eventually('the way back without a boot node', 60_000, async () =>
      again.node.host.getPeers().some((peer) => peer.toString() === second.node.peerId),
    );
  });

  it('finds a node of its network on the local link by multicast DNS, and none of another network', async () => {
    await using nodes = new TestNodes();
    const local = { mdns: true, listen: ['/ip4/0.0.0.0/tcp/0'] };
    const a = await nodes.start('a', local);
    const stranger = await nodes.start('stranger', { ...local, network: 'other' });
    const b = await nodes.start('b', local);
    await eventually('the two to meet', 60_000, async () =>
      a.node.host.getPeers().some((peer) => peer.toString() === b.node.peerId),
    );
    assert.deepEqual(stranger.node.host.getPeers(), []);
  });

  it('does not start where another program has its port, and says so; without IPv6 it starts', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('first');
    const taken = addressOf(first).replace(/\/p2p\/.*$/, '');
    for (const listen of [[taken], ['/ip4/127.0.0.1/tcp/0', taken], [`${taken}/ws`]])
      await assert.rejects(nodes.start('second', { listen, roles: ['relay'] }), (error) => {
        assert.ok(isZeroError(error) && error.code === 'PORT_IN_USE', String(error));
        assert.match(error.message, /is taken/);
        return true;
      });
    await assert.rejects(
      nodes.start('second', { listen: ['/ip4/203.0.113.7/tcp/0'] }),
      (error) => isZeroError(error) && error.code === 'CONFIG_INVALID',
    );
    // Nothing of the failed starts is left: the same home starts, here beside an address that this machine need not have.
    const second = await nodes.start('second', {
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip6/2001:db8::7/tcp/0'],
    });
    assert.equal(second.node.host.getMultiaddrs().length, 1);
  });

  it('speaks WebSockets', async () => {
    await using nodes = new TestNodes();
    const server = await nodes.start('server', { listen: ['/ip4/127.0.0.1/tcp/0/ws'] });
    assert.match(addressOf(server), /\/ws\/p2p\//);
    const client = await nodes.start('client', { join: [addressOf(server)] });
    await meshed(server, client);
  });
});

// Two edges that cannot be dialled reach each other through relays: sealed end to end, over paths that may break, under the relays' conditions.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { AbstractMessageStream } from '@libp2p/utils';
import type { StreamView } from '../../../node/routing/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import type { TestConfig } from '../../support/nodes.ts';
import { callThere, startRelays } from '../../support/relays.ts';
import { boundsSuite } from './bounds-suite.ts';

const WAIT_MS = 60_000;
const ECHO = '/test/echo';
const SECRET = 'the content that no relay may ever see';

type World = Awaited<ReturnType<typeof startRelays>>;

/** Everything that comes in on streams of the forward protocol, at the relays and at both ends, before anything is unsealed. */
function capture(): { bytes(): Buffer; [Symbol.dispose](): void } {
  const { prototype } = AbstractMessageStream;
  const { onData } = prototype;
  const pieces: Uint8Array[] = [];
  prototype.onData = function (this: AbstractMessageStream, data) {
    const { protocol } = this as unknown as { protocol?: string };
    // A header comes with the words that name the protocol, before that is known.
    if (protocol === '' || protocol?.endsWith('/forward/1') === true) pieces.push(data.slice());
    onData.call(this, data);
  };
  return {
    bytes: () => Buffer.concat(pieces),
    [Symbol.dispose]: () => {
      prototype.onData = onData;
    },
  };
}

const call = (world: World, protocol = ECHO) => callThere(world, protocol);

/** Everything that a stream brings, as one text that grows. */
function reader(stream: Stream): { text: string } {
  const got = { text: '' };
  stream.addEventListener('message', ({ data }) => {
    got.text += Buffer.from(data.subarray()).toString();
  });
  return got;
}

/** The configuration with which a relay of the world runs again, on its data. */
const killedConfig = ({ node }: World['a']): TestConfig => ({
  roles: ['boot', 'relay'],
  region: node.config.region,
  join: node.config.join,
});

/** Confidence in a link of which nothing is known but so many probes, as protocol/routing counts it. */
const fresh = (probes: number): number => 1 - Math.exp(-probes / 3);

describe('forwarding', function () {
  this.timeout(300_000);
  let world: World;

  before(async () => {
    world = await startRelays({
      more: { 'relay-c': 'near', 'relay-d': 'far' },
      relay: { relay: { pricePerMiB: '10', currency: 'TEST' } },
    });
    await world.there.node.host.handle(
      ECHO,
      (stream) => {
        stream.addEventListener('message', ({ data }) => stream.send(data));
        stream.addEventListener('remoteCloseWrite', () => void stream.close());
      },
      { runOnLimitedConnection: true },
    );
  });
  after(async () => await world?.[Symbol.asyncDispose]());

  const relays = () => [world.a, world.b, ...world.more.values()];
  const names = () => new Map(relays().map((relay) => [relay.node.peerId, relay]));

  it('carries a stream over relays to a node that nobody can dial, and none of them sees what it says', async () => {
    using captured = capture();
    const stream = await call(world);
    const got = reader(stream);
    stream.send(Buffer.from(SECRET));
    await eventually('the echo', WAIT_MS, async () => got.text === SECRET);
    const path = world.here.node.routing
      .links()
      .at(-1)!
      .path.map((peer) => names().get(peer)!);
    // Two relays, or three where a link was measured in a bad moment: from the sender's region into the other, and no relay twice.
    const regions = path.map(({ node }) => node.config.region);
    assert.ok(path.length >= 2 && new Set(path).size === path.length, regions.join());
    assert.deepEqual([regions[0], regions.at(-1)], ['near', 'far']);
    const seen = captured.bytes();
    // The headers are there for the relays to read, the content is not.
    assert.ok(seen.includes(world.there.node.peerId));
    assert.ok(seen.length > 2 * SECRET.length);
    assert.ok(!seen.includes(SECRET) && !seen.includes(SECRET.slice(4, 16)));
    await stream.close();

    // The relay tells why, and so does the command.
    const [first] = path;
    const home = world.nodes.home(first!.node.config.name);
    const status = await zerostateJson<{ streams: StreamView[]; relaying: boolean }>([
      'relay',
      'status',
      '--home',
      home,
    ]);
    assert.equal(status.relaying, true);
    const record = status.streams.find(
      ({ path: on, to }) => to === world.there.node.peerId && on[0] === path[1]!.node.peerId,
    );
    const why = await zerostateJson<StreamView>(['relay', 'why', record!.id.slice(0, 12), '--home', home]);
    assert.equal(why.attempts.at(-1)?.next, path[1]!.node.peerId);
    assert.equal(new Set(why.path).size, why.path.length, 'the way on from there, each relay once');
    assert.ok(why.attempts.at(-1)!.candidates.some(({ terms }) => Object.keys(terms).length > 1));

    // And the end whose stream it is, with what it carried.
    const own = ['--home', world.nodes.home('here')];
    const { streams } = await zerostateJson<{ streams: StreamView[] }>(['relay', 'status', ...own]);
    const carried = streams.find(({ down, up }) => up >= SECRET.length && down >= SECRET.length);
    const mine = await zerostateJson<StreamView>(['relay', 'why', carried!.id.slice(0, 12), ...own]);
    assert.ok(mine.up >= SECRET.length && mine.down >= SECRET.length);
    assert.equal(mine.to, world.there.node.peerId);
  });

  it('holds a sender back whose reader is slow, and loses nothing', async () => {
    const held: Stream[] = [];
    let got = 0;
    await world.there.node.host.handle(
      '/test/slow',
      (stream) => {
        stream.addEventListener('message', ({ data }) => {
          got += data.byteLength;
        });
        stream.pause();
        held.push(stream);
      },
      { runOnLimitedConnection: true },
    );
    const stream = await call(world, '/test/slow');
    const piece = new Uint8Array(65_536);
    const pieces = 128;
    let sent = 0;
    const sending = (async () => {
      for (; sent < pieces; sent++) {
        stream.send(piece);
        while (stream.writeBufferLength > 0) {
          await stream.onDrain({ signal: AbortSignal.timeout(WAIT_MS) });
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    })();
    // A stream that is opened and held back: what the windows take, and not more.
    await eventually('the reader', WAIT_MS, async () => held.length === 1);
    const stuck = await eventually('the sender to stop', WAIT_MS, async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return sent === before && sent > 0 && sent;
    });
    assert.ok(stuck * piece.length < 4 * 1_048_576, `${stuck} pieces were taken`);
    held[0]!.resume();
    await sending;
    await eventually('all of it', WAIT_MS, async () => got === pieces * piece.length);
    await stream.close();
  });

  it('refuses with the reason what a relay’s policy, the sender’s region or its ceiling forbids', async () => {
    const { a, here, more } = world;
    const near = [a, more.get('relay-c')!];
    const text = `@id("rest") permit (principal, action, resource);
      @id("no-exit") @detail("nothing leaves this region")
      forbid (principal, action == Zerostate::Action::"relay", resource)
      when { context.purpose == "forward" && context has nextRegion && context.nextRegion == "far" };`;
    for (const { node } of near) await node.policy.bundles.applyFiles([{ name: 'relay.cedar', text }], null);
    await here.node.host.hangUp(peerIdFromString(world.there.node.peerId));
    try {
      await assert.rejects(call(world), (error) => {
        assert.ok(isZeroError(error) && error.code === 'ROUTE_REFUSED', String(error));
        assert.match(error.message, /nothing leaves this region/);
        return true;
      });
    } finally {
      const open = '@id("rest") permit (principal, action, resource);';
      for (const { node } of near)
        await node.policy.bundles.applyFiles([{ name: 'relay.cedar', text: open }], null);
    }
    await (await call(world)).close();
  });

  boundsSuite(() => world);

  it('moves a stream to other relays when those that carry it are drained or killed, without a byte lost', async () => {
    const stream = await call(world);
    const got = reader(stream);
    let sent = '';
    let number = 0;
    const timer = setInterval(() => {
      if (stream.status !== 'open') return;
      const line = `${number++} `;
      sent += line;
      stream.send(Buffer.from(line));
    }, 20);
    try {
      const link = () => world.here.node.routing.links().find(({ streams }) => streams > 0);
      const on = (at: number) => names().get(link()!.path[at]!)!;
      await eventually('the first answers', WAIT_MS, async () => got.text.length > 20);

      let before = '';
      // The link may have found a better path since it was looked at: that relay takes streams again, and the next one is drained.
      const home = await eventually('a drain that moves the stream', WAIT_MS, async () => {
        before = link()!.path[0]!;
        const carrying = world.nodes.home(on(0).node.config.name);
        const { moved } = await zerostateJson<{ moved: number }>([
          'relay',
          'drain',
          '--wait',
          '0',
          '--home',
          carrying,
        ]);
        if (moved >= 1) return carrying;
        await zerostateJson(['relay', 'drain', '--undo', '--home', carrying]);
        return false;
      });
      await eventually('another first relay', WAIT_MS, async () => {
        const now = link();
        return now?.attached === true && now.path[0] !== before;
      });
      await zerostateJson(['relay', 'drain', '--undo', '--home', home]);

      const killed = on(1);
      const mark = got.text.length;
      await world.nodes.stop(killed.node.config.name);
      await eventually('answers over another relay', WAIT_MS, async () => {
        return got.text.length > mark + 50 && link()?.path[1] !== killed.node.peerId;
      });
      clearInterval(timer);
      await eventually('the last answer', WAIT_MS, async () => got.text.length === sent.length);
      assert.equal(got.text, sent);
      assert.equal(stream.status, 'open');

      // The relay comes back, and knows its links better than the few probes since then could have told it.
      const { name } = killed.node.config;
      const again = await world.nodes.start(name, killedConfig(killed));
      const known = await eventually('a neighbour', WAIT_MS, async () => {
        const up = again.node.routing.relays().find(({ connected }) => connected);
        const way = up && again.node.routing.routes([up.entry.peerId])[0];
        const found = way?.candidates.find(({ neighbour }) => neighbour === up?.entry.peerId);
        return found !== undefined && { probes: up!.measured.probes, confidence: found.confidence };
      });
      assert.ok(known.confidence > fresh(known.probes) + 0.1, JSON.stringify(known));
    } finally {
      clearInterval(timer);
      stream.abort(new Error('over'));
    }
  });
});

// Requests that may be repeated leave before the other side has agreed to the protocol: one round trip, and nothing lost when it does not agree.

import assert from 'node:assert/strict';
import type { StreamMuxer } from '@libp2p/interface';
import { isUnconfirmed } from '../../../node/host/early-protocol.ts';
import type { RpcProtocol } from '../../../node/rpc/index.ts';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const ECHO: RpcProtocol = {
  id: '/test/echo/1',
  requestBytesMax: 1_048_576,
  responseBytesMax: 1_048_576,
  timeoutMs: 60_000,
  perSecond: 100,
  burst: 100,
  repeatable: true,
};
const SOON_MS = 60_000;

describe('rpc: early requests', function () {
  this.timeout(300_000);

  it('wait for no word of the other side, and are asked again where it never came', async () => {
    await using nodes = new TestNodes();
    const here = await nodes.start('here');
    const there = await nodes.start('there', { join: [addressOf(here)] });
    const peer = there.node.host.peerId;
    let served = 0;
    await there.node.rpc.handle(ECHO, async (bytes) => {
      served += 1;
      return bytes;
    });
    const connection = await eventually('the connection', SOON_MS, async () =>
      here.node.host.getConnections(peer).find(({ status }) => status === 'open'),
    );
    const ask = (byte: number, protocol = ECHO) =>
      here.node.rpc.call(peer, protocol, Uint8Array.of(byte)).then((answer) => [...answer]);
    /** For each stream of these protocols: true when it needs no word of the other side to be used. */
    const early: boolean[] = [];
    let isDead = false;
    const { muxer } = connection as unknown as { muxer: StreamMuxer };
    const create = muxer.createStream.bind(muxer);
    muxer.createStream = async (options) => {
      const stream = await create(options);
      // What libp2p would negotiate itself has no protocol yet.
      if (options?.protocol?.startsWith('/test/')) {
        early.push(stream.protocol !== '' && isUnconfirmed(stream));
        if (isDead) stream.abort(new Error('ended unseen'));
        isDead = false;
      }
      return stream;
    };

    assert.deepEqual(await ask(1), [1]);
    assert.deepEqual(await ask(2, { ...ECHO, repeatable: false }), [2]);
    assert.deepEqual(early.splice(0), [true, false]);

    // More than one window of the stream.
    const large = new Uint8Array(600_000).fill(7);
    assert.deepEqual(await here.node.rpc.call(peer, ECHO, large), large);
    assert.deepEqual(early.splice(0), [true]);

    isDead = true;
    assert.deepEqual(await ask(3), [3]);
    assert.deepEqual(early.splice(0), [true, false]);
    assert.equal(served, 4);

    // Who does not speak the protocol is found out as before.
    await assert.rejects(ask(4, { ...ECHO, id: '/test/unknown/1' }), refused('PEER_UNREACHABLE'));
    assert.deepEqual(await ask(5), [5]);
  });
});

// Streams that are negotiated ahead: the next request uses one, and one that died unseen costs nothing but a retry.

import assert from 'node:assert/strict';
import type { RpcProtocol } from '../../../node/rpc/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const ECHO: RpcProtocol = {
  id: '/test/echo/1',
  requestBytesMax: 1_024,
  responseBytesMax: 1_024,
  timeoutMs: 5_000,
  perSecond: 100,
  burst: 100,
  ready: true,
};
const SOON_MS = 10_000;

describe('rpc: ready streams', function () {
  this.timeout(60_000);

  it('carry the next request, and are replaced when they are dead', async () => {
    await using nodes = new TestNodes();
    const here = await nodes.start('here');
    const there = await nodes.start('there', { join: [addressOf(here)] });
    const peer = there.node.host.peerId;
    const echo = async (bytes: Uint8Array) => bytes;
    await there.node.rpc.handle(ECHO, echo);
    await eventually('the connection', SOON_MS, async () => here.node.host.getConnections(peer).length > 0);
    const [connection] = here.node.host.getConnections(peer);
    const waiting = () => connection?.streams.filter(({ protocol }) => protocol === ECHO.id) ?? [];
    const ask = (byte: number) => here.node.rpc.call(peer, ECHO, Uint8Array.of(byte));

    assert.deepEqual(await ask(1), Uint8Array.of(1));
    await eventually('a stream to be ready', SOON_MS, async () => waiting().length === 1);
    const [ready] = waiting();
    assert.deepEqual(await ask(2), Uint8Array.of(2));
    await eventually('the next one', SOON_MS, async () => waiting().length === 1 && waiting()[0] !== ready);

    // The other side forgets it without a word that reaches us in time.
    const [dead] = waiting();
    Object.defineProperty(dead, 'send', {
      value: () => {
        throw new Error('reset');
      },
    });
    assert.deepEqual(await ask(3), Uint8Array.of(3));
  });
});

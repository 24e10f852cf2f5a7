// Two edges that cannot be dialled reach each other through two relays: sealed end to end, by forwarded streams.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { openStream } from '../../../node/host/open-stream.ts';
import { eventually } from '../../support/cli.ts';
import { startRelays } from '../../support/relays.ts';

const WAIT_MS = 20_000;

describe('forwarding', function () {
  this.timeout(60_000);

  it('carries a stream over two relays to a node that nobody can dial, and back', async () => {
    await using world = await startRelays();
    const { a, b, here, there } = world;
    await there.node.host.handle(
      '/test/echo',
      (stream) => {
        stream.addEventListener('message', ({ data }) => stream.send(data));
        stream.addEventListener('remoteCloseWrite', () => void stream.close());
      },
      { runOnLimitedConnection: true },
    );
    const stream = await openStream(
      here.node.host,
      peerIdFromString(there.node.peerId),
      '/test/echo',
      AbortSignal.timeout(WAIT_MS),
    );
    const got: number[] = [];
    stream.addEventListener('message', ({ data }) => got.push(...data.subarray()));
    stream.send(Uint8Array.from([1, 2, 3]));
    await eventually('the echo', WAIT_MS, async () => got.length === 3);
    assert.deepEqual(got, [1, 2, 3]);
    const [mine] = here.node.routing.links();
    assert.deepEqual(mine?.path, [a.node.peerId, b.node.peerId]);
    assert.ok(a.node.routing.forwarding >= 1 && b.node.routing.forwarding >= 1);
    const record = a.node.routing
      .streams(10)
      .find(({ from, to }) => from === here.node.peerId && to === there.node.peerId);
    assert.equal(record?.attempts[0]?.decision.next, b.node.peerId);
  });
});

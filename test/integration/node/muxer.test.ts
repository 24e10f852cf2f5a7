// A connection that closes in the moment in which a stream is opened on it: the stream fails, and nothing is thrown where nobody catches.

import assert from 'node:assert/strict';
import { setImmediate as breath } from 'node:timers/promises';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;

describe('the stream muxer', function () {
  this.timeout(300_000);

  it('fails the stream, not the process, when the connection closes under it', async () => {
    await using nodes = new TestNodes();
    const here = await nodes.start('here');
    const there = await nodes.start('there', { join: [addressOf(here)] });
    const peer = there.node.host.peerId;
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const note = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', note);
    try {
      const connection = await eventually('a connection', SOON_MS, async () =>
        here.node.host.getConnections(peer).find(({ status }) => status === 'open'),
      );
      const opening = connection.newStream('/zerostate/test/sync/1').catch((error: unknown) => error);
      connection.abort(new Error('gone'));
      assert.ok((await opening) instanceof Error);
      await breath();
    } finally {
      process.removeListener('uncaughtException', note);
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    assert.deepEqual(uncaught, []);
  });
});

// Opening a stream: a connection that the other end has just ended is no reason to fail.

import assert from 'node:assert/strict';
import { openStream } from '../../../node/host/open-stream.ts';

const PEER = { toString: () => 'peer' } as never;

/** A connection whose streams fail, and which turns out to be `after` when they do. */
const failing = (after: string) => {
  const connection = {
    status: 'open',
    newStream: async () => {
      connection.status = after;
      throw new Error('stream closed');
    },
  };
  return connection;
};

describe('opening a stream', () => {
  const open = (connection: object) => {
    let dials = 0;
    const host = {
      services: {},
      getConnections: () => [connection],
      dial: async () => {
        dials += 1;
        return { newStream: async () => 'stream' };
      },
    };
    const opening = openStream(host as never, PEER, '/test', AbortSignal.timeout(10_000));
    return opening.then(
      (stream) => ({ stream, dials }),
      (error: Error) => ({ error: error.message, dials }),
    );
  };

  it('connects anew when the connection turns out to have ended', async () => {
    assert.deepEqual(await open(failing('closed')), { stream: 'stream', dials: 1 });
  });

  it('leaves a refusal on a sound connection as it is', async () => {
    assert.deepEqual(await open(failing('open')), { error: 'stream closed', dials: 0 });
  });
});

// The muxer tells a stream to go on only where it can: one whose reader is stalled is told by its reader alone. And where a connection says why it is
// lost, its streams say so.

import assert from 'node:assert/strict';
import { setImmediate as breath } from 'node:timers/promises';
import type { MessageStream, Stream } from '@libp2p/interface';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { streamMuxer } from '../../../node/host/muxer.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';

const PIECE = new Uint8Array(65_536);
/** What the other side takes of a stream that nobody reads: the first window of the muxer. */
const WINDOW_BYTES = 262_144;

/** Both ends of a connection, with a stream of `count` at each, opened from here. */
async function joined(count: number) {
  const [here, there] = multiaddrConnectionPair() as [MessageStream, MessageStream];
  const make = () => streamMuxer({ enableKeepAlive: false })();
  const [ours, theirs] = [make().createStreamMuxer(here), make().createStreamMuxer(there)];
  const remote: Stream[] = [];
  theirs.addEventListener('stream', ({ detail }) => remote.push(detail));
  const local: Stream[] = [];
  for (let n = 0; n < count; n++) local.push(await ours.createStream());
  for (let n = 0; n < 100 && remote.length < count; n++) await breath();
  return { here, there, local, remote };
}

/** Turns in which what was sent arrives at the other end of the pair, and is answered. */
async function settled(): Promise<void> {
  for (let n = 0; n < 50; n++) await breath();
}

describe('the streams of a connection', () => {
  it('hold no more than a window for a reader that stops again at the first piece, and give it everything in the end', async () => {
    const { here, local, remote } = await joined(1);
    const [ours, theirs] = [local[0]!, remote[0]!];
    const all = 8 * WINDOW_BYTES;
    for (let sent = 0; sent < all; sent += PIECE.length) ours.send(PIECE);
    let read = 0;
    theirs.pause();
    theirs.addEventListener('message', ({ data }) => {
      read += data.byteLength;
      theirs.pause();
    });
    let held = 0;
    for (let n = 0; n < 10_000 && read < all; n++) {
      theirs.resume();
      await settled();
      held = Math.max(held, theirs.readBufferLength);
    }
    assert.ok(held <= WINDOW_BYTES, `${held} bytes`);
    assert.equal(read, all);
    here.abort(new Error('done'));
  });

  it('are told to go on by it, but not where the reader is stalled: what waits stays what it was', async () => {
    const { here, local, remote } = await joined(2);
    const [stalled, free] = local as [Stream, Stream];
    remote[0]!.pause();
    let read = 0;
    remote[0]!.addEventListener('message', ({ data }) => {
      read += data.byteLength;
    });
    let sent = 0;
    const write = () => {
      while (sent < 4 * WINDOW_BYTES) {
        sent += PIECE.length;
        if (!stalled.send(PIECE)) return;
      }
    };
    stalled.addEventListener('drain', write);
    let told = 0;
    free.addEventListener('drain', () => {
      told += 1;
    });
    write();
    for (let n = 0; n < 10_000 && stalled.writeBufferLength === 0; n++) await breath();
    await settled();
    const [before, toldBefore] = [sent, told];
    assert.ok(stalled.writeBufferLength > 0 && before <= WINDOW_BYTES + 2 * PIECE.length, `${before} bytes`);
    for (let n = 0; n < 10; n++) {
      here.safeDispatchEvent('drain');
      await settled();
    }
    assert.deepEqual([sent, told - toldBefore], [before, 10]);
    // Its reader goes on: so does it.
    remote[0]!.resume();
    for (let n = 0; n < 100_000 && read < 4 * WINDOW_BYTES; n++) await breath();
    assert.ok(read >= 4 * WINDOW_BYTES, `${read} bytes`);
    stalled.removeEventListener('drain', write);
    here.abort(new Error('done'));
  });

  it('say why it was lost, where it says so', async () => {
    const lost = new ZeroError('ROUTE_LOST', 'no other path');
    for (const why of [lost, new Error('reset by peer')]) {
      const { here, local } = await joined(1);
      const told = new Promise<Error | undefined>((resolve) =>
        local[0]!.addEventListener('close', ({ error }) => resolve(error)),
      );
      here.abort(why);
      assert.equal(await told, why === lost ? lost : undefined);
    }
  });
});

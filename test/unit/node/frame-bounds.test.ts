// What a peer sends the muxer of a connection is bounded before any stream hears of it: the frames that it promises, its pings, and the answers that
// it does not read.

import assert from 'node:assert/strict';
import { setImmediate as breath } from 'node:timers/promises';
import type { MessageStream, StreamMuxer } from '@libp2p/interface';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { FRAMES_WAITING_MAX, PINGS_BURST, PINGS_PER_SECOND_MAX } from '../../../node/host/limits.ts';
import { streamMuxer } from '../../../node/host/muxer.ts';

/** The first window of a stream. */
const WINDOW_BYTES = 262_144;
const [DATA, WINDOW_UPDATE, PING] = [0, 1, 2];
const SYN = 1;

function frame(type: number, flag: number, stream: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint8(1, type);
  view.setUint16(2, flag);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  return bytes;
}

/** A peer that writes frames by itself, and the muxer of the node at the other end. */
function met() {
  const [peer, connection] = multiaddrConnectionPair() as [MessageStream, MessageStream];
  const clock = { ms: 0 };
  const muxer = streamMuxer({ enableKeepAlive: false }, () => clock.ms)().createStreamMuxer(connection);
  const send = async (bytes: Uint8Array) => {
    if (peer.status === 'open') peer.send(bytes);
    for (let n = 0; n < 5; n++) await breath();
  };
  return { peer, connection, clock, muxer, send };
}

const gathered = (muxer: StreamMuxer): number =>
  (muxer as unknown as { decoder: { buffer: { byteLength: number } } }).decoder.buffer.byteLength;

describe('what a muxer takes of a peer', () => {
  it('is no frame that its stream has no room for: it is refused by its head', async () => {
    const opened = frame(WINDOW_UPDATE, SYN, 1, 0);
    const larger = [
      [opened, frame(DATA, 0, 1, WINDOW_BYTES + 1)],
      [frame(DATA, 0, 1, 0xffff_ffff)],
      [frame(DATA, SYN, 3, 16 * 1024 * 1024 + 1)],
    ];
    for (const frames of larger) {
      const { connection, muxer, send } = met();
      for (const one of frames) await send(one);
      for (let n = 0; n < 8; n++) await send(new Uint8Array(65_536));
      assert.equal(connection.status, 'aborted');
      assert.ok(gathered(muxer) <= 65_536 + 12, `${gathered(muxer)} bytes are kept`);
    }
  });

  it('is a whole window at once, in as many pieces as it comes', async () => {
    const { connection, muxer, send } = met();
    let read = 0;
    muxer.addEventListener('stream', ({ detail }) =>
      detail.addEventListener('message', ({ data }) => {
        read += data.byteLength;
      }),
    );
    await send(frame(WINDOW_UPDATE, SYN, 1, 0));
    await send(frame(DATA, 0, 1, WINDOW_BYTES));
    for (let n = 0; n < WINDOW_BYTES / 1_024; n++) await send(new Uint8Array(1_024));
    assert.deepEqual([connection.status, read], ['open', WINDOW_BYTES]);
    connection.abort(new Error('done'));
  });

  it('are some pings: with more than these the connection ends', async () => {
    const { clock, connection, send } = met();
    for (let n = 0; n < PINGS_BURST; n++) await send(frame(PING, SYN, 0, n));
    clock.ms += 1_000;
    for (let n = 0; n < PINGS_PER_SECOND_MAX; n++) await send(frame(PING, SYN, 0, n));
    assert.equal(connection.status, 'open');
    await send(frame(PING, SYN, 0, 0));
    assert.equal(connection.status, 'aborted');
  });

  it('are as many questions as it reads answers: those that wait are few', async () => {
    const { clock, connection, send } = met();
    // Nothing that is written is taken by the peer any more.
    Object.assign(connection, {
      sendData: ({ byteLength }: { byteLength: number }) => ({ sentBytes: byteLength, canSendMore: false }),
    });
    await send(frame(PING, SYN, 0, 0));
    assert.equal(connection.writableNeedsDrain, true);
    for (let n = 0; n < FRAMES_WAITING_MAX; n++) {
      clock.ms += 1_000;
      await send(frame(PING, SYN, 0, n));
    }
    assert.equal(connection.status, 'open');
    clock.ms += 1_000;
    await send(frame(PING, SYN, 0, 0));
    assert.equal(connection.status, 'aborted');
  });
});

// A stream whose protocol is named early: what leaves before the other side has spoken, and what is made of what it says.

import assert from 'node:assert/strict';
import type { Stream, StreamMuxer } from '@libp2p/interface';
import { lpStream, streamPair } from '@libp2p/utils';
import { isUnconfirmed, openEarly } from '../../../node/host/early-protocol.ts';
import { concatBytes, fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';

const PROTOCOL = '/zerostate/test/index/1';
const MULTISTREAM = '/multistream/1.0.0';
const READ_MS_MAX = 5_000;

/** Multistream-select as it is written down: each word with its length before it and a line feed behind. */
const word = (text: string) => concatBytes(Uint8Array.of(text.length + 1), utf8(`${text}\n`));
const AGREED = concatBytes(word(MULTISTREAM), word(PROTOCOL));

/** An early stream, and its other end, at which nobody has answered yet. */
async function opened(options: object = { early: true, protocol: PROTOCOL }) {
  const [ours, theirs] = await streamPair();
  Object.assign(ours, { protocol: '' });
  const muxer: Pick<StreamMuxer, 'createStream'> = { createStream: async () => ours };
  const stream: Stream = await openEarly(muxer).createStream(options);
  return { stream, theirs };
}

const signal = () => AbortSignal.timeout(READ_MS_MAX);

describe('a protocol named early', () => {
  it('leaves with the request behind it, before a word of the other side', async () => {
    const { stream, theirs } = await opened();
    assert.equal(stream.protocol, PROTOCOL);
    await lpStream(stream).write(utf8('question'), { signal: signal() });
    const framed = lpStream(theirs);
    const heard: string[] = [];
    for (let i = 0; i < 3; i++) heard.push(fromUtf8((await framed.read({ signal: signal() })).subarray()));
    assert.deepEqual(heard, [`${MULTISTREAM}\n`, `${PROTOCOL}\n`, 'question']);
    assert.ok(isUnconfirmed(stream));
  });

  it('takes its agreement out of the answer, however that is cut into pieces', async () => {
    const answer = concatBytes(AGREED, Uint8Array.of(6), utf8('answer'));
    for (const size of [1, 7, AGREED.length, answer.length]) {
      const { stream, theirs } = await opened();
      const reading = lpStream(stream).read({ signal: signal() });
      for (let at = 0; at < answer.length; at += size) theirs.send(answer.subarray(at, at + size));
      assert.equal(fromUtf8((await reading).subarray()), 'answer', `pieces of ${size}`);
      assert.ok(!isUnconfirmed(stream));
    }
  });

  it('ends the stream when the other side says anything else', async () => {
    for (const said of [
      concatBytes(word(MULTISTREAM), word('na')),
      word('na'),
      concatBytes(word(MULTISTREAM), word('/zerostate/test/index/2')),
    ]) {
      const { stream, theirs } = await opened();
      const reading = lpStream(stream).read({ signal: signal() });
      theirs.send(said);
      await assert.rejects(reading, { name: 'UnsupportedProtocolError' });
      assert.equal(stream.status, 'aborted');
      assert.ok(isUnconfirmed(stream));
    }
  });

  it('is for those alone who ask for it', async () => {
    for (const options of [{ protocol: PROTOCOL }, { early: false, protocol: PROTOCOL }, { early: true }]) {
      const { stream } = await opened(options);
      assert.equal(stream.protocol, '');
      assert.ok(!isUnconfirmed(stream));
    }
  });
});

// Large answers that peers do not read: each peer has its share of them, all have theirs, and what is small is answered whatever waits.

import assert from 'node:assert/strict';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, Stream, StreamHandler } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { lpStream, streamPair } from '@libp2p/utils';
import { Admission } from '../../../node/admission/index.ts';
import { systemClock } from '../../../node/clock/index.ts';
import type { Host } from '../../../node/host/create.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { unwrap } from '../../../node/rpc/answer.ts';
import {
  ANSWERS_BYTES_MAX,
  ANSWERS_BYTES_PER_PEER_MAX,
  AnswersWaiting,
  SMALL_ANSWER_BYTES_MAX,
} from '../../../node/rpc/answers-waiting.ts';
import { Rpc, type RpcProtocol } from '../../../node/rpc/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { refused } from '../../support/agents.ts';

const PROTOCOL: RpcProtocol = {
  id: '/test/large/1',
  requestBytesMax: 64,
  responseBytesMax: 8 * 1024 * 1024,
  timeoutMs: 20_000,
  perSecond: 100,
  burst: 100,
  sheds: 'urgent',
};
const LARGE = PROTOCOL.responseBytesMax - 1_024;

describe('answers that wait to be read', () => {
  it('are counted from a size on, for each peer and in all, until they are written', () => {
    const waiting = new AnswersWaiting();
    const half = ANSWERS_BYTES_PER_PEER_MAX / 2;
    const leave = waiting.enter('a', half);
    assert.ok(leave !== undefined && waiting.enter('a', half) !== undefined);
    assert.equal(waiting.enter('a', half), undefined);
    assert.ok(waiting.enter('a', SMALL_ANSWER_BYTES_MAX) !== undefined);
    leave();
    leave();
    assert.equal(waiting.bytes, half);
    for (let n = 0; waiting.enter(`b${n}`, half) !== undefined; n++);
    assert.equal(waiting.bytes, ANSWERS_BYTES_MAX);
    assert.ok(waiting.enter('c', SMALL_ANSWER_BYTES_MAX) !== undefined);
  });

  it('are refused to a peer that reads none of them, and what it reads makes room', async () => {
    let serve: StreamHandler | undefined;
    const host = {
      handle: async (_: string, handler: StreamHandler) => (serve = handler),
    } as unknown as Host;
    const [log, metrics] = [createLogger({ level: 'silent', name: 'test' }), createMetrics()];
    const admission = new Admission({ clock: systemClock, log, metrics });
    await new Rpc({ host, log, metrics, admission }).handle(PROTOCOL, async (request) =>
      request[0] === 0x6c ? new Uint8Array(LARGE) : utf8('small'),
    );
    const remotePeer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
    const open: Stream[] = [];
    /** Asks; what comes back is read when the answer is called. */
    const ask = async (what: string) => {
      const [here, there] = await streamPair({ protocol: PROTOCOL.id, delay: 0 } as never);
      open.push(here, there);
      const framed = lpStream(here, { maxDataLength: 2 * LARGE, maxBufferSize: 4 * LARGE });
      // Nothing is taken of what the other side writes.
      const real = (there as unknown as { sendData(data: object): unknown }).sendData.bind(there);
      let isRead = false;
      Object.assign(there, {
        sendData: (data: object) => (isRead ? real(data) : { sentBytes: 0, canSendMore: false }),
      });
      await framed.write(utf8(what));
      void serve!(there, { remotePeer } as Connection);
      for (let n = 0; n < 1_000 && there.writeBufferLength === 0; n++) await new Promise(setImmediate);
      return async () => {
        isRead = true;
        there.safeDispatchEvent('drain');
        return unwrap((await framed.read()).subarray());
      };
    };
    const answers = [];
    for (let n = 0; n < ANSWERS_BYTES_PER_PEER_MAX / PROTOCOL.responseBytesMax; n++)
      answers.push(await ask('large'));
    await assert.rejects(await ask('large'), refused('OVERLOADED'));
    assert.deepEqual(await (await ask('small'))(), utf8('small'));
    assert.equal((await answers[0]!()).length, LARGE);
    for (let n = 0; n < 100; n++) await new Promise(setImmediate);
    assert.equal((await (await ask('large'))()).length, LARGE);
    for (const stream of open) stream.abort(new Error('done'));
  });
});

// Answers in rows are work like any other: counted while they last, and the first to give way.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { Admission } from '../../../node/admission/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { type RowHandler, type RowProtocol, RowStreams } from '../../../node/rpc/row-streams.ts';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import { rowHost } from '../../support/row-host.ts';

const PEER = peerIdFromString('12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8');
const ASK_MS_MAX = 5_000;
const PROTOCOL: RowProtocol = {
  id: '/rows/1',
  requestBytesMax: 100,
  rowBytesMax: 100,
  answerBytesMax: 1_000,
  timeoutMs: ASK_MS_MAX,
  perSecond: 100,
  burst: 100,
};

/** One server of rows, and the way to ask it. */
async function server(protocol: RowProtocol, handler: RowHandler) {
  const log = createLogger({ level: 'silent', name: 'test' });
  const metrics = createMetrics();
  const clock = { now: () => 0, after: () => () => {} };
  const admission = new Admission({ clock, log, metrics });
  const rows = new RowStreams({ host: rowHost(PEER), log, metrics, admission });
  await rows.handle(protocol, handler);
  /** Every row; how the stream ends is no matter. */
  const ask = async () => {
    const told: string[] = [];
    try {
      for await (const row of rows.ask(PEER, protocol, utf8('?'), AbortSignal.timeout(ASK_MS_MAX)))
        told.push(fromUtf8(row));
    } catch {
      // The end of the stream.
    }
    return told;
  };
  return { admission, ask };
}

describe('node/rpc: rows', () => {
  it('are counted as under way until the last of them is sent', async () => {
    const seen: number[] = [];
    const { admission, ask } = await server(PROTOCOL, async () => {
      seen.push(admission.overload.load.underWay);
      await Promise.resolve();
      seen.push(admission.overload.load.underWay);
    });
    await ask();
    assert.deepEqual(seen, [1, 1]);
    assert.equal(admission.overload.load.underWay, 0);
  });

  it('give way when there is too much, and say so where the protocol has words for it', async () => {
    let served = 0;
    const refusal = (message: string) => utf8(message);
    for (const protocol of [{ ...PROTOCOL, refusal }, PROTOCOL]) {
      const { admission, ask } = await server(protocol, async () => {
        served += 1;
      });
      const leaving: (() => void)[] = [];
      const enter = () => admission.overload.enter('timed');
      for (let leave = enter(); leave !== undefined; leave = enter()) leaving.push(leave);
      const told = await ask();
      const why = 'this node has too much to do, and timed requests give way';
      assert.deepEqual(told, protocol.refusal === undefined ? [] : [why]);
      assert.equal(served, 0);
      for (const leave of leaving) leave();
    }
  });
});

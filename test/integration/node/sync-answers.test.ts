// Answers about logs are made one at a time for each peer, whatever it asks for at once, and for nobody who has left.

import assert from 'node:assert/strict';
import { lpStream } from '@libp2p/utils';
import { unwrap } from '../../../node/rpc/answer.ts';
import { decodeSyncMessage, encodeSyncMessage } from '../../../protocol/sync/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { startRogue } from '../../support/rogue.ts';

const ASKED = 12;
const SOON_MS = 20_000;
const CREDIT_BYTES = 1_048_576;

describe('answers about logs', function () {
  this.timeout(60_000);

  it('are made one after the other for a peer, and not for one that has left', async () => {
    await using nodes = new TestNodes();
    const { node, ...victim } = await nodes.start('victim');
    await node.cards.publish(draft('one'));
    const { origin, size } = node.ownLog.state();
    let making = 0;
    let most = 0;
    let made = 0;
    let goOn = () => {};
    let held = Promise.resolve();
    const entries = node.store.entries.bind(node.store);
    node.store.entries = async function* (...range) {
      making += 1;
      most = Math.max(most, making);
      try {
        await held;
        yield* entries(...range);
      } finally {
        making -= 1;
        made += 1;
      }
    };
    await using rogue = await startRogue();
    const connection = await rogue.dial(addressOf({ node, ...victim }));
    const request = encodeSyncMessage({
      kind: 'tail-request',
      origin,
      from: 0,
      to: size,
      credit: CREDIT_BYTES,
    });
    const ask = async () => {
      const framed = lpStream(await connection.newStream('/zerostate/test/sync/1'));
      await framed.write(request);
      return async () =>
        decodeSyncMessage(unwrap((await framed.read()).subarray()), ['tail-response'], CREDIT_BYTES);
    };
    const asked = await Promise.all(Array.from({ length: ASKED }, ask));
    const answers = await Promise.all(asked.map((read) => read()));
    assert.deepEqual(
      answers.map((answer) => answer.entries.length),
      new Array(ASKED).fill(size),
    );
    assert.deepEqual([most, made], [1, ASKED]);
    held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await Promise.all(Array.from({ length: ASKED }, ask));
    await eventually(
      'all to be under way',
      SOON_MS,
      async () => node.admission.overload.load.underWay >= ASKED,
    );
    await rogue.stop();
    await eventually('the peer to leave', SOON_MS, async () => node.host.getPeers().length === 0);
    goOn();
    await eventually('all to end', SOON_MS, async () => node.admission.overload.load.underWay === 0);
    assert.equal(made, ASKED + 1);
  });
});

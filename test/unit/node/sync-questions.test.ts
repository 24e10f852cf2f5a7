// What peers ask of this node's logs and tell it by that, how they are met, and whom it asks for a body.

import assert from 'node:assert/strict';
import { encodeSyncMessage } from '../../../protocol/sync/index.ts';
import { refused } from '../../support/agents.ts';
import { settled } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { headsQuestion, syncWorld, type Talker } from '../../support/sync-world.ts';

const logOf = (count: number, seed = 1) =>
  new MemoryLog(seed).append(...Array.from({ length: count }, (_, n) => sampleEntry(n)));

describe('questions of peers', () => {
  it('about a log that is not held, and of who has left, are refused', async () => {
    await using database = new TestDatabase();
    const { ask, protocol } = await syncWorld(database, new Map([['a', { logs: [] }]]));
    const { origin } = logOf(1);
    const tail = encodeSyncMessage({ kind: 'tail-request', origin, from: 0, to: 1, credit: 16_384 });
    await assert.rejects(ask('a', tail), refused('SYNC_REFUSED'));
    await assert.rejects(ask('gone', tail), refused('PEER_UNREACHABLE'));
    // Revocations come this way, and the release of who is in quarantine.
    assert.deepEqual([protocol.sheds, protocol.evenConfined], ['urgent', true]);
  });

  it('teach what they name, unless their peer lied or the node is stopping', async () => {
    await using database = new TestDatabase();
    const [one, two, three] = [1, 2, 3].map((seed) => logOf(1, seed));
    const { ask, asked, clock, failed, meet, service, store } = await syncWorld(
      database,
      new Map([
        ['a', { logs: [one!, two!, three!] }],
        ['b', { logs: [one!] }],
      ]),
    );
    meet('a', 'inbound');
    clock.stand(1_000);
    await ask('a', headsQuestion(one!));
    while (store.state(one!.origin).size === 0) await settled();
    assert.equal(service.lastRoundAt, 1_000);
    await clock.pass(5_000);
    assert.ok(
      asked.every(({ message }) => message.kind === 'tail-request'),
      'who asked is not asked back',
    );
    await service.syncWithSome();
    assert.equal(asked.at(-1)!.peer, 'b', 'who asked was compared with');
    asked.length = 0;
    const unsigned = encodeSyncMessage({
      kind: 'heads-request',
      after: null,
      upTo: null,
      heads: [two!.checkpoint.replace(/\n1\n/, '\n2\n')],
    });
    await ask('a', unsigned);
    assert.deepEqual(failed, ['a']);
    await ask('a', headsQuestion(two!));
    await settled();
    assert.deepEqual(asked, []);
    for (let round = 0; round < 2; round++) await service.syncWithSome();
    assert.ok(
      asked.every(({ peer }) => peer === 'b'),
      'nor is a liar compared with',
    );
    asked.length = 0;
    await service.stop();
    await ask('b', headsQuestion(three!));
    await settled();
    assert.deepEqual(asked, []);
  });
});

describe('peers that are met', () => {
  it('are compared with by who dialled, when they speak of logs, until the node stops', async () => {
    await using database = new TestDatabase();
    const all = new Map(['a', 'b', 'c', 'd'].map((name) => [name, { logs: [] }]));
    const { asked, clock, meet, service } = await syncWorld(database, all);
    meet('a', 'outbound');
    meet('b', 'inbound');
    meet('c', 'outbound', ['/something/else']);
    await settled();
    assert.deepEqual(
      asked.map(({ peer }) => peer),
      ['a'],
    );
    await clock.pass(5_000);
    assert.deepEqual(
      asked.map(({ peer }) => peer),
      ['a', 'b'],
    );
    meet('d', 'inbound');
    await service.stop();
    assert.equal(clock.waiting, 0);
    meet('d', 'outbound');
    await settled();
    assert.equal(asked.length, 2);
  });
});

describe('a body that is asked for', () => {
  it('is asked of one peer after another, and of no liar', async () => {
    await using database = new TestDatabase();
    const log = logOf(1);
    const withheld = new MemoryLog(1).append({ ...log.stored[0]!, body: null });
    const lie = { logs: [log], answer: () => new Uint8Array([1]) };
    const talkers = new Map<string, Talker>([['a', { logs: [withheld] }]]);
    const { failed, pull, questions, service } = await syncWorld(database, talkers);
    await pull('a', withheld);
    talkers.set('liar', lie);
    await assert.rejects(pull('liar', logOf(1, 9)));
    assert.deepEqual(failed, ['liar']);
    talkers.set('gone', { logs: [], answer: () => Promise.reject(new Error('gone')) });
    talkers.set('b', { logs: [log] });
    assert.equal(await service.fetchBody(log.origin, 0), true);
    assert.equal(questions('tail-request', 'liar'), 1);
    assert.equal(questions('tail-request', 'b'), 1);
  });
});

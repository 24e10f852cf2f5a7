// Batches that wait for the disk together: what goes together, what is durable, and who hears of a failure.

import assert from 'node:assert/strict';
import { bytesLevel, DURABLE } from '../../../node/storage/index.ts';
import { type Operation, WriteGroups } from '../../../node/storage/write-groups.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const MIB = 1024 * 1024;

/** A disk that is told when it is done. */
function rig() {
  const written: string[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const groups = new WriteGroups((operations, { sync }) => {
    written.push(`${operations.map(({ key }) => key).join(' ')}${sync ? ', durably' : ''}`);
    return new Promise((resolve, reject) => pending.push({ resolve, reject }));
  });
  const batch = (keys: string, bytes = 0): Operation[] =>
    keys.split('').map((key) => ({ key, value: new Uint8Array(bytes) }));
  const next = async () => {
    const one = pending.shift();
    assert.ok(one, 'a write is under way');
    return one;
  };
  return { batch, groups, next, written };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What was handed over before is with the disk: that is at the end of this turn of the event loop, and the next has ended too. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

describe('batches for the disk', () => {
  it('that come while one is written go together, in their order, and durably when one of them has to be', async () => {
    const { batch, groups, next, written } = rig();
    const done: string[] = [];
    const add = (keys: string, sync: boolean) =>
      groups.add(batch(keys), sync).then(
        () => done.push(keys),
        () => done.push(`not ${keys}`),
      );
    void add('a', false);
    await settled();
    void add('bc', false);
    void add('d', true);
    void add('e', false);
    await settled();
    assert.deepEqual(written, ['a']);
    assert.deepEqual(done, [], 'nobody is told before the disk has it');
    (await next()).resolve();
    await settled();
    assert.deepEqual(written, ['a', 'b c d e, durably']);
    assert.deepEqual(done, ['a']);
    void add('f', false);
    await settled();
    (await next()).reject(new Error('full'));
    await settled();
    assert.deepEqual(done, ['a', 'not bc', 'not d', 'not e'], 'a failure reaches each, and nobody else');
    assert.equal(written[2], 'f');
    const flushed = groups.flush();
    (await next()).resolve();
    await flushed;
    assert.deepEqual(done.slice(4), ['f']);
  });

  it('of one turn of the event loop go together, however many steps each took to come', async () => {
    const { batch, groups, next, written } = rig();
    const first = groups.add(batch('a'), false);
    for (let step = 0; step < 20; step++) await Promise.resolve();
    const second = groups.add(batch('b'), true);
    await settled();
    assert.deepEqual(written, ['a b, durably']);
    (await next()).resolve();
    await Promise.all([first, second]);
  });

  it('do not grow without bound', async () => {
    const { batch, groups, next, written } = rig();
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => groups.add(batch(key, 2 * MIB), false));
    for (let write = 0; write < 3; write++) {
      await settled();
      (await next()).resolve();
    }
    await Promise.all(all);
    assert.deepEqual(written, ['a b', 'c d', 'e f']);
  });

  it('of a real database are there, also when it is closed with some under way', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    const part = bytesLevel(db, 'part');
    const keys = Array.from({ length: 40 }, (_, i) => String(i).padStart(2, '0'));
    const writes = keys.map((key, i) =>
      db
        .batch()
        .put(key, Uint8Array.of(i), { sublevel: part })
        .write(i % 2 === 0 ? DURABLE : {}),
    );
    const removed = part.batch([{ type: 'del', key: '07' }], DURABLE as never);
    await db.end();
    await Promise.all([...writes, removed]);
    await folder.close();
    const again = bytesLevel(await folder.open(), 'part');
    assert.deepEqual(
      await again.keys().all(),
      keys.filter((key) => key !== '07'),
    );
    assert.deepEqual([...((await again.get('13')) ?? [])], [13]);
  });
});

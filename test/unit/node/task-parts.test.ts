// The bytes of tasks: nothing is kept under an id that it does not have, and what tasks under way need stays while others make room.

import assert from 'node:assert/strict';
import { bytesLevel } from '../../../node/storage/index.ts';
import { partOf, TaskParts } from '../../../node/tasks/parts.ts';
import { refused } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(4).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const idOf = (bytes: Uint8Array) => partOf(bytes).cid;

describe('the parts of tasks', () => {
  let db: TestDatabase;
  beforeEach(() => {
    db = new TestDatabase();
  });
  afterEach(() => db[Symbol.asyncDispose]());

  /** Room for two of the parts above. */
  const open = async () => {
    const parts = new TaskParts(await db.open(), 10);
    await parts.load();
    return parts;
  };
  const there = (parts: TaskParts) => [a, b, c].map((bytes) => parts.has(idOf(bytes)));

  it('are taken under their own id alone', async () => {
    const parts = await open();
    await assert.rejects(parts.accept(idOf(a), b), refused('DECODE_FAILED'));
    assert.deepEqual(there(parts), [false, false, false]);
    await parts.accept(idOf(a), a);
    assert.deepEqual(await parts.get(idOf(a)), a);
  });

  it('that the disk has changed are not given out, and not said to be here', async () => {
    await (await open()).put(a);
    await bytesLevel(await db.open(), 'task-parts').put(idOf(a), b);
    const parts = await open();
    assert.equal(await parts.get(idOf(a)), undefined);
    assert.equal(parts.has(idOf(a)), false);
    await parts.put(a);
    assert.deepEqual(new Uint8Array((await (await open()).get(idOf(a)))!), a);
  });

  it('make room for others, those first that were not used for longest, also those of an earlier run', async () => {
    await (await open()).put(a);
    const parts = await open();
    await parts.put(b);
    await parts.get(idOf(a));
    await parts.put(c);
    assert.deepEqual(there(parts), [true, false, true]);
    assert.equal(await parts.get(idOf(b)), undefined);
    assert.deepEqual(there(await open()), [true, false, true]);
  });

  it('stay while as much as one task that needs them is under way: another is refused then, and takes no room', async () => {
    const parts = await open();
    const [first, second] = [await parts.put(a), await parts.put(b)].map(({ cid }) => cid) as [
      string,
      string,
    ];
    parts.hold([first, second]);
    parts.hold([first]);
    await assert.rejects(parts.put(c), refused('LIMIT_EXCEEDED'));
    assert.deepEqual(there(parts), [true, true, false]);
    assert.equal(await parts.get(idOf(c)), undefined);
    parts.release([first, second]);
    await parts.put(c);
    assert.deepEqual(there(parts), [true, false, true]);
  });
});

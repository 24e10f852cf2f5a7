// Before a member is asked, the attempt that it is asked for is on disk: with what it is promised, or by itself where it is promised nothing.

import assert from 'node:assert/strict';
import { Lanes } from '../../../node/tasks/lanes.ts';
import { Runs, type RunsDeps } from '../../../node/tasks/runs.ts';
import { TaskBook, type TaskEntry } from '../../../node/tasks/task-book.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';

/** Runs whose member answers that it is overloaded, and what was done for each in its order. */
function rig(quote: unknown, book: Partial<TaskBook> = {}) {
  const done: string[] = [];
  const deps = {
    asker: {
      card: async () => ({ card: {} }),
      run: async () => {
        done.push('asked');
        return { status: 'OVERLOADED' };
      },
    },
    book: {
      manifest: async () => ({ manifest: {} }),
      note: () => {},
      toDisk: async () => void done.push('to disk'),
      ...book,
    },
    ports: {
      payments: {
        quote: () => quote,
        promise: async () => void done.push('promised'),
        withdraw: async () => {},
      },
    },
    lanes: new Lanes(4),
    log: { error: () => {} },
  };
  const entry = { taskId: 't', members: [{ agentId: 'a', name: 'A', peer: 'p' }] } as unknown as TaskEntry;
  return { done, ask: () => new Runs(deps as unknown as RunsDeps).ask(entry, 'a', 1) };
}

describe('an attempt', () => {
  it('that is promised nothing is on disk before its member is asked', async () => {
    const { ask, done } = rig(null);
    await ask();
    assert.deepEqual(done, ['to disk', 'asked']);
  });

  it('that is promised something comes to disk with that', async () => {
    const { ask, done } = rig({ amount: 1n });
    await ask();
    assert.deepEqual(done, ['promised', 'asked']);
  });

  it('that cannot be brought to disk is not asked for', async () => {
    await using database = new TestDatabase();
    const book = new TaskBook({ db: await database.open(), clock: new HandClock() });
    await book.toDisk();
    await database.close();
    const { ask, done } = rig(null, { toDisk: () => book.toDisk() });
    assert.equal((await ask()).type, 'failed');
    assert.deepEqual(done, []);
  });
});

// Before a member is asked, the attempt that it is asked for is on disk: with what it is promised, or by itself where it is promised nothing.

import assert from 'node:assert/strict';
import { Lanes } from '../../../node/tasks/lanes.ts';
import { Runs, type RunsDeps } from '../../../node/tasks/runs.ts';
import { TaskBook, type TaskEntry } from '../../../node/tasks/task-book.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';

/** Runs whose member answers that it is overloaded, and what was done for each in its order. */
function rig(quote: unknown, book: Partial<TaskBook> = {}, promise = async () => {}) {
  const done: string[] = [];
  const deps = {
    asker: {
      card: async () => ({ card: {} }),
      run: async () => {
        done.push('asked');
        return { status: 'OVERLOADED' };
      },
      control: async () => void done.push('cancelled'),
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
        promise: async () => {
          await promise();
          done.push('promised');
        },
        withdraw: async () => void done.push('taken back'),
      },
    },
    lanes: new Lanes(4),
    log: { error: () => {} },
  };
  const entry = { taskId: 't', members: [{ agentId: 'a', name: 'A', peer: 'p' }] } as unknown as TaskEntry;
  const runs = new Runs(deps as unknown as RunsDeps);
  const withdraw = (state: string) =>
    runs.withdraw({ ...entry, task: { attempts: [{ token: 1, state }] } } as unknown as TaskEntry, 'a', 1);
  return { done, ask: () => runs.ask(entry, 'a', 1), withdraw };
}

describe('an attempt', () => {
  it('that is promised nothing is on disk before its member is asked', async () => {
    const { ask, done } = rig(null);
    await ask();
    assert.deepEqual(done, ['to disk', 'asked', 'taken back']);
  });

  it('that is promised something comes to disk with that', async () => {
    const { ask, done } = rig({ amount: 1n });
    await ask();
    assert.deepEqual(done, ['promised', 'asked', 'taken back'], 'which it does not keep for nothing');
  });

  it('is not asked for before its promise is acknowledged, nor without it', async () => {
    const acknowledged = Promise.withResolvers<void>();
    const slow = rig({ amount: 1n }, {}, () => acknowledged.promise);
    const asked = slow.ask();
    await settled();
    assert.deepEqual(slow.done, []);
    acknowledged.resolve();
    await asked;
    assert.deepEqual(slow.done.slice(0, 2), ['promised', 'asked']);
    const refusing = rig({ amount: 1n }, {}, async () => {
      throw new ZeroError('PRICE_REFUSED', 'dearer than before');
    });
    assert.deepEqual(await refusing.ask(), { type: 'failed', token: 1, error: 'PRICE_REFUSED' });
    assert.deepEqual(refusing.done, ['taken back']);
  });

  it('that may still have its say keeps its promise when it is withdrawn', async () => {
    for (const [state, done] of [
      ['asked', ['cancelled']],
      ['fenced', ['cancelled', 'taken back']],
    ] as const) {
      const rigged = rig({ amount: 1n });
      await rigged.withdraw(state);
      assert.deepEqual(rigged.done, done, state);
    }
  });

  it('that cannot be brought to disk is not asked for', async () => {
    await using database = new TestDatabase();
    const book = new TaskBook({ db: await database.open(), clock: new HandClock() });
    await book.toDisk();
    await database.close();
    const { ask, done } = rig(null, { toDisk: () => book.toDisk() });
    assert.equal((await ask()).type, 'failed');
    assert.deepEqual(done, ['taken back']);
  });
});

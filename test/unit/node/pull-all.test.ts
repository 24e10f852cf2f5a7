// Many logs from one peer: some at a time, one bad log does not stop the others, and a peer that is gone is not asked for the rest.

import assert from 'node:assert/strict';
import { pullAll } from '../../../node/sync/pull-all.ts';

const logs = Array.from({ length: 50 }, (_, n) => ({ origin: `log ${n}`, to: n + 1 }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('pulling many logs', () => {
  it('asks for several at a time and for a bounded number', async () => {
    let now = 0;
    let most = 0;
    const pulled: string[] = [];
    await pullAll(
      logs,
      async ({ origin }) => {
        most = Math.max(most, ++now);
        await turn();
        now -= 1;
        pulled.push(origin);
      },
      () => true,
    );
    assert.equal(most, 8);
    assert.equal(new Set(pulled).size, logs.length);
  });

  it('tries all others when one fails, and then says so', async () => {
    const tried = new Set<string>();
    const pull = async ({ origin }: { origin: string }) => {
      tried.add(origin);
      await turn();
      if (origin === 'log 3') throw new Error('a bad log');
      if (origin === 'log 20') throw new Error('another');
    };
    await assert.rejects(
      pullAll(logs, pull, () => false),
      /a bad log/,
    );
    assert.equal(tried.size, logs.length);
  });

  it('begins no further log with a peer that is gone', async () => {
    let tried = 0;
    const pull = async () => {
      tried += 1;
      await turn();
      throw new Error('unreachable');
    };
    await assert.rejects(
      pullAll(logs, pull, () => true),
      /unreachable/,
    );
    assert.equal(tried, 8);
  });
});

// When a member is asked again: it waits as long as it was told to, twice as long each time, and neither for ever nor after it was called off.

import assert from 'node:assert/strict';
import { askAgain } from '../../../node/tasks/ask-again.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const refused = (retryMs?: number) =>
  new ZeroError('BUSY', 'too many requests', { details: retryMs === undefined ? {} : { retryMs } });

/** Asks somebody who throws these, one after the other, and then answers. */
function asking(...errors: Error[]) {
  const clock = new HandClock();
  const call = new AbortController();
  const at: number[] = [];
  const answer = askAgain(
    async () => {
      at.push(clock.now());
      const error = errors.shift();
      if (error !== undefined) throw error;
      return 'done';
    },
    clock,
    call.signal,
  );
  answer.catch(() => undefined);
  const run = async (ms: number) => {
    await settled();
    for (let passed = 0; passed < ms; passed += 10) await clock.pass(10);
  };
  return { answer, at, call, clock, run };
}

describe('asking a member again', () => {
  it('comes back when it was told to, then after twice as long', async () => {
    const { answer, at, run } = asking(refused(10), refused(10), refused(10));
    await run(100);
    assert.equal(await answer, 'done');
    assert.deepEqual(at, [0, 10, 30, 70]);
  });

  it('does not wait for ever, nor longer than a second at once', async () => {
    const errors = Array.from({ length: 20 }, () => refused(60_000));
    const { answer, at, run } = asking(...errors);
    await run(3_000);
    await assert.rejects(answer, { code: 'BUSY' });
    assert.deepEqual(at, [0, 1_000, 2_000]);
  });

  it('takes a refusal that names no time, and any other error, as the last word', async () => {
    for (const error of [refused(), new ZeroError('TASK_REFUSED', 'no'), new Error('broken')]) {
      const { answer, at } = asking(error);
      await assert.rejects(answer, error);
      assert.deepEqual(at, [0]);
    }
  });

  it('asks once more after a connection that broke', async () => {
    const broken = () => new ZeroError('PEER_UNREACHABLE', 'gone');
    const { answer, at, run } = asking(broken(), broken(), broken());
    await run(500);
    await assert.rejects(answer, { code: 'PEER_UNREACHABLE' });
    assert.deepEqual(at, [0, 200]);
  });

  it('ends at once when it is called off, and leaves no timer', async () => {
    const { answer, at, call, clock } = asking(refused(500), refused(500));
    await settled();
    assert.equal(clock.waiting, 1);
    call.abort(new ZeroError('TASK_CANCELLED', 'called off'));
    await assert.rejects(answer, { code: 'TASK_CANCELLED' });
    assert.deepEqual([at, clock.waiting], [[0], 0]);
  });
});

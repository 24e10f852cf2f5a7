// The runs of an executor: one attempt is one run, an attempt that was overtaken stays so, and nobody fills the table alone.

import assert from 'node:assert/strict';
import { LiveOutput } from '../../../node/tasks/live-output.ts';
import { RunTable } from '../../../node/tasks/run-table.ts';
import type { TaskResponse } from '../../../node/tasks/wire.ts';
import { refused } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const PER_REQUESTER_MAX = 128;
const PER_PEER_MAX = 256;

/** A table whose runs end when they are withdrawn. */
function table() {
  const runs = new RunTable();
  const live = new LiveOutput(new HandClock());
  let begun = 0;
  const begin = (key: string, token: number, requester = 'agent', peer = 'node') => {
    const run = runs.begin({ key, token, requester, peer, live }, (signal) => {
      begun += 1;
      const { promise, reject } = Promise.withResolvers<TaskResponse>();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      return promise;
    });
    run.answer.catch(() => undefined);
    return run;
  };
  return { runs, begin, begun: () => begun };
}

describe('the runs of an executor', () => {
  it('are one for each attempt, also when its parts came twice', () => {
    const { begin, begun } = table();
    assert.equal(begin('task/a', 1), begin('task/a', 1));
    assert.equal(begun(), 1);
  });

  it('are fenced: an attempt whose parts arrive after a later one began does not take it over', async () => {
    const { runs, begin } = table();
    const first = begin('task/a', 1);
    const later = begin('task/a', 2);
    await assert.rejects(first.answer, refused('MANIFEST_REPLAYED'));
    assert.throws(() => begin('task/a', 1), refused('MANIFEST_REPLAYED'));
    assert.equal(later.abort.signal.aborted, false);
    assert.equal(runs.get('task/a'), later);
  });

  it('are bounded for each requester and for each node, so that no node fills the table under many names', () => {
    const { runs, begin } = table();
    for (let n = 0; n < PER_REQUESTER_MAX; n++) begin(`task-${n}/a`, 1, 'one');
    assert.throws(() => begin('more/a', 1, 'one'), refused('BUSY'));
    for (let n = 0; n < PER_PEER_MAX - PER_REQUESTER_MAX; n++) begin(`other-${n}/a`, 1, `fresh-${n}`);
    assert.throws(() => begin('fresh/a', 1, 'fresh'), refused('BUSY'));
    begin('elsewhere/a', 1, 'fresh', 'another node');
    assert.equal(runs.size, PER_PEER_MAX + 1);
  });
});

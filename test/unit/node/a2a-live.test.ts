// The bound on tasks that A2A clients have under way holds for a burst too, and a task that is still being handed over can be cancelled.

import assert from 'node:assert/strict';
import { Role } from '@a2a-js/sdk';
import type { ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server';
import { A2A_LIVE_MAX, A2aExecutor } from '../../../node/a2a/executor.ts';
import { WASM_TYPE } from '../../../node/a2a/message.ts';

const AGENT = 'did:key:zSomebody#agent';

/** A message that is a task: the least that an order needs. */
function contextOf(taskId: string): RequestContext {
  const part = (content: object, mediaType = '') => ({
    content,
    mediaType,
    filename: '',
    metadata: undefined,
  });
  const userMessage = {
    messageId: taskId,
    contextId: 'talk',
    taskId,
    role: Role.ROLE_USER,
    parts: [
      part({ $case: 'data', value: { name: 'wait', capability: 'Waiting' } }),
      part({ $case: 'raw', value: Buffer.from([0, 0x61, 0x73, 0x6d]) }, WASM_TYPE),
    ],
    extensions: [],
    referenceTaskIds: [],
    metadata: undefined,
  };
  return { contextId: 'talk', taskId, userMessage } as never;
}

/** What an execution tells. */
function busOf() {
  const told: string[] = [];
  const bus = {
    publish: (event: unknown) => told.push(JSON.stringify(event)),
    finished: () => told.push('finished'),
  };
  return { told, bus: bus as never as ExecutionEventBus };
}

/** An executor whose node takes a task when the test says so. */
function rig() {
  const submissions: PromiseWithResolvers<{ taskId: string }>[] = [];
  const cancelled: string[] = [];
  const executor = new A2aExecutor(
    {
      clock: { now: () => 0 },
      requester: {
        submit: () => {
          const one = Promise.withResolvers<{ taskId: string }>();
          submissions.push(one);
          return one.promise;
        },
        cancel: async (id: string) => void cancelled.push(id),
      },
      tasks: { ended: () => Promise.reject(new Error('nobody follows further here')) },
    } as never,
    AGENT,
  );
  return { executor, submissions, cancelled };
}

describe('tasks of A2A clients under way', () => {
  it('are counted from the moment at which they are handed over', async () => {
    const { executor, submissions } = rig();
    const runs = Array.from({ length: A2A_LIVE_MAX + 3 }, (_, i) => {
      const { told, bus } = busOf();
      return { told, run: executor.execute(contextOf(`t${i}`), bus) };
    });
    await Promise.all(runs.slice(A2A_LIVE_MAX).map(({ run }) => run));
    assert.equal(submissions.length, A2A_LIVE_MAX);
    for (const { told } of runs.slice(A2A_LIVE_MAX)) assert.match(told.join(), /BUSY/);
    assert.ok(executor.follows('t0') && !executor.follows(`t${A2A_LIVE_MAX}`));

    for (const { reject } of submissions) reject(new Error('refused'));
    await Promise.allSettled(runs.map(({ run }) => run));
    assert.ok(!executor.follows('t0'), 'a place is free again');
  });

  it('can be cancelled while they are handed over', async () => {
    const { executor, submissions, cancelled } = rig();
    const run = executor.execute(contextOf('early'), busOf().bus);
    const { told, bus } = busOf();
    const stopping = executor.cancelTask('early', bus);
    submissions[0]?.resolve({ taskId: 'ours' });
    await stopping;
    await assert.rejects(run);
    assert.deepEqual([cancelled, told], [['ours'], []]);

    await executor.cancelTask('nobody', bus);
    assert.deepEqual([cancelled, told], [['ours'], ['finished']]);
  });
});

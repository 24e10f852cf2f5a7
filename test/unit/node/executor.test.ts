// Who may have a task run here, and on what terms: the door of an executor, its promises of pay, and what it tells of a run to whom.

import assert from 'node:assert/strict';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { Executor, type ExecutorDeps } from '../../../node/tasks/executor.ts';
import { partOf } from '../../../node/tasks/parts.ts';
import { encodeEnvelope } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { type SignManifestInput, signManifest, taskIdOf } from '../../../protocol/task/index.ts';
import { makeAgent, OBSERVED, refused } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const agent = makeAgent(10);
const worker = makeAgent(40).agentId;
const module = new Uint8Array(8);
const NOW = Date.parse('2026-03-01T00:05:00Z');
const asker = peerIdFromString(OBSERVED.executor);
const stranger = { toString: () => 'somebody else' } as PeerId;
const draft: SignManifestInput = {
  agent,
  signer: agent.operational,
  idempotencyKey: 'once',
  peer: asker.toString(),
  issuedAt: '2026-03-01T00:00:00Z',
  deadline: '2026-03-01T00:10:00Z',
  module: partOf(module),
  stdin: null,
  inputs: [],
  redundancy: 1,
  priceCeiling: null,
  spec: {
    name: 'sum',
    capability: 'add numbers',
    limits: { fuel: '1000', memoryBytes: 1_048_576, wallMs: 1_000 },
  },
} as SignManifestInput;

type Result = Record<string, unknown>;
const RESULT: Result = {
  status: 'completed',
  exitCode: 0,
  fuel: 1n,
  wallMs: 1,
  outputs: {},
  signable: false,
};

/** An executor that runs at a word, and what it did in its order. */
function rig(limits: Partial<ExecutorDeps['limits']> = {}, quote: unknown = null) {
  const clock = new HandClock();
  clock.stand(NOW);
  const done: string[] = [];
  const [begin, end, record] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<Result>(),
    Promise.withResolvers<void>(),
  ];
  const promise = { isThere: true };
  const executor = new Executor({
    clock,
    network: 'test',
    limits: { accept: true, fuelMax: '1000', memoryBytesMax: 1_048_576, wallMsMax: 1_000, ...limits },
    vault: { has: (id: string) => id === worker },
    book: { get: () => ({ card: { sla: {}, prices: [] } }) },
    parts: { get: async () => module, accept: async () => {} },
    metrics: { count: () => {} },
    log: { info: () => {}, warn: () => {} },
    rpc: { handle: async (protocol: { id: string }) => void done.push(protocol.id) },
    runner: {
      stats: () => ({ workers: 1 }),
      run: async () => {
        done.push('run');
        return { ...RESULT, stdout: new Uint8Array(), stderr: new Uint8Array(), ...(await end.promise) };
      },
    },
    ports: {
      admit: () => record.promise,
      payments: {
        quote: () => quote,
        requirePromise: () => {
          if (!promise.isThere) throw new ZeroError('PAYMENT_REQUIRED', 'nothing is promised');
        },
        begin: async () => {
          await begin.promise;
          done.push('begun');
        },
        dropped: async () => void done.push('dropped'),
      },
    },
  } as unknown as ExecutorDeps);
  const execute = (change: Partial<SignManifestInput> = {}, peer = asker, token = 1, agentId = worker) =>
    executor.execute(
      {
        manifest: encodeEnvelope(signManifest({ ...draft, ...change }).envelope),
        agentId,
        token,
        attached: {},
      } as never,
      peer,
    );
  return { begin, done, end, execute, executor, promise, record };
}

/** An executor whose runs end as soon as they are begun. */
function open(...given: Parameters<typeof rig>) {
  const rigged = rig(...given);
  rigged.begin.resolve();
  rigged.record.resolve();
  rigged.end.resolve({});
  return rigged;
}

/** Lets what is under way come to where it waits. */
const turn = async () => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('the door of an executor', () => {
  it('is open to the node that the manifest names alone, within the time that it says', async () => {
    const { done, execute } = open();
    await assert.rejects(execute({}, stranger), refused('MANIFEST_REPLAYED'));
    const times = [
      { deadline: '2026-03-01T00:05:00Z' },
      { issuedAt: '2026-03-01T00:15:01Z', deadline: '2026-03-01T00:20:00Z' },
    ];
    for (const time of times) await assert.rejects(execute(time), refused('MANIFEST_REPLAYED'));
    await assert.rejects(execute({}, asker, 1, agent.agentId), refused('TASK_REFUSED'));
    assert.deepEqual(done, []);
  });

  it('lets no task in that asks for more than this node gives', async () => {
    for (const less of [{ fuelMax: '999' }, { memoryBytesMax: 1_048_575 }, { wallMsMax: 999 }])
      await assert.rejects(open(less as never).execute(), refused('TASK_REFUSED'), JSON.stringify(less));
  });

  it('stays closed where the node takes no tasks', async () => {
    const { done, executor } = rig({ accept: false });
    await executor.start();
    assert.deepEqual(done, []);
  });

  it('wants the promise of its price first', async () => {
    const { done, execute, promise } = open({}, { amount: 7n, currency: 'TEST' });
    promise.isThere = false;
    await assert.rejects(execute(), refused('PAYMENT_REQUIRED'));
    assert.deepEqual(done, []);
  });
});

describe('a run of an executor', () => {
  it('begins when its promise is held on disk, and lets the promise go where it comes to nothing', async () => {
    const { begin, done, end, execute, record } = rig({}, { amount: 7n, currency: 'TEST' });
    const answer = execute();
    await turn();
    assert.deepEqual(done, [], 'nothing runs yet');
    begin.resolve();
    await turn();
    assert.deepEqual(done, ['begun', 'run']);
    end.resolve({});
    record.resolve();
    assert.equal((await answer).receipt, null);
    assert.deepEqual(done, ['begun', 'run', 'dropped']);
  });

  it('is answered when the decision to let it in is on record', async () => {
    const { end, execute, record } = rig();
    let isAnswered = false;
    const answer = execute().then(() => {
      isAnswered = true;
    });
    end.resolve({});
    await turn();
    assert.equal(isAnswered, false);
    record.resolve();
    await answer;
  });

  it('is one however often it is asked for, and is told of and withdrawn at the word of its own asker and attempt alone', async () => {
    const { done, end, execute, executor, record } = rig();
    record.resolve();
    const answers = [execute()];
    await turn();
    answers.push(execute());
    await turn();
    assert.deepEqual(done, ['run']);
    const taskId = taskIdOf(agent.agentId, draft.idempotencyKey);
    const run = { taskId, agentId: worker, token: 1 };
    const from = { stdout: 0, stderr: 0 };
    const foreign = [
      [run, stranger],
      [{ ...run, token: 2 }, asker],
    ] as const;
    for (const [one, peer] of foreign) {
      assert.deepEqual(executor.control({ verb: 'cancel', tasks: [one] }, peer), ['unknown']);
      await assert.rejects(executor.output({ ...one, ...from }, peer), refused('NOT_FOUND'));
    }
    assert.deepEqual(executor.control({ verb: 'status', tasks: [run] }, asker), ['running']);
    executor.control({ verb: 'cancel', tasks: [run] }, asker);
    // It ends all the same, as one may that was done when it was withdrawn.
    end.resolve({});
    for (const answer of answers) await assert.rejects(answer, refused('TASK_CANCELLED'));
  });

  it('is not asked for the pieces of the task again once it is known', async () => {
    const { done, end, execute, record } = rig();
    record.resolve();
    end.resolve({});
    const first = await execute();
    assert.equal(await execute(), first);
    assert.deepEqual(done, ['run']);
  });
});

// Tasks that come together are placed one after the other, each with the load that those before it make, and none waits for the disk of another.

import assert from 'node:assert/strict';
import { Lanes } from '../../../node/tasks/lanes.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import { Requester, type RequesterDeps } from '../../../node/tasks/requester.ts';
import type { TaskEntry } from '../../../node/tasks/task-book.ts';
import type { TaskEvent, VerifiedManifest } from '../../../protocol/task/index.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';
import { manifestOf } from '../../support/task-manifests.ts';

const MEMBERS = ['a', 'b'];

/** A requester whose disk takes states when it is told to. */
function rig(ask?: (asked: number) => Promise<TaskEvent>) {
  const clock = new HandClock();
  const lanes = new Lanes(4);
  const entries = new Map<string, TaskEntry>();
  const asked: string[] = [];
  const writing: PromiseWithResolvers<void>[] = [];
  let count = 0;
  const manifests = new Map<string, VerifiedManifest>();
  const deps = {
    clock,
    log: { warn: () => {}, error: () => {}, info: () => {} },
    quarantines: { module: () => undefined },
    parts: { hold: () => {}, release: () => {} },
    settlement: { begin: () => {}, stop: () => {} },
    signing: {
      sign: async () => {
        const manifest = manifestOf(`task-${count++}`);
        manifests.set(manifest.manifest.taskId, manifest);
        return manifest;
      },
    },
    book: {
      find: () => undefined,
      open: () => [...entries.values()],
      onChange: () => {},
      manifest: async (taskId: string) => manifests.get(taskId),
      note: () => {},
      create: async (entry: TaskEntry) => {
        const made = { ...entry, members: [], runs: [], settled: [], endedAt: null } as unknown as TaskEntry;
        entries.set(entry.taskId, made);
        return made;
      },
      save: async ({ task }: TaskEntry) => {
        if (task.attempts.length === 0) return;
        const disk = Promise.withResolvers<void>();
        writing.push(disk);
        await disk.promise;
      },
    },
    members: {
      find: async () => MEMBERS,
      // Whoever has least to do comes first.
      rank: () =>
        [...MEMBERS]
          .sort((one, other) => lanes.load(one) - lanes.load(other))
          .map((agentId) => ({ agentId, peer: agentId, refused: null })),
    },
    runs: {
      expect: (_: TaskEntry, agentId: string) => lanes.expect(agentId),
      ask: async (_: TaskEntry, agentId: string) => {
        asked.push(agentId);
        if (ask !== undefined) return await ask(asked.length);
        return await lanes.run(agentId, new AbortController().signal, () => new Promise<never>(() => {}));
      },
      waitsHere: () => false,
      stop: () => {},
    },
  };
  const requester = new Requester(deps as unknown as RequesterDeps);
  const input = {
    ...completeTask({ name: 'one', capability: 'any' }),
    module: new Uint8Array(8),
    stdin: new Uint8Array(),
    inputs: {},
  };
  return { asked, clock, entries, lanes, requester, writing, submit: () => requester.submit(input) };
}

describe('the placing of tasks', () => {
  it('does not wait for the disk, and sees what is on its way to it', async () => {
    const { asked, lanes, requester, submit, writing } = rig();
    await Promise.all([submit(), submit(), submit(), submit()]);
    await settled();
    assert.equal(writing.length, 4, 'all are on their way to the disk');
    assert.deepEqual([lanes.load('a'), lanes.load('b')], [2, 2], 'each saw those before it');
    assert.deepEqual(asked, [], 'nobody is asked before the attempt is on disk');
    for (const disk of writing) disk.resolve();
    await settled();
    assert.deepEqual(asked, ['a', 'b', 'a', 'b']);
    assert.deepEqual([lanes.load('a'), lanes.load('b')], [2, 2], 'and none of them counts twice');
    requester.stop();
  });

  it('forgets what could not be written', async () => {
    const { asked, lanes, requester, submit, writing } = rig();
    await submit();
    await settled();
    assert.equal(lanes.load('a'), 1);
    writing[0]?.reject(new Error('the disk is full'));
    await settled();
    assert.deepEqual([asked, lanes.load('a')], [[], 0]);
    requester.stop();
  });

  for (const error of ['BUSY', 'OVERLOADED'])
    it(`seeks members again after a pause where all said ${error}, and gives up in the end`, async () => {
      const { asked, clock, entries, requester, submit, writing } = rig(async (token) => ({
        type: 'failed',
        token,
        error,
      }));
      await submit();
      const turn = async (ms: number) => {
        await clock.pass(ms);
        for (let at = 0; at < 6; at++) {
          for (const disk of writing.splice(0)) disk.resolve();
          await settled();
        }
        return asked.length;
      };
      assert.equal(await turn(0), 2, 'both were asked');
      assert.equal(await turn(499), 2);
      assert.equal(await turn(1), 4, 'and again after half a second');
      assert.equal(await turn(999), 4);
      assert.equal(await turn(1), 6);
      const [entry] = entries.values();
      assert.deepEqual([entry?.task.phase, entry?.task.error], ['lost', error]);
      requester.stop();
    });
});

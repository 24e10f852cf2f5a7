// Tasks on disk: after any order of steps, searches, saves and settlements another start reads what was saved last; the members of a task are
// written when they are others than before, and again after the disk failed.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesLevel, type Database, jsonLevel } from '../../../node/storage/index.ts';
import { type Member, TaskBook, type TaskEntry } from '../../../node/tasks/task-book.ts';
import { encodeEnvelope } from '../../../protocol/envelope/index.ts';
import { openTask, signManifest } from '../../../protocol/task/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const agent = makeAgent(1);
const MANIFEST = signManifest({
  agent,
  signer: agent.operational,
  idempotencyKey: 'key',
  issuedAt: '2026-03-01T00:00:00Z',
  deadline: '2026-03-01T00:01:00Z',
  module: { cid: `bafkrei${'a'.repeat(52)}`, bytes: 9 },
  inputs: [],
  stdin: null,
  spec: { name: 'count', capability: 'count words' },
  redundancy: 1,
  priceCeiling: null,
  peer: '12D3KooWGRUZcCxyzvPkYDbu1XyvD7SXbvTGxcQKgWJkfBGGqMKX',
} as never);
const member = (n: number) =>
  ({ agentId: `zs:${n}`, name: `m${n}`, score: n, terms: [], reasons: [] }) as unknown as Member;
const membersOf = (count: number, first = 0) => Array.from({ length: count }, (_, n) => member(first + n));
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const sorted = ({ countersigned = [], ...entry }: TaskEntry) => ({ ...entry, countersigned });

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('search' as const), count: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('save' as const), durable: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

describe('the book of tasks', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: Database;

  beforeEach(async () => {
    database = new TestDatabase();
    db = await database.open();
  });

  afterEach(async () => await database[Symbol.asyncDispose]());

  const opened = async () => {
    const book = new TaskBook({ db, clock: new HandClock() });
    await book.load();
    return book;
  };
  const begin = async (book: TaskBook, taskId: string) =>
    await book.create(
      {
        taskId,
        name: 'count',
        order: { redundancy: 1, reputationFloor: 0 },
        task: openTask({ taskId, redundancy: 1, deadlineMs: 9, leaseMs: 1 }),
      },
      MANIFEST,
      encodeEnvelope(MANIFEST.envelope),
    );
  const ended = (entry: TaskEntry) => {
    entry.task = { ...entry.task, phase: 'completed', accepted: [1] };
  };
  const storedMembers = async () => await jsonLevel<Member[]>(db, 'task-members').iterator().all();

  it('a start reads what was saved last, whatever was saved in whatever order', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const taskId = `task-${count++}`;
        let book = await opened();
        let entry = await begin(book, taskId);
        let saved = plain(sorted(entry));
        for (const one of steps) {
          if (one.kind === 'search') entry.members = membersOf(one.count, count);
          else if (one.kind === 'restart') {
            book = await opened();
            entry = book.get(taskId);
          } else {
            if (one.kind === 'settle') {
              await book.save(entry, true);
              const token = entry.settled.length + 1;
              entry.settled = [...entry.settled, token];
              entry.countersigned = [...(entry.countersigned ?? []), token];
              await book.saveSettled(entry);
            } else {
              book.note(entry, 'a step');
              await book.save(entry, one.durable);
            }
            saved = plain(sorted(entry));
          }
          assert.deepEqual(plain(sorted((await opened()).get(taskId))), saved);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('members are written once, and again when the disk has failed since', async () => {
    const book = await opened();
    const entry = await begin(book, 'task-1');
    entry.members = membersOf(2);
    await book.save(entry, false);
    assert.deepEqual(await storedMembers(), [[entry.key, plain(entry.members)]]);
    const level = jsonLevel<unknown>(db, 'task-members');
    const states = await jsonLevel<object>(db, 'tasks').values().all();
    assert.equal('members' in (states[0] as object), false);
    await level.clear();
    await book.save({ ...entry, endedAt: 7 }, true);
    assert.deepEqual(await storedMembers(), [], 'they were written');
    Object.defineProperty(db, 'failures', { value: db.failures + 1 });
    await book.save(entry, true);
    assert.deepEqual(await storedMembers(), [[entry.key, plain(entry.members)]]);
  });

  it('what could not be written counts as not there', async () => {
    const book = await opened();
    const entry = await begin(book, 'task-1');
    entry.members = membersOf(2);
    const batch = db.batch.bind(db);
    const refusing = () =>
      Object.assign(batch(), {
        write: async () => {
          throw new Error('no room');
        },
      });
    Object.defineProperty(db, 'batch', { value: refusing, configurable: true });
    await assert.rejects(book.save(entry, true), /no room/);
    Object.defineProperty(db, 'batch', { value: batch });
    await book.save(entry, true);
    assert.deepEqual(plain(sorted((await opened()).get('task-1'))), plain(sorted(entry)));
  });

  it('reads tasks of the second form, and brings them apart with the next save', async () => {
    const entry = await begin(await opened(), 'task-1');
    const old = { ...entry, members: membersOf(3), settled: [1], countersigned: [1] };
    await jsonLevel<unknown>(db, 'tasks').put(entry.key, old);
    const book = await opened();
    const read = book.get('task-1');
    assert.deepEqual(plain(read), plain(old));
    assert.equal((await book.manifest('task-1')).id, MANIFEST.id);
    await book.save(read, true);
    assert.equal((await storedMembers()).length, 1);
    assert.deepEqual(plain((await opened()).get('task-1')), plain(old));
  });

  it('a task that gave way leaves nothing, also when it is settled afterwards', async () => {
    const seed = await begin(await opened(), 'task-0');
    ended(seed);
    const batch = db.batch();
    for (let n = 0; n < 5_000; n++) {
      const key = n.toString(16).padStart(14, '0');
      batch.put(key, { ...seed, key, taskId: `task-${n}` }, { sublevel: jsonLevel(db, 'tasks') as never });
    }
    await batch.write();
    const book = await opened();
    const oldest = book.get('task-0');
    oldest.members = membersOf(1);
    await book.save(oldest, true);
    await book.saveSettled(oldest);
    await begin(book, 'task-5000');
    assert.equal(book.find('task-0'), undefined);
    await book.save(oldest, true);
    await book.saveSettled(oldest);
    for (const name of ['tasks', 'task-members', 'task-settled', 'task-manifests'])
      assert.equal(
        (await bytesLevel(db, name).keys().all()).filter((key) => key === oldest.key || key === oldest.taskId)
          .length,
        0,
        name,
      );
    assert.equal((await opened()).list().length, 5_000);
  });

  it('a task that owes something gives way after those that owe nothing', async () => {
    const seed = await begin(await opened(), 'task-0');
    ended(seed);
    const batch = db.batch();
    for (let n = 0; n < 5_000; n++) {
      const key = n.toString(16).padStart(14, '0');
      const settled = n < 2 ? [] : [1];
      const entry = { ...seed, key, taskId: `task-${n}`, settled };
      batch.put(key, entry, { sublevel: jsonLevel(db, 'tasks') as never });
    }
    await batch.write();
    const book = await opened();
    await begin(book, 'task-5000');
    assert.deepEqual(
      ['task-0', 'task-1', 'task-2', 'task-3'].map((taskId) => book.find(taskId) !== undefined),
      [true, true, false, true],
    );
  });
});

// The runs of an executor: one attempt is one run, an attempt that was overtaken stays so, and nobody fills the table alone.

import assert from 'node:assert/strict';
import { LiveOutput } from '../../../node/tasks/live-output.ts';
import { AFTER_DEADLINE_MS, RunTable } from '../../../node/tasks/run-table.ts';
import type { TaskResponse } from '../../../node/tasks/wire.ts';
import { refused } from '../../support/agents.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const PER_REQUESTER_MAX = 128;
const PER_PEER_MAX = 256;
const RUNS_MAX = 1_024;
const ENDED_MAX = 512;
/** Half of the bytes of results that are kept. */
const MANY = new Uint8Array(32 * 1024 * 1024);

/** Of every task here, in ms. */
const DEADLINE = 30_000;

/** A table whose runs end when they are withdrawn. */
function table() {
  const clock = new HandClock();
  const runs = new RunTable(clock);
  const live = new LiveOutput(clock);
  let begun = 0;
  const begin = (key: string, token: number, requester = 'agent', peer = 'node') => {
    const run = runs.begin({ key, token, requester, peer, deadline: DEADLINE, live }, (signal) => {
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

function answer(stdout: string): TaskResponse {
  return {
    status: 'completed',
    exitCode: 0,
    fuel: '1',
    stdout: new TextEncoder().encode(stdout),
    stderr: new Uint8Array(),
    outputs: {},
    detail: null,
    receipt: null,
  };
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

  it('are forgotten with their results when nobody may ask for them any more, and not before', async () => {
    const clock = new HandClock();
    const runs = new RunTable(clock);
    const result = answer('drawn');
    const begin = (key: string, deadline: number) =>
      runs.begin(
        { key, token: 1, requester: 'agent', peer: 'node', deadline, live: new LiveOutput(clock) },
        async () => result,
      );
    const soon = begin('soon/a', DEADLINE);
    const later = begin('later/a', 2 * DEADLINE + AFTER_DEADLINE_MS);
    await settled();
    await clock.pass(DEADLINE + AFTER_DEADLINE_MS - 1);
    assert.equal(runs.under('soon/a', 1), soon, 'its requester may come back until then');
    await clock.pass(DEADLINE);
    assert.equal(runs.get('soon/a'), undefined);
    assert.equal(runs.get('later/a'), later);
    await clock.pass(2 * DEADLINE + 2 * AFTER_DEADLINE_MS);
    assert.equal(runs.get('later/a'), undefined);
    assert.equal(clock.waiting, 0, 'nothing is looked for where nothing is kept');
  });

  /** A table whose runs end with a result when they are told to, also those that were withdrawn. */
  function endings() {
    const clock = new HandClock();
    const runs = new RunTable(clock);
    const begin = (key: string, token = 1, requester = key, peer = key) => {
      const { promise, resolve, reject } = Promise.withResolvers<TaskResponse>();
      const live = new LiveOutput(clock);
      const run = runs.begin({ key, token, requester, peer, deadline: DEADLINE, live }, () => promise);
      run.answer.catch(() => undefined);
      const end = async (result = answer('drawn')) => {
        resolve(result);
        await settled();
      };
      const fail = async () => {
        reject(new Error('failed'));
        await settled();
      };
      return { run, end, fail };
    };
    return { begin, clock, runs };
  }

  it('are forgotten with their results also where an attempt that was overtaken is still under way', async () => {
    const { begin, clock, runs } = endings();
    const first = begin('task/a');
    await begin('task/a', 2).end();
    assert.deepEqual([runs.size, runs.kept], [1, 1]);
    await clock.pass(10_000);
    await first.end();
    assert.deepEqual([runs.size, runs.kept], [0, 1], 'what was overtaken leaves nothing');
    await clock.pass(DEADLINE + AFTER_DEADLINE_MS);
    assert.deepEqual([runs.get('task/a'), runs.kept, clock.waiting], [undefined, 0, 0]);
  });

  it('count while their work is under way, and leave nothing when they fail', async () => {
    const { begin, runs } = endings();
    const many = Array.from({ length: PER_REQUESTER_MAX }, (_, n) => begin(`task-${n}/a`, 1, 'one'));
    assert.throws(() => begin('more/a', 1, 'one'), refused('BUSY'));
    for (const { fail } of many.slice(1)) await fail();
    await many[0]!.end();
    assert.deepEqual([runs.size, runs.kept, runs.get('task-1/a')], [0, 1, undefined]);
    for (let n = 0; n < PER_REQUESTER_MAX; n++) begin(`again-${n}/a`, 1, 'one');
    for (let n = PER_REQUESTER_MAX; n < RUNS_MAX; n++) begin(`other-${n}/a`);
    assert.throws(() => begin('last/a'), refused('BUSY'));
    const node = endings();
    const ofNode = (name: string, n: number) => node.begin(`${name}-${n}/a`, 1, `${name}-${n}`, 'node');
    const first = Array.from({ length: PER_PEER_MAX }, (_, n) => ofNode('first', n));
    assert.throws(() => ofNode('more', 0), refused('BUSY'));
    for (const { end } of first) await end();
    for (let n = 0; n < PER_PEER_MAX; n++) ofNode('again', n);
  });

  it('keep so many results, and so many bytes of them: the oldest that ended give way, and nothing that runs', async () => {
    const { begin, runs } = endings();
    const running = begin('running/a');
    const slow = begin('slow/a');
    for (let n = 0; n < ENDED_MAX; n++) await begin(`task-${n}/a`).end();
    assert.equal(runs.kept, ENDED_MAX);
    await slow.end();
    assert.deepEqual([runs.kept, runs.get('task-0/a'), runs.get('slow/a')], [ENDED_MAX, undefined, slow.run]);
    const half = (receipt: Uint8Array | null) => ({ ...answer(''), outputs: { a: MANY }, receipt });
    await begin('one/a').end(half(null));
    await begin('two/a').end(half(new Uint8Array(1)));
    assert.equal(runs.get('one/a'), undefined, 'a receipt counts as well');
    assert.deepEqual([runs.kept, runs.get('two/a')?.standing], [1, 'ended']);
    // One that is done again does not count twice.
    for (let token = 2; token < 6; token++) await begin('two/a', token).end(half(null));
    await begin('three/a').end(half(null));
    assert.equal(runs.kept, 2);
    assert.equal(runs.get('running/a'), running.run);
  });

  it('hold what they wrote by itself, and once when it is the result: not the slab that a pipe was read into', async () => {
    const clock = new HandClock();
    const live = new LiveOutput(clock);
    const slab = Buffer.alloc(65_536, 'x');
    slab.write('drawn');
    live.add('stdout', slab.subarray(0, 5));
    slab.fill('y');
    const start = { stdout: 0, stderr: 0 };
    assert.equal(Buffer.from((await live.read(start, 0)).stdout).toString(), 'drawn');
    const { stdout, stderr } = answer('drawn');
    live.end({ stdout, stderr });
    stdout.fill(122);
    assert.equal(Buffer.from((await live.read(start, 0)).stdout).toString(), 'zzzzz', 'the same bytes');
    assert.equal((await live.read({ stdout: 5, stderr: 0 }, 0)).stdout.length, 0);
  });

  it('hold their own bytes where the result is not all that they wrote', async () => {
    const live = new LiveOutput(new HandClock());
    live.add('stdout', Buffer.from('drawn and more'));
    live.end({ stdout: Buffer.from('drawn'), stderr: new Uint8Array() });
    const { at, stdout } = await live.read({ stdout: 6, stderr: 0 }, 0);
    assert.equal(Buffer.from(stdout).toString(), 'and more');
    assert.deepEqual(at, { stdout: 14, stderr: 0 });
  });
});

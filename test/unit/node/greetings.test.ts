// Who asks when two nodes meet, and what a question tells the one who is asked.

import assert from 'node:assert/strict';
import type { PeerId } from '@libp2p/interface';
import { Greetings } from '../../../node/sync/greetings.ts';
import { Learner } from '../../../node/sync/learner.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const peerOf = (name: string) => ({ toString: () => name }) as unknown as PeerId;

/** Greetings over a clock that the test moves. */
function greeted() {
  const asked: string[] = [];
  const timers = new Set<() => void>();
  const clock = {
    now: () => 0,
    after(_: number, run: () => void) {
      timers.add(run);
      return () => timers.delete(run);
    },
  };
  const greetings = new Greetings(clock as never, (peer) => asked.push(peer.toString()));
  const pass = () => {
    for (const run of [...timers]) run();
  };
  return { asked, greetings, pass, timers };
}

describe('greetings', () => {
  it('the side that dialled asks at once', () => {
    const { asked, greetings, timers } = greeted();
    greetings.met(peerOf('a'), true);
    assert.deepEqual(asked, ['a']);
    assert.equal(timers.size, 0);
  });

  it('the other side asks only when it is not asked', () => {
    const { asked, greetings, pass } = greeted();
    greetings.met(peerOf('a'), false);
    greetings.met(peerOf('b'), false);
    greetings.heard(peerOf('a'));
    assert.deepEqual(asked, []);
    pass();
    assert.deepEqual(asked, ['b']);
  });

  it('asks of whoever is met twice, or on two ways, once', async () => {
    const clock = new HandClock();
    const asked: string[] = [];
    const greetings = new Greetings(clock, (peer) => asked.push(peer.toString()));
    for (const name of ['a', 'a', 'b']) greetings.met(peerOf(name), false);
    greetings.met(peerOf('b'), true);
    assert.deepEqual([asked, clock.waiting], [['b'], 1]);
    await clock.pass(4_999);
    assert.deepEqual(asked, ['b']);
    await clock.pass(1);
    assert.deepEqual([asked, clock.waiting], [['b', 'a'], 0]);
  });

  it('waits for a bounded number, and for nobody once it is stopped', () => {
    const { asked, greetings, timers } = greeted();
    for (let n = 0; n < 600; n++) greetings.met(peerOf(`${n}`), false);
    assert.deepEqual(
      asked,
      Array.from({ length: 600 - 512 }, (_, n) => `${n}`),
    );
    assert.equal(timers.size, 512);
    greetings.stop();
    assert.equal(timers.size, 0);
  });
});

/** A learner that holds the given heads; what it would pull is noted. */
function learner(...mine: MemoryLog[]) {
  const noted = { fetched: [] as string[], heard: 0, learned: 0, liars: 0 };
  const one = new Learner({
    clock: { now: () => 1 } as never,
    log: { debug: () => {} } as never,
    held: () =>
      new Map(
        mine.map(({ origin, checkpoint, stored }) => [origin, { origin, checkpoint, size: stored.length }]),
      ),
    follow: async (_, plan) => void noted.fetched.push(...plan.fetch.map(({ origin }) => origin)),
    onHeard: () => (noted.heard += 1),
    onLearned: (peer) => {
      // Whoever asked is the one that has been compared with.
      assert.equal(peer.toString(), 'a');
      noted.learned += 1;
    },
    onLiar: () => (noted.liars += 1),
  });
  const ask = async (heads: string[], part: { after?: string; upTo?: string } = {}) => {
    one.take(peerOf('a'), { kind: 'heads-request', after: null, upTo: null, heads, ...part });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, noted };
}

describe('what a question tells', () => {
  const log = (n: number, entries: number) =>
    new MemoryLog(n).append(...Array.from({ length: entries }, (_, i) => sampleEntry(i)));

  it('longer and unknown logs are pulled, equal and shorter ones are not', async () => {
    const [longer, same, unknown] = [log(1, 3), log(2, 2), log(3, 1)];
    const { ask, noted } = learner(log(1, 2), log(2, 2), log(4, 2));
    await ask([longer.checkpoint, same.checkpoint, unknown.checkpoint, log(4, 1).checkpoint]);
    assert.deepEqual(noted.fetched, [longer.origin, unknown.origin]);
    assert.deepEqual([noted.heard, noted.learned], [1, 1]);
  });

  it('a question that names what is held here counts as a comparison', async () => {
    const { ask, noted } = learner(log(1, 2));
    await ask([log(1, 2).checkpoint]);
    assert.deepEqual(noted, { fetched: [], heard: 1, learned: 1, liars: 0 });
  });

  it('a part of a question tells nothing', async () => {
    const { ask, noted } = learner();
    await ask([log(1, 2).checkpoint], { after: 'a' });
    await ask([log(1, 2).checkpoint], { upTo: 'b' });
    assert.deepEqual(noted, { fetched: [], heard: 0, learned: 0, liars: 0 });
  });

  it('a head that its log did not sign gives its bringer away, and nothing is pulled', async () => {
    const { ask, noted } = learner();
    await ask([log(1, 2).checkpoint, log(2, 2).checkpoint.replace(/\n2\n/, '\n3\n')]);
    assert.deepEqual([noted.fetched, noted.learned, noted.liars], [[], 0, 1]);
  });

  it('of a question with more news than are looked at, the rest is left to a round', async () => {
    const { ask, noted } = learner();
    const looked = Array.from({ length: 256 }, (_, n) => log(n % 250, 1 + Math.floor(n / 250)).checkpoint);
    await ask([...looked, log(255, 1).checkpoint]);
    assert.deepEqual([noted.heard, noted.learned], [1, 0]);
    assert.deepEqual([noted.fetched.length, noted.fetched.includes(log(255, 1).origin)], [250, false]);
  });

  it('with as much news as is looked at is followed whole', async () => {
    const { ask, noted } = learner();
    await ask(Array.from({ length: 256 }, (_, n) => log(n % 250, 1).checkpoint));
    assert.deepEqual([noted.heard, noted.learned], [1, 1]);
  });

  it('is followed one at a time for a peer, and the next one when that has ended, well or not', async () => {
    let ends: ((error?: Error) => void)[] = [];
    let learned = 0;
    const one = new Learner({
      clock: { now: () => 1 } as never,
      log: { debug: () => {} } as never,
      held: () => new Map(),
      follow: () =>
        new Promise<void>((resolve, reject) => {
          ends.push((error) => (error === undefined ? resolve() : reject(error)));
        }),
      onHeard: () => {},
      onLearned: () => {
        learned += 1;
      },
      onLiar: () => {},
    });
    const question = {
      kind: 'heads-request',
      after: null,
      upTo: null,
      heads: [log(1, 1).checkpoint],
    } as const;
    for (const [peers, following] of [
      [['a', 'a', 'b'], 2],
      [['a'], 1],
    ] as const) {
      for (const peer of peers) one.take(peerOf(peer), question);
      assert.equal(ends.length, following);
      for (const [n, end] of ends.entries()) end(n === 0 ? new Error('gone') : undefined);
      ends = [];
      await settled();
    }
    assert.equal(learned, 1, 'of the one that was followed to its end');
  });
});

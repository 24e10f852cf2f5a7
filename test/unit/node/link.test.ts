// A link over paths that break: what one end hands in, the other hands out once and in order; and a new link does not wait for an answer to speak.

import assert from 'node:assert/strict';
import type { Logger, Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { Link } from '../../../node/routing/link.ts';
import { GREETING_FRAME_BYTES, readGreeting } from '../../../protocol/forward/index.ts';

const noLog: Logger = Object.assign(() => {}, {
  enabled: false,
  error: () => {},
  trace: () => {},
  newScope: () => noLog,
});
const ID = new Uint8Array(16).fill(7);

function end(direction: 'inbound' | 'outbound') {
  const got: number[] = [];
  const link = new Link({
    id: ID,
    remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/1'),
    direction,
    log: noLog,
    watcher: { lost: () => {}, heard: () => {} },
  });
  link.addEventListener('message', ({ data }) => got.push(...data.subarray()));
  return { link, got };
}

/** What came to a path so far, as one piece. */
function heardOf(path: Stream): () => Uint8Array {
  const pieces: Uint8Array[] = [];
  path.addEventListener('message', ({ data }) => pieces.push(data.subarray().slice()));
  return () => new Uint8Array(Buffer.concat(pieces));
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The called end takes a path over as the node does: greeting first. */
async function answer(link: Link, path: Stream): Promise<void> {
  const heard = heardOf(path);
  await until(() => heard().length >= GREETING_FRAME_BYTES);
  const bytes = heard();
  link.attach(path, readGreeting(bytes.subarray(0, GREETING_FRAME_BYTES)));
  if (bytes.length > GREETING_FRAME_BYTES) path.push(bytes.subarray(GREETING_FRAME_BYTES));
}

describe('a link', function () {
  this.timeout(20_000);

  it('that is new sends behind its greeting, before the other end has said anything, and nothing twice', async () => {
    const caller = end('outbound');
    const [near, far] = await streamPair();
    const heard = heardOf(far);
    caller.link.attach(near);
    caller.link.send(Uint8Array.of(1, 2, 3));
    await until(() => heard().length > GREETING_FRAME_BYTES);
    assert.deepEqual([...heard().subarray(-3)], [1, 2, 3]);

    const called = end('inbound');
    called.link.attach(far, readGreeting(heard().subarray(0, GREETING_FRAME_BYTES)));
    far.push(heard().subarray(GREETING_FRAME_BYTES));
    caller.link.send(Uint8Array.of(4));
    await until(() => called.got.length >= 4);
    called.link.send(Uint8Array.of(9));
    await until(() => caller.got.length === 1);
    assert.deepEqual(called.got, [1, 2, 3, 4]);
    for (const { link } of [caller, called]) link.abort(new Error('over'));
  });

  it('loses nothing and repeats nothing, wherever its first path breaks', async () => {
    // Before anything was heard, between the greeting and what follows, and after the answer.
    for (const when of ['unheard', 'greeted', 'answered'] as const) {
      const caller = end('outbound');
      const called = end('inbound');
      const [near, far] = await streamPair();
      caller.link.attach(near);
      caller.link.send(Uint8Array.of(1, 2, 3));
      if (when !== 'unheard') await answer(called.link, far);
      if (when === 'answered') await until(() => called.got.length === 3);
      caller.link.drop(new Error('broken'));
      caller.link.send(Uint8Array.of(4, 5));
      const [again, there] = await streamPair();
      caller.link.attach(again);
      // What follows waits now: the other end may have had a part of it.
      await answer(called.link, there);
      await until(() => called.got.length >= 5);
      caller.link.send(Uint8Array.of(6));
      await until(() => called.got.length >= 6);
      assert.deepEqual(called.got, [1, 2, 3, 4, 5, 6], when);
      for (const { link } of [caller, called]) link.abort(new Error('over'));
    }
  });

  it('says how long its path takes there and back, at most as long as it is waited for, and nothing while that cannot be told', async () => {
    const caller = end('outbound');
    const called = end('inbound');
    assert.equal(await caller.link.roundTripMs(1), undefined, 'no path');
    const [near, far] = await streamPair({ delay: 30 });
    caller.link.attach(near);
    await answer(called.link, far);
    let ms: number | undefined;
    while (ms === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      ms = await caller.link.roundTripMs(60_000);
    }
    assert.ok(ms >= 50, 'there and back');
    caller.link.send(Uint8Array.of(1));
    assert.equal(await caller.link.roundTripMs(1), undefined, 'what was sent is not acknowledged');
    await until(() => caller.link.pending === 0);
    // Nobody answers any more.
    far.pause();
    assert.ok((await caller.link.roundTripMs(20))! >= 19);
    for (const { link } of [caller, called]) link.abort(new Error('over'));
  });
});

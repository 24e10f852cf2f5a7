// A link whose path has become bad goes on over a better one, which is measured first, and not all links at once.

import assert from 'node:assert/strict';
import { BETTER_REST_MS, BetterPaths } from '../../../node/routing/better-path.ts';
import type { Kept } from '../../../node/routing/kept-link.ts';
import { LINK_LOOK_MS } from '../../../node/routing/limits.ts';
import type { SealedPath } from '../../../node/routing/sealed-paths.ts';

const LONG_MS = 1e9;
/** A path that takes so long is to be left. */
const BAD_MS = 200;

const flush = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Links, paths that the test opens, and what became of both. `presentMs`: what the path in use is expected to take; 0: it is not to be left.
 * `measuredMs`: what it then takes; undefined: it cannot be told.
 */
function rig(presentMs = 300, measuredMs: number | undefined = presentMs) {
  const opened: PromiseWithResolvers<SealedPath>[] = [];
  const moved: string[] = [];
  const dropped: string[] = [];
  const paths = {
    open: async () => {
      const one = Promise.withResolvers<SealedPath>();
      opened.push(one);
      return await one.promise;
    },
  };
  const better = new BetterPaths(paths as never, (kept, { relays }) => {
    moved.push(relays.join());
    kept.path = relays;
  });
  better.outworn = (_path, _peer, measured = presentMs) => (measured >= BAD_MS ? measured : undefined);
  const look = async (one: Kept, now: number): Promise<void> => {
    better.look(one, now);
    await flush();
  };
  const kept = (more: Partial<Record<keyof Kept, unknown>> = {}): Kept =>
    ({
      link: { status: 'open', roundTripMs: async () => measuredMs },
      peer: 'peer',
      outgoing: true,
      connection: {},
      path: ['old'],
      silentMs: undefined,
      lostAt: undefined,
      staysUntil: 0,
      staysMs: BETTER_REST_MS,
      ...more,
    }) as never;
  const comes = async (at: number, relays: readonly string[], tookMs: number): Promise<void> => {
    const path = { abort: () => void dropped.push(relays.join()) };
    opened[at]!.resolve({ path, relays, tookMs } as never);
    await flush();
  };
  return { better, look, opened, moved, dropped, kept, comes };
}

describe('a link whose path has become bad', () => {
  it('goes on over another that was measured to be better, and rests before it looks again', async () => {
    const { comes, dropped, kept, look, moved, opened } = rig();
    const link = kept();
    await look(link, 0);
    await comes(0, ['new'], 120);
    assert.deepEqual([moved, dropped], [['new'], []]);
    await look(link, performance.now());
    assert.equal(opened.length, 1);
    await look(link, performance.now() + 2 * BETTER_REST_MS);
    assert.equal(opened.length, 2);
  });

  it('stays when the other is no better than what is expected of its own, is the same, or comes to nothing', async () => {
    const { comes, dropped, kept, look, moved, opened } = rig();
    for (let at = 0; at < 3; at++) await look(kept(), 0);
    await comes(0, ['boaster'], 301);
    await comes(1, ['old'], 20);
    opened[2]!.reject(new Error('nobody has a way'));
    await flush();
    assert.deepEqual([moved, dropped], [[], ['boaster', 'old']]);
  });

  it('stays, and no path is opened, where the path itself takes no longer than it should; and is looked at again after the same rest', async () => {
    const { kept, look, moved, opened } = rig(300, BAD_MS - 1);
    const link = kept();
    await look(link, 0);
    await look(link, performance.now() + 1.1 * BETTER_REST_MS);
    assert.deepEqual([moved, opened.length, link.staysMs], [[], 0, BETTER_REST_MS]);
  });

  it('is not charged with the time for which its own process was held up', async () => {
    for (const [heldUpMs, isLeft] of [
      [0, true],
      [300 - BAD_MS, true],
      [300 - BAD_MS + 1, false],
    ] as const) {
      const { better, kept, opened } = rig();
      const measured = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
      let asked = 0;
      const link = kept({ link: { status: 'open', roundTripMs: () => measured[asked++]!.promise } });
      better.round([link], LINK_LOOK_MS);
      for (const [at, one] of measured.entries()) {
        await flush();
        better.round([], (at + 2) * LINK_LOOK_MS + (at + 1) * heldUpMs);
        one.resolve(300);
      }
      await flush();
      assert.equal(opened.length, isLeft ? 1 : 0, String(heldUpMs));
    }
  });

  it('is not looked at in a round that comes a whole period late', async () => {
    const { better, kept, opened } = rig();
    const [link, lateAt] = [kept(), 3 * LINK_LOOK_MS + 1];
    better.round([], LINK_LOOK_MS);
    better.round([link], lateAt);
    await flush();
    assert.equal(opened.length, 0);
    better.round([link], lateAt + LINK_LOOK_MS);
    await flush();
    assert.equal(opened.length, 1);
  });

  it('stays where one answer was late and the next is not', async () => {
    const { kept, look, opened } = rig();
    const late = [300, BAD_MS - 1];
    await look(kept({ link: { status: 'open', roundTripMs: async () => late.shift() } }), 0);
    assert.deepEqual([opened.length, late.length], [0, 0]);
  });

  it('is left by what is expected of its path where that cannot be timed', async () => {
    const { kept, look, opened } = rig(300, undefined);
    await look(kept(), 0);
    assert.equal(opened.length, 1);
    // A sign of life that was asked for before would be taken for this one.
    const asked = rig(300, 1);
    await asked.look(asked.kept({ silentMs: 0 }), 0);
    assert.equal(asked.opened.length, 1);
  });

  it('looks less and less often while what looks better is not, and as before once it has moved', async () => {
    const { comes, kept, look, opened } = rig();
    const link = kept();
    await look(link, 0);
    await comes(0, ['boaster'], 301);
    await look(link, performance.now() + 1.9 * BETTER_REST_MS);
    assert.equal(opened.length, 1);
    await look(link, performance.now() + 2.1 * BETTER_REST_MS);
    await comes(1, ['new'], 20);
    await look(link, performance.now() + 1.1 * BETTER_REST_MS);
    assert.equal(opened.length, 3);
  });

  it('stays when it has moved, broken or ended meanwhile', async () => {
    const { comes, dropped, kept, look, moved } = rig();
    const links = [kept(), kept(), kept()];
    for (const link of links) await look(link, 0);
    links[0]!.path = ['elsewhere'];
    links[1]!.lostAt = 1;
    Object.assign(links[2]!, { link: { status: 'closed' } });
    for (const at of links.keys()) await comes(at, ['new'], 20);
    assert.deepEqual([moved, dropped.length], [[], 3]);
  });

  it('is looked after by whoever called, while it stands and its path is to be left', async () => {
    const stays = rig(0);
    await stays.look(stays.kept(), 0);
    assert.equal(stays.opened.length, 0);
    const { kept, look, opened } = rig();
    for (const more of [
      { outgoing: false },
      { connection: undefined },
      { lostAt: 1 },
      { staysUntil: LONG_MS },
      { link: { status: 'closed' } },
    ])
      await look(kept(more), 0);
    assert.equal(opened.length, 0);
  });

  it('waits while four others look for better paths', async () => {
    const { comes, kept, look, opened } = rig();
    const links = Array.from({ length: 6 }, () => kept());
    for (const link of links) await look(link, 0);
    assert.equal(opened.length, 4);
    await comes(0, ['new'], 20);
    for (const link of links.slice(4)) await look(link, 0);
    assert.equal(opened.length, 5);
  });
});

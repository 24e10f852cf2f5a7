// A link whose path has become bad goes on over a better one, which is measured first, and not all links at once.

import assert from 'node:assert/strict';
import { BETTER_REST_MS, BetterPaths } from '../../../node/routing/better-path.ts';
import type { Kept } from '../../../node/routing/kept-link.ts';
import type { SealedPath } from '../../../node/routing/sealed-paths.ts';

const LONG_MS = 1e9;

/** Links, paths that the test opens, and what became of both. */
function rig(presentMs = 300) {
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
  better.outworn = () => (presentMs > 0 ? presentMs : undefined);
  const kept = (more: Partial<Record<keyof Kept, unknown>> = {}): Kept =>
    ({
      link: { status: 'open' },
      peer: 'peer',
      outgoing: true,
      connection: {},
      path: ['old'],
      lostAt: undefined,
      staysUntil: 0,
      staysMs: BETTER_REST_MS,
      ...more,
    }) as never;
  const comes = async (at: number, relays: readonly string[], tookMs: number): Promise<void> => {
    const path = { abort: () => void dropped.push(relays.join()) };
    opened[at]!.resolve({ path, relays, tookMs } as never);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { better, opened, moved, dropped, kept, comes };
}

describe('a link whose path has become bad', () => {
  it('goes on over another that was measured to be better, and rests before it looks again', async () => {
    const { better, comes, dropped, kept, moved, opened } = rig();
    const link = kept();
    better.look(link, 0);
    await comes(0, ['new'], 120);
    assert.deepEqual([moved, dropped], [['new'], []]);
    better.look(link, performance.now());
    assert.equal(opened.length, 1);
    better.look(link, performance.now() + 2 * BETTER_REST_MS);
    assert.equal(opened.length, 2);
  });

  it('stays when the other is no better than what is expected of its own, is the same, or comes to nothing', async () => {
    const { better, comes, dropped, kept, moved, opened } = rig();
    for (let at = 0; at < 3; at++) better.look(kept(), 0);
    await comes(0, ['boaster'], 301);
    await comes(1, ['old'], 20);
    opened[2]!.reject(new Error('nobody has a way'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([moved, dropped], [[], ['boaster', 'old']]);
  });

  it('looks less and less often while what looks better is not, and as before once it has moved', async () => {
    const { better, comes, kept, opened } = rig();
    const link = kept();
    better.look(link, 0);
    await comes(0, ['boaster'], 301);
    better.look(link, performance.now() + 1.9 * BETTER_REST_MS);
    assert.equal(opened.length, 1);
    better.look(link, performance.now() + 2.1 * BETTER_REST_MS);
    await comes(1, ['new'], 20);
    better.look(link, performance.now() + 1.1 * BETTER_REST_MS);
    assert.equal(opened.length, 3);
  });

  it('stays when it has moved, broken or ended meanwhile', async () => {
    const { better, comes, dropped, kept, moved } = rig();
    const links = [kept(), kept(), kept()];
    for (const link of links) better.look(link, 0);
    links[0]!.path = ['elsewhere'];
    links[1]!.lostAt = 1;
    Object.assign(links[2]!, { link: { status: 'closed' } });
    for (const at of links.keys()) await comes(at, ['new'], 20);
    assert.deepEqual([moved, dropped.length], [[], 3]);
  });

  it('is looked after by whoever called, while it stands and its path is to be left', () => {
    const stays = rig(0);
    stays.better.look(stays.kept(), 0);
    assert.equal(stays.opened.length, 0);
    const { better, kept, opened } = rig();
    for (const more of [
      { outgoing: false },
      { connection: undefined },
      { lostAt: 1 },
      { staysUntil: LONG_MS },
      { link: { status: 'closed' } },
    ])
      better.look(kept(more), 0);
    assert.equal(opened.length, 0);
  });

  it('waits while four others look for better paths', async () => {
    const { better, comes, kept, opened } = rig();
    const links = Array.from({ length: 6 }, () => kept());
    for (const link of links) better.look(link, 0);
    assert.equal(opened.length, 4);
    await comes(0, ['new'], 20);
    for (const link of links.slice(4)) better.look(link, 0);
    assert.equal(opened.length, 5);
  });
});

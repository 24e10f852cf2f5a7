// A path that is late gets another beside it, and the caller waits for the quicker one alone. How late, and how often, is what the pace says.

import assert from 'node:assert/strict';
import type { MessageStream, PeerId } from '@libp2p/interface';
import { type PathAttempt, PathRace } from '../../../node/routing/path-race.ts';
import type { Sealer } from '../../../node/routing/sealed-path.ts';
import { type SealedPath, SealedPaths } from '../../../node/routing/sealed-paths.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { SetUpPace } from '../../../protocol/routing/pace.ts';

const WAIT_MS = 20_000;

/** A path by its first relay, and whether it was dropped. */
function pathOver(relay: string, dropped: string[]): SealedPath {
  const path = { abort: () => void dropped.push(relay) } as unknown as MessageStream;
  return { path, relays: [relay], tookMs: 1 };
}

/** A race whose attempts the test settles, by the relay that each is over: the first that it shall not avoid. */
function race(
  relays: readonly string[],
  exits: readonly string[] = ['x', 'y'],
  mayHedge: boolean | 'never' = true,
) {
  const dropped: string[] = [];
  const settle = new Map<string, PromiseWithResolvers<SealedPath>>();
  const asked = new Map<string, (relay: string) => boolean>();
  const tried: string[] = [];
  let told = (): void => {};
  const attempt: PathAttempt = async ({ anywhere, first }, _impatient, watch) => {
    const relay = relays.find((one) => !first.includes(one));
    const exit = exits.find((one) => !anywhere.includes(one));
    if (relay === undefined || exit === undefined) throw new ZeroError('ROUTE_NONE', 'no other relay');
    assert.ok(watch.mayTry(relay));
    watch.opened([relay, exit]);
    tried.push(`${relay}${exit}`);
    asked.set(relay, watch.mayTry);
    const result = Promise.withResolvers<SealedPath>();
    settle.set(relay, result);
    told();
    return await result.promise;
  };
  const one = new PathRace({
    attempt,
    silentPath: (error) => (error as { silent?: string[] }).silent,
    pace: mayHedge === 'never' ? undefined : { lateMs: 1, spend: () => mayHedge, took: () => {} },
    signal: AbortSignal.timeout(WAIT_MS),
  });
  return {
    run: one.run(),
    tried,
    dropped,
    asked,
    comes: (relay: string) => settle.get(relay)!.resolve(pathOver(relay, dropped)),
    fails: (relay: string, silent = true) =>
      settle.get(relay)!.reject(Object.assign(new Error(relay), silent ? { silent: [relay, 'x'] } : {})),
    /** Resolves when so many were tried. */
    until: async (count: number) => {
      while (tried.length < count)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('paths that race', () => {
  it('are beside each other when one is late, over other relays, and the slower one is dropped once it is there', async () => {
    const { asked, comes, dropped, run, tried, until } = race(['a', 'b', 'c', 'd']);
    await until(3);
    // The second goes round everybody on the first, the third only begins elsewhere: there may be one exit alone.
    assert.deepEqual(tried, ['ax', 'by', 'cx']);
    comes('b');
    assert.deepEqual((await run).relays, ['b']);
    // Whoever is asked already is waited for; nobody else is tried for it.
    assert.equal(asked.get('a')!('e'), false);
    assert.deepEqual(dropped, []);
    comes('a');
    await turn();
    assert.deepEqual(dropped, ['a']);
  });

  it('wait once more where their own process was held up: the answer of the first may lie here', async () => {
    const lateMs = 40;
    const late = Promise.withResolvers<number>();
    const never = Promise.withResolvers<SealedPath>();
    const run = new PathRace({
      attempt: () => never.promise,
      silentPath: () => undefined,
      pace: {
        lateMs,
        took: () => {},
        spend: () => {
          late.resolve(performance.now());
          return false;
        },
      },
      signal: AbortSignal.timeout(WAIT_MS),
    }).run();
    const began = performance.now();
    while (performance.now() - began < 4 * lateMs);
    // Timers are never early by more than a millisecond, so this holds on any machine.
    const heldUpUntil = performance.now();
    assert.ok((await late.promise) - heldUpUntil >= lateMs - 2);
    never.resolve(pathOver('a', []));
    assert.deepEqual((await run).relays, ['a']);
  });

  for (const mayHedge of [false, 'never'] as const)
    it(`are one after another where ${mayHedge === false ? 'no second one is to be had' : 'the policy begins none beside the first'}`, async () => {
      const { comes, fails, run, tried, until } = race(['a', 'b'], ['x', 'y'], mayHedge);
      await until(1);
      fails('a');
      await until(2);
      assert.deepEqual(tried, ['ax', 'by']);
      comes('b');
      assert.deepEqual((await run).relays, ['b']);
    });

  it('go through the only exit there is once nobody has a way round it', async () => {
    const { comes, fails, run, tried, until } = race(['a', 'b'], ['x'], false);
    await until(1);
    fails('a');
    await until(2);
    assert.deepEqual(tried, ['ax', 'bx']);
    comes('b');
    assert.deepEqual((await run).relays, ['b']);
  });

  it('outlive one beside them that nobody could open', async () => {
    const { comes, run, tried, until } = race(['a']);
    await until(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    comes('a');
    assert.deepEqual((await run).relays, ['a']);
    assert.deepEqual(tried, ['ax']);
  });

  it('fail with what the first was refused for', async () => {
    const { fails, run, until } = race(['a']);
    const refused = assert.rejects(run, /^Error: a$/);
    await until(1);
    // Long enough for one beside it, which finds nobody.
    await new Promise((resolve) => setTimeout(resolve, 5));
    fails('a', false);
    await refused;
  });

  it('leave the relay that carried nothing to be blamed, although the link has long been on another', async () => {
    const blamed: string[] = [];
    const silent = Promise.withResolvers<never>();
    const sealer = {
      call: (stream: { readonly relay: string }) =>
        stream.relay === 'a' ? silent.promise : Promise.resolve({ abort: () => {} }),
    };
    const paths = new SealedPaths(sealer as unknown as Sealer, {
      carried: () => {},
      silent: ({ path }) => blamed.push(path[0]!),
      outdone: (silent, by) => blamed.push(`${silent} by ${by}`),
    });
    paths.pace = () => new SetUpPace();
    paths.opener = async (_peer, _signal, { first }, mayTry) => {
      const relay = ['a', 'b'].find((one) => !first.includes(one));
      if (relay === undefined) throw new ZeroError('ROUTE_NONE', 'no other relay');
      mayTry?.(relay);
      return { stream: { relay } as never, name: relay, path: [relay] };
    };
    const { relays } = await paths.openAny(
      { toString: () => 'peer' } as PeerId,
      AbortSignal.timeout(WAIT_MS),
    );
    assert.deepEqual([relays, blamed], [['b'], []]);
    silent.reject(new ZeroError('ROUTE_LOST', 'nothing came'));
    await turn();
    assert.deepEqual(blamed, ['a', 'a by b']);
  });
});

// A path that is opened and then silent: another is tried before the caller notices, and who opened it is told on.

import assert from 'node:assert/strict';
import type { PeerId } from '@libp2p/interface';
import type { Sealer } from '../../../node/routing/sealed-path.ts';
import { SealedPaths } from '../../../node/routing/sealed-paths.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';

const PEER = { toString: () => 'peer' } as PeerId;

/** Paths over relays of which some seal nothing; the opener takes the first relay that it shall not avoid. */
function paths(relays: readonly string[], silent: ReadonlySet<string>) {
  const tried: string[] = [];
  const blamed: string[] = [];
  const outdone: string[] = [];
  const sealer = {
    call: async (stream: unknown) => {
      const { relay } = stream as { relay: string };
      if (silent.has(relay)) throw new ZeroError('ROUTE_LOST', `${relay} carries nothing`);
      return { relay };
    },
  };
  const one = new SealedPaths(sealer as unknown as Sealer, {
    carried: () => {},
    silent: ({ path }) => blamed.push(path[0]!),
    outdone: (silent, by) => outdone.push(`${silent.join('>')} by ${by.join('>')}`),
  });
  one.opener = async (_peer, _signal, { first }) => {
    const relay = relays.find((name) => !first.includes(name));
    if (relay === undefined) throw new ZeroError('ROUTE_NONE', 'no other relay');
    tried.push(relay);
    return { stream: { relay } as never, name: relay, path: [relay, 'exit'] };
  };
  return { one, tried, blamed, outdone };
}

const refused = (code: string) => (error: unknown) => error instanceof ZeroError && error.code === code;
const soon = () => AbortSignal.timeout(5_000);

describe('paths for a link', () => {
  it('are tried one after another until one can be sealed', async () => {
    const { blamed, one, outdone, tried } = paths(['a', 'b', 'c'], new Set(['a', 'b']));
    const { relays } = await one.openAny(PEER, soon());
    assert.deepEqual(relays, ['c', 'exit']);
    assert.deepEqual(outdone, ['a>exit by c>exit', 'b>exit by c>exit']);
    assert.deepEqual(
      [tried, blamed],
      [
        ['a', 'b', 'c'],
        ['a', 'b'],
      ],
    );
  });

  it('are three at most, and the failure of the last is told', async () => {
    const { blamed, one, outdone } = paths(['a', 'b', 'c', 'd'], new Set(['a', 'b', 'c', 'd']));
    await assert.rejects(one.openAny(PEER, soon()), refused('ROUTE_LOST'));
    assert.deepEqual([blamed, outdone], [['a', 'b', 'c'], []]);
  });

  it('are tried again with patience when nobody has another, and nobody is blamed when the caller gave up', async () => {
    const few = paths(['a'], new Set(['a']));
    await assert.rejects(few.one.openAny(PEER, soon()), refused('ROUTE_LOST'));
    assert.deepEqual(few.tried, ['a', 'a']);
    const two = paths(['a', 'b'], new Set(['a', 'b']));
    await assert.rejects(two.one.openAny(PEER, soon()), refused('ROUTE_LOST'));
    assert.deepEqual(two.tried, ['a', 'b', 'a']);
    const none = paths([], new Set());
    await assert.rejects(none.one.openAny(PEER, soon()), refused('ROUTE_NONE'));
    const given = paths(['a', 'b'], new Set(['a']));
    const caller = new AbortController();
    const opening = given.one.opener!;
    given.one.opener = async (...args) => {
      const path = await opening(...args);
      caller.abort();
      return path;
    };
    await assert.rejects(given.one.openAny(PEER, caller.signal));
    assert.deepEqual([given.tried, given.blamed], [['a'], []]);
  });

  it('tell what they carry, there and back, once they are sealed', async () => {
    const { one } = paths(['a'], new Set());
    const sent: number[] = [];
    const sealed = Object.assign(new EventTarget(), {
      send: (data: Uint8Array) => sent.push(data.length) > 0,
    });
    const counted: [number, number][] = [];
    const counting = new SealedPaths({ call: async () => sealed } as unknown as Sealer, {
      carried: () => {},
      silent: () => {},
      outdone: () => {},
    });
    counting.opener = async (...args) => ({
      ...(await one.opener!(...args)),
      onBytes: (up, down) => counted.push([up, down]),
    });
    const { path } = await counting.openAny(PEER, soon());
    assert.equal(path.send(new Uint8Array(5)), true, 'what the path says of its room is passed on');
    sealed.dispatchEvent(Object.assign(new Event('message'), { data: new Uint8Array(7) }));
    assert.deepEqual(
      [sent, counted],
      [
        [5],
        [
          [5, 0],
          [0, 7],
        ],
      ],
    );
  });
});

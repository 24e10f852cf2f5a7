// The network that routing policies are ranked on: everybody has whom the scenario promises, or all there are.

import assert from 'node:assert/strict';
import { makeNetwork } from '../../../sim/overlay/network.ts';
import { MULTI_HOP } from '../../../sim/overlay/scenario.ts';

describe('the network of a routing scenario', () => {
  it('gives each edge its partners, never itself, none twice', () => {
    const { partners } = makeNetwork(MULTI_HOP);
    const { edges, relays } = MULTI_HOP;
    for (const [node, chosen] of partners.entries()) {
      assert.equal(chosen.length, node < relays ? 0 : MULTI_HOP.partners);
      assert.equal(new Set(chosen).size, chosen.length);
      assert.ok(chosen.every((other) => other !== node && other >= relays && other < relays + edges));
    }
  });

  it('ends where there are fewer edges than partners: each has all others', () => {
    const { partners } = makeNetwork({ ...MULTI_HOP, edges: 3 });
    assert.deepEqual(
      partners.slice(MULTI_HOP.relays).map(({ length }) => length),
      [2, 2, 2],
    );
  });

  it('is the same from the same seed', () => {
    const shape = ({ delay: _, ...rest }: ReturnType<typeof makeNetwork>) => rest;
    assert.deepEqual(shape(makeNetwork(MULTI_HOP)), shape(makeNetwork(MULTI_HOP)));
    assert.notDeepEqual(shape(makeNetwork(MULTI_HOP)), shape(makeNetwork({ ...MULTI_HOP, seed: 2 })));
  });
});

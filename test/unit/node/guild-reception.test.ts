// A seat that is offered again is taken once: the offer is repeated when its answer was lost on the way.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { Reception } from '../../../node/guild/reception.ts';
import { encodeRequest } from '../../../node/guild/wire.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { makeAgent, PEER } from '../../support/agents.ts';

describe('the reception of guilds', () => {
  it('answers an offer that comes twice with one seat, and tries again what has failed', async () => {
    let taken = 0;
    const deps = {
      config: { accept: 'always' },
      vault: { has: () => true },
      registry: { checkRoomFor: () => {} },
      desk: {
        takeFor: async () => {
          taken += 1;
          return undefined;
        },
      },
    };
    const reception = new Reception(deps as never);
    const offer = (last: number) =>
      encodeRequest({
        op: 'seat',
        agent: makeAgent(1).agentId,
        creation: Uint8Array.of(1),
        snapshot: null,
        welcome: Uint8Array.of(1, last),
      });
    const gone = (error: unknown) => isZeroError(error) && error.code === 'GUILD_KEY_GONE';
    const ask = (last: number) => assert.rejects(reception.answer(offer(last), peerIdFromString(PEER)), gone);
    await Promise.all([ask(1), ask(1)]);
    assert.equal(taken, 1, 'the same offer, at once');
    await Promise.all([ask(1), ask(2)]);
    assert.equal(taken, 3, 'a failed one is tried again, another one is another');
  });
});

// Cards in the DHT, event by event: holders of one address group count once, in a put as in a lookup, and no end of the library's
// own loses the answer that is in hand.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { multiaddr } from '@multiformats/multiaddr';
import { CardRecords } from '../../../node/dht/card-records.ts';
import type { Host } from '../../../node/host/create.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { encodeEnvelope } from '../../../protocol/envelope/index.ts';
import { makeAgent, makeCard } from '../../support/agents.ts';

const agent = makeAgent(20);
const older = encodeEnvelope(makeCard(agent, { sequence: 1 }));
const newer = encodeEnvelope(makeCard(agent, { sequence: 2, previous: null }));

/** A peer by the address that it is connected from. */
type Peer = string;
interface Answer {
  readonly from: Peer;
  readonly value: Uint8Array;
}

/** Records over a DHT in which these peers answer one after another, and which may end with an error. Answers also who was asked. */
function recordsOf(answers: readonly Answer[], end?: Error) {
  const asked: Peer[] = [];
  const told = async function* (messageName: string) {
    for (const { from, value } of answers) {
      asked.push(from);
      yield { name: 'PEER_RESPONSE', messageName, from, record: { value } };
    }
    if (end !== undefined) throw end;
  };
  const host = {
    getPeers: () => [...new Set(answers.map(({ from }) => from))],
    getConnections: (peer: Peer) => [{ remoteAddr: multiaddr(`/ip4/${peer}/tcp/1`) }],
    services: { dht: { get: () => told('GET_VALUE'), put: () => told('PUT_VALUE') } },
  } as unknown as Host;
  const log = createLogger({ level: 'silent', name: 'test' });
  return { records: new CardRecords({ host, log, groupPrivate: true }), asked };
}

const from = (peers: readonly Peer[], value: Uint8Array): Answer[] =>
  peers.map((peer) => ({ from: peer, value }));

/** Five ids of one provider, and three peers of three others. */
const SYBILS = ['127.66.0.1', '127.66.0.2', '127.66.1.1', '127.66.1.2', '127.66.2.1'];
const APART = ['127.1.0.1', '127.2.0.1', '127.3.0.1'];

describe('cards in the DHT', () => {
  it('a lookup is not ended by several ids of one provider that agree on an old card', async () => {
    const { records } = recordsOf([...from(SYBILS, older), ...from(['127.1.0.1'], newer)]);
    assert.equal((await records.get(agent.agentId))?.card.sequence, 2);
  });

  it('a signal that outlives its lookups keeps nothing of them', async () => {
    const { signal } = new AbortController();
    const { records } = recordsOf(from(APART, newer));
    for (let n = 0; n < 3; n++) await records.get(agent.agentId, { signal });
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('a lookup asks no further when three independent holders agree', async () => {
    const { records, asked } = recordsOf(from([...APART, '127.4.0.1', '127.5.0.1'], newer));
    assert.equal((await records.get(agent.agentId))?.card.sequence, 2);
    assert.deepEqual(asked, APART);
  });

  it('an answer that is no card of this agent is passed over, and one older than the best changes nothing', async () => {
    const stranger = encodeEnvelope(makeCard(makeAgent(30)));
    const { records } = recordsOf([
      ...from(['127.9.0.1'], new Uint8Array(40).fill(7)),
      ...from(['127.8.0.1'], stranger),
      ...from(['127.7.0.1'], newer),
      ...from(APART, older),
    ]);
    const found = await records.get(agent.agentId);
    assert.equal(found?.card.id, agent.agentId);
    assert.equal(found.card.sequence, 2);
  });

  it('the library’s failure to correct a holder does not lose the card', async () => {
    const { records } = recordsOf(from(['127.1.0.1'], newer), new Error('Could not send correction'));
    assert.equal((await records.get(agent.agentId))?.card.sequence, 2);
  });

  it('a put counts echoes of one provider once, and fails below its quorum', async () => {
    const many = recordsOf([...from(SYBILS, newer), ...from(APART, older)]);
    await assert.rejects(many.records.put(agent.agentId, newer), {
      code: 'QUORUM_FAILED',
      retryable: true,
      details: { holders: 1, needed: 3 },
    });
    const apart = recordsOf([...from(SYBILS, newer), ...from(APART, newer)]);
    assert.equal(await apart.records.put(agent.agentId, newer), 4);
  });

  it('a put that reaches nobody fails', async () => {
    const { records } = recordsOf([]);
    await assert.rejects(records.put(agent.agentId, newer), { code: 'QUORUM_FAILED' });
  });
});

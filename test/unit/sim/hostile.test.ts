// Roles of adversaries laid around a node: what leaves it, what comes in, and what it answers goes through the role.

import { deepEqual, equal, notDeepEqual } from 'node:assert/strict';
import type { ZerostateNode } from '../../../node/index.ts';
import type { Role } from '../../../sim/cores/role.ts';
import { randomStream } from '../../../sim/random.ts';
import { layRole, SPOILT } from '../../../sim/real/hostile.ts';

const TOPIC = '/zerostate/sim/heads/1';
const rpc = () => ({
  subscriptions: [{ subscribe: true, topic: TOPIC }],
  messages: [{ topic: TOPIC, data: new Uint8Array([1, 2, 3]) }],
  control: {
    ihave: [{ topicID: TOPIC }],
    iwant: [{}],
    graft: [{ topicID: TOPIC }],
    prune: [{}],
    idontwant: [{}],
  },
});
type Sent = ReturnType<typeof rpc>;

/** A node as far as a role sees it. */
function laid(role: Role) {
  const sent: Sent[] = [];
  const taken: Sent[] = [];
  const served = new Map<string, (stream: object, connection: object) => unknown>();
  const host = {
    services: {
      pubsub: {
        piggybackGossip: (_: string, message: Sent, ihave: never[]) =>
          void message.control.ihave.push(...ihave),
        sendRpc: (_: string, message: Sent) => sent.push(message) > 0,
        handleReceivedRpc: async (_: object, message: Sent) => void taken.push(message),
      },
    },
    handle: async (protocol: string, handler: () => unknown) => void served.set(protocol, handler),
  };
  const deeds = { withheld: 0, spoilt: 0, unanswered: 0 };
  const graft = layRole({
    node: { host } as unknown as ZerostateNode,
    role,
    random: randomStream(1, 'test'),
    numberOf: (peer) => Number(peer),
    deeds,
  });
  return { ...host, deeds, graft, sent, served, taken, pubsub: host.services.pubsub };
}

describe('a role around a real node', () => {
  it('withholds what it does not let out, for those it is after, and leaves the rest as it is', () => {
    const { deeds, pubsub, sent } = laid({
      send: (to, message) => (to === 3 && message.kind !== 'graft' ? null : message),
    });
    pubsub.sendRpc('4', rpc());
    deepEqual(sent[0], rpc());
    pubsub.sendRpc('3', rpc());
    const { messages, subscriptions, control } = sent[1]!;
    deepEqual([messages, subscriptions.length], [[], 1]);
    deepEqual([control.ihave, control.iwant, control.prune], [[], [], []]);
    deepEqual([control.graft.length, control.idontwant.length], [1, 1]);
    deepEqual(deeds, { withheld: 1, spoilt: 0, unanswered: 0 });
    for (const peer of ['3', '4']) pubsub.piggybackGossip(peer, sent[1]!, [{ topicID: TOPIC } as never]);
    equal(sent[1]!.control.ihave.length, 1);
  });

  it('spoils a copy, by one bit, and not the original', () => {
    const { deeds, pubsub, sent } = laid({
      send: (_, message) => (message.kind === 'publication' ? { ...message, publication: SPOILT } : message),
    });
    const original = rpc();
    pubsub.sendRpc('1', original);
    const { data } = sent[0]!.messages![0]!;
    equal(data.length, 3);
    notDeepEqual(data, original.messages[0]!.data);
    deepEqual(original, rpc());
    equal(deeds.spoilt, 1);
  });

  it('does not see what its role does not want to read', async () => {
    const { pubsub, taken } = laid({ receive: (_, { kind }) => kind !== 'iwant' && kind !== 'publication' });
    await pubsub.handleReceivedRpc({ toString: () => '2' }, rpc());
    deepEqual([taken[0]!.messages, taken[0]!.control.iwant], [[], []]);
    equal(taken[0]!.control.ihave.length, 1);
  });

  it('leaves comparisons without an answer, and other protocols alone', async () => {
    const { deeds, handle, served } = laid({
      send: (to, message) => (to === 3 && message.kind === 'answer' ? null : message),
    });
    for (const protocol of ['/zerostate/sim/sync/1', '/zerostate/sim/kad/1.0.0'])
      await handle(protocol, () => 'answered');
    const ask = (protocol: string, peer: number) => served.get(protocol)!({}, { remotePeer: peer });
    equal(ask('/zerostate/sim/sync/1', 3), undefined);
    equal(ask('/zerostate/sim/sync/1', 4), 'answered');
    equal(ask('/zerostate/sim/kad/1.0.0', 3), 'answered');
    equal(deeds.unanswered, 1);
  });

  it('pushes into meshes past its own filter', () => {
    const { graft, sent } = laid({ send: () => null });
    graft('5', [TOPIC]);
    deepEqual(sent[0]!.control.graft, [{ topicID: TOPIC }]);
  });
});

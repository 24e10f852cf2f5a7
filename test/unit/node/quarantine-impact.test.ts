// What is said before a quarantine order is signed: a region or a node that nobody knows is named, and an id that is no node's is not signed.

import assert from 'node:assert/strict';
import { impactOf, QuarantineDesk } from '../../../node/quarantine/index.ts';

const PEER = '12D3KooWL5gxabgvJ5ng4ma8Dx76MTzGPCaXShaCb6wf6oQEP4fZ';
const OTHER = '12D3KooWLpETbBnP3weAZmhQPtjrXG7yjAFsSiSBnhpSDUkDyvMw';
const none = { list: () => [] };

/** A node in the region "here" that knows one other, in "there". */
const node = {
  book: { ...none, get: () => undefined },
  config: { name: 'mine', region: 'here' },
  directory: {
    nodes: () => [{ region: 'there' }],
    get: (id: string) => (id === OTHER ? { name: 'other' } : undefined),
  },
  guilds: none,
  host: { getPeers: () => [] },
  partners: { book: none },
  payments: { sides: none },
  peerId: PEER,
  tasks: { open: () => [] },
  vault: { has: () => false },
} as unknown as Parameters<typeof impactOf>[0];

const peer = (id: string) => ({ kind: 'peer', id }) as const;
const stranger = peer(`${PEER.slice(0, -1)}a`);

describe('before a quarantine order is signed', () => {
  it('a region without a known node, and one that this node is not in, is said', async () => {
    const warned = async (regions: string[]) => (await impactOf(node, [peer(OTHER)], regions)).warnings;
    assert.deepEqual(await warned([]), []);
    assert.deepEqual(await warned(['here', 'there']), []);
    assert.deepEqual(await warned(['there']), [
      'this node is in here, and would not obey: it would be so at nodes in there',
    ]);
    assert.match((await warned(['here', 'ther'])).join('; '), /^no node in ther is known here$/);
  });

  it('a node that is not known is said, and this node itself', async () => {
    assert.deepEqual((await impactOf(node, [stranger])).warnings, [`no node ${stranger.id} is known here`]);
    const own = await impactOf(node, [peer(PEER)]);
    assert.match(own.warnings.join(), /^this node itself is named/);
    assert.equal(own.peers.shown[0]?.name, 'mine');
  });

  it('the work, the channels and the agents that it would touch are shown, and no others', async () => {
    const [anna, berta] = ['zs:anna', 'zs:berta'];
    const entry = (agentId: string, peer: string) => ({
      agentId,
      card: { name: agentId, endpoints: [{ peer }] },
    });
    const task = (taskId: string, agentId: string, state: string) => ({
      ...{ taskId, name: taskId },
      task: { phase: 'running', attempts: [{ agentId, state }] },
    });
    const channel = (name: string, payer: string, payee: string, phase: string) => ({
      state: { terms: { channel: name, payer, payee }, phase },
    });
    const busy = {
      ...node,
      book: { list: () => [entry(anna!, OTHER), entry(berta!, PEER)], get: () => ({}) },
      guilds: {
        list: () => [
          {
            id: 'g',
            name: 'g',
            state: 'active',
            members: [
              { agent: anna, peer: 'x' },
              { agent: berta, peer: 'y' },
            ],
          },
          { id: 'left', name: 'left', state: 'dissolved', members: [{ agent: anna, peer: 'x' }] },
          { id: 'others', name: 'others', state: 'active', members: [{ agent: berta, peer: 'y' }] },
        ],
      },
      payments: {
        sides: {
          list: () => [
            channel('pays', anna!, 'zs:x', 'open'),
            channel('paid', 'zs:x', anna!, 'closing'),
            channel('over', anna!, 'zs:x', 'settled'),
            channel('others', berta!, 'zs:x', 'open'),
          ],
        },
      },
      tasks: {
        open: () => [
          task('asked', anna!, 'asked'),
          task('ended', anna!, 'failed'),
          task('others', berta!, 'asked'),
          task('module', berta!, 'planned'),
        ],
        manifest: async (id: string) => {
          if (id === 'asked') throw new Error('not kept');
          return { manifest: { module: { cid: id === 'module' ? 'bafkreiodd' : 'bafkreifine' } } };
        },
      },
      vault: { has: (id: string) => id === berta },
    } as unknown as Parameters<typeof impactOf>[0];
    const shown = async (kind: 'peer' | 'agent' | 'module', id: string) => {
      const { cards, channels, guilds, tasks, warnings } = await impactOf(busy, [{ kind, id }]);
      return [
        cards.shown.map(({ agentId }) => agentId),
        tasks.shown.map(({ taskId }) => taskId),
        guilds.shown.map(({ id, members }) => [id, members]),
        channels.shown.map(({ channel }) => channel),
        warnings,
      ];
    };
    const touched = [['asked'], [['g', 1]], ['pays', 'paid'], []];
    assert.deepEqual(await shown('agent', anna!), [[anna], ...touched]);
    assert.deepEqual(await shown('peer', OTHER), [[anna], ...touched]);
    assert.deepEqual(await shown('module', 'bafkreiodd'), [[], ['module'], [], [], []]);
    const [, , , , warned] = await shown('agent', berta!);
    assert.deepEqual(warned, ['1 agent(s) of this node would be kept apart']);
  });

  it('what is the id of no node is not signed', async () => {
    const desk = new QuarantineDesk({
      vault: { get: () => assert.fail('no key is asked for') },
    } as unknown as ConstructorParameters<typeof QuarantineDesk>[0]);
    for (const id of [`${PEER}x`, `${PEER.slice(0, -1)}0`, 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'])
      await assert.rejects(
        desk.order({ targets: [peer(id)], regions: [], seconds: 60, reason: 'x', evidence: [] }),
        { code: 'QUARANTINE_REFUSED' },
        id,
      );
  });
});

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

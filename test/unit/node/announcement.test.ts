// A node's announcement is believed only under the key that its peer id names.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Announcement,
  signAnnouncement,
  verifyAnnouncement,
} from '../../../node/network/announcement.ts';
import { encodeEnvelope, seedSigner, signEnvelope } from '../../../protocol/envelope/index.ts';
import { noteSigner, peerIdOfKey } from '../../../protocol/log/index.ts';
import { refused, seed } from '../../support/agents.ts';

const peerId = peerIdOfKey(noteSigner(seed(5)).publicKey);
const said: Announcement = {
  type: 'NodeAnnouncement',
  peerId,
  name: 'node-1',
  region: 'eu-west',
  roles: ['edge'],
  version: '1',
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  links: [{ peer: 'x', rttMs: 3 }],
  log: { size: 4, root: 'AAAA' },
  issuedAtMs: 1_780_000_000_000,
};

describe('node announcements', () => {
  it('reads back what a node signed of itself', () => {
    assert.deepEqual(verifyAnnouncement(signAnnouncement(said, seed(5))), said);
  });

  it('refuses a word in the name of another node', () => {
    assert.throws(() => verifyAnnouncement(signAnnouncement(said, seed(6))), refused('SIGNATURE_INVALID'));
  });

  it('refuses wrong forms, too many addresses and other payload types', () => {
    const wrong: object[] = [
      { ...said, extra: 1 },
      { ...said, name: '<b>' },
      { ...said, addresses: Array.from({ length: 9 }, () => '/ip4/1.1.1.1/tcp/1') },
      { ...said, issuedAtMs: -1 },
      { ...said, log: { size: 0.5, root: '' } },
    ];
    for (const one of wrong)
      assert.throws(
        () => verifyAnnouncement(signAnnouncement(one as Announcement, seed(5))),
        refused('DECODE_FAILED'),
      );
    const payload = new TextEncoder().encode(JSON.stringify(said));
    const other = signEnvelope({ payloadType: 'text/plain', payload, signers: [seedSigner(seed(5))] });
    assert.throws(() => verifyAnnouncement(encodeEnvelope(other)), refused('DECODE_FAILED'));
  });

  it('refuses or reads alike every announcement with a changed byte', () => {
    const bytes = signAnnouncement(said, seed(5));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const forged = bytes.slice();
        forged[at] = (forged[at] as number) ^ change;
        try {
          assert.deepEqual(verifyAnnouncement(forged), said);
        } catch (error) {
          assert.ok((error as { code?: string }).code, String(error));
        }
      }),
    );
  });
});

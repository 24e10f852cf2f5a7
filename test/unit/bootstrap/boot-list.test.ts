// Boot lists: signed by a threshold, rotated key by key, never set back to an older one.

import assert from 'node:assert/strict';
import {
  type BootList,
  type BootTrust,
  bootListsFromJson,
  bootListsToJson,
  followBootLists,
  isBootListInForce,
  signBootList,
  verifyBootList,
} from '../../../bootstrap/boot-list.ts';
import { didKeyOf, seedSigner } from '../../../protocol/envelope/index.ts';
import { PEER, publicKey, refused, seed } from '../../support/agents.ts';

const signer = (n: number) => seedSigner(seed(n));
const keys = (...ns: number[]) => ns.map((n) => didKeyOf(publicKey(n)));
const trust: BootTrust = { network: 'testnet', signers: { keys: keys(1, 2, 3), threshold: 2 }, sequence: 1 };

function listOf(sequence: number, changes: Partial<BootList> = {}): BootList {
  return {
    type: 'BootList',
    network: 'testnet',
    sequence,
    issuedAt: '2026-03-01T00:00:00Z',
    expiresAt: '2026-06-01T00:00:00Z',
    nodes: [`/ip4/192.0.2.1/tcp/4001/p2p/${PEER}`],
    signers: trust.signers,
    ...changes,
  };
}

describe('boot lists', () => {
  it('need a threshold of the trusted keys', () => {
    assert.equal(verifyBootList(signBootList(listOf(1), [signer(1), signer(3)]), trust).sequence, 1);
    for (const signers of [[signer(1)], [signer(1), signer(1)], [signer(1), signer(9)]])
      assert.throws(
        () => verifyBootList(signBootList(listOf(1), signers), trust),
        refused('SIGNATURE_INVALID'),
      );
  });

  it('hand over to new keys, signed by the old and the new, and the old ones count no more', () => {
    const next = { keys: keys(4, 5), threshold: 2 };
    const second = listOf(2, { signers: next });
    const old = [signer(1), signer(2)];
    const fresh = [signer(4), signer(5)];
    assert.throws(() => verifyBootList(signBootList(second, old), trust), refused('SIGNATURE_INVALID'));
    assert.throws(() => verifyBootList(signBootList(second, fresh), trust), refused('SIGNATURE_INVALID'));
    const chain = [
      signBootList(listOf(1), old),
      signBootList(second, [...old, ...fresh]),
      signBootList(listOf(3, { signers: next, nodes: [] }), fresh),
    ];
    const followed = followBootLists(bootListsFromJson(JSON.stringify(bootListsToJson(chain))), trust);
    assert.deepEqual([followed.list.sequence, followed.trust.signers], [3, next]);
    const stolen = signBootList(listOf(4), old);
    assert.throws(() => followBootLists([...chain, stolen], trust), refused('SIGNATURE_INVALID'));
    // From where it stands, a node needs only what is new, and is not set back.
    assert.equal(followBootLists(chain, followed.trust).list.sequence, 3);
    assert.throws(() => verifyBootList(chain[2]!, { ...followed.trust, sequence: 4 }), refused('CARD_STALE'));
    assert.throws(() => followBootLists(chain.slice(0, 2), followed.trust), refused('DECODE_FAILED'));
  });

  it('are of one network, of one form, and for a time', () => {
    const two = [signer(1), signer(2)];
    const other = signBootList(listOf(1, { network: 'other' }), two);
    assert.throws(() => verifyBootList(other, trust), refused('SIGNATURE_INVALID'));
    for (const wrong of [
      { nodes: ['/ip4/192.0.2.1/tcp/4001'] },
      { sequence: 0 },
      { signers: { keys: keys(1), threshold: 2 } },
      { expiresAt: 'soon' },
    ])
      assert.throws(() => signBootList(listOf(1, wrong as Partial<BootList>), two), refused('DECODE_FAILED'));
    const list = verifyBootList(signBootList(listOf(1), two), trust);
    const at = (text: string) => isBootListInForce(list, Date.parse(text));
    assert.deepEqual(
      ['2026-02-28T23:49:59Z', '2026-02-28T23:50:00Z', '2026-05-31T23:59:59Z', '2026-06-01T00:00:00Z'].map(
        at,
      ),
      [false, true, true, false],
    );
  });
});

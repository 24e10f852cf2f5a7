// The committed index under random histories: its root depends on what it holds and not on how it grew; a proof shows exactly the lists
// that were added, and nothing that was changed on the way verifies.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toHex } from '../../../protocol/bytes/index.ts';
import { aboutKey, IndexMap, issuerKey, tagOf, verifyMapProof } from '../../../protocol/provenance/index.ts';

const tag = tagOf('type', 'issuer');
/** Few names, so that lists and shared beginnings of keys occur. */
const names = fc.integer({ min: 0, max: 60 }).map((n) => `sha1:${n}`);
const histories = fc
  .array(fc.uniqueArray(names, { maxLength: 4 }), { maxLength: 80 })
  .map((entries) => entries.map((things, index) => ({ index, things })));

function build(history: readonly { index: number; things: readonly string[] }[]): IndexMap {
  const map = new IndexMap();
  for (const { index, things } of history) for (const name of things) map.add(aboutKey(name), index, tag);
  return map;
}

describe('committed index', () => {
  it('a proof shows each list as it is, and of other keys that they have none', () => {
    fc.assert(
      fc.property(histories, fc.uniqueArray(names, { maxLength: 12 }), (history, asked) => {
        const map = build(history);
        const keys = [...asked.map(aboutKey), issuerKey('nobody')];
        const lists = verifyMapProof(map.root(), keys, map.prove(keys));
        assert.equal(lists.size, keys.length);
        for (const name of asked) {
          const expected = history.filter(({ things }) => things.includes(name)).map(({ index }) => index);
          const found = lists.get(toHex(aboutKey(name)))!;
          assert.deepEqual(
            found.map(({ index }) => index),
            expected,
          );
          assert.deepEqual(
            map.list(aboutKey(name)).map(({ index }) => index),
            expected,
          );
          assert.equal(map.count(aboutKey(name)), expected.length);
        }
      }),
    );
  });

  it('the root follows from the content, in whatever order the keys of an entry came and whenever it was computed', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const other = new IndexMap();
        for (const { index, things } of history) {
          for (const name of [...things].reverse()) other.add(aboutKey(name), index, tag);
          other.root();
        }
        assert.deepEqual(other.root(), build(history).root());
      }),
    );
  });

  it('an entry that is left out gives another root', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, pick) => {
        const told = history.filter(({ things }) => things.length > 0);
        fc.pre(told.length > 0);
        const omitted = told[pick % told.length]!;
        assert.notDeepEqual(build(history.filter((one) => one !== omitted)).root(), build(history).root());
      }),
    );
  });

  it('no changed proof verifies as another list', () => {
    fc.assert(
      fc.property(
        histories,
        fc.uniqueArray(names, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        (history, asked, at, by) => {
          const map = build(history);
          const keys = asked.map(aboutKey);
          const proof = map.prove(keys);
          const changed = proof.slice();
          changed[at % proof.length]! ^= 1 + (by % 255);
          assert.throws(() => verifyMapProof(map.root(), keys, changed), {
            code: /PROOF_INVALID|LIMIT_EXCEEDED/,
          });
          const cut = proof.subarray(0, at % proof.length);
          assert.throws(() => verifyMapProof(map.root(), keys, cut), { code: 'PROOF_INVALID' });
          assert.throws(() => verifyMapProof(map.root(), keys, new Uint8Array([...proof, 0])), {
            code: 'PROOF_INVALID',
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a proof for some keys is none for others', () => {
    fc.assert(
      fc.property(histories, names, names, (history, one, other) => {
        fc.pre(one !== other);
        const map = build(history);
        const proof = map.prove([aboutKey(one)]);
        try {
          const lists = verifyMapProof(map.root(), [aboutKey(other)], proof);
          const expected = history.filter(({ things }) => things.includes(other)).map(({ index }) => index);
          assert.deepEqual(
            lists.get(toHex(aboutKey(other)))!.map(({ index }) => index),
            expected,
          );
        } catch (error) {
          assert.equal((error as { code: string }).code, 'PROOF_INVALID');
        }
      }),
    );
  });

  it('entries come in the order of the log', () => {
    const map = build([{ index: 3, things: ['sha1:1'] }]);
    assert.throws(() => map.add(aboutKey('sha1:1'), 3, tag), { code: 'DECODE_FAILED' });
    assert.equal(map.keys, 1);
    assert.equal(map.postings, 1);
  });
});

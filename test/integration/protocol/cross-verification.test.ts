// Three organisations verify what the others published: of 5,000 files and more, nearly every valid one is accepted and no invalid one,
// by a stranger with the offline verifier and by a node, each on its own.

import assert from 'node:assert/strict';
import { type Item, makeCorpus } from '../../corpus/corpus.ts';
import { partnerNode, stranger } from '../../corpus/judges.ts';

const COUNT = 5_000;
const VALID_ACCEPTED_MIN = 0.999;

describe('cross-verification', () => {
  let corpus: Item[];
  before(() => {
    corpus = makeCorpus(COUNT, 1);
  });

  it('the corpus has all kinds from three organisations, valid and invalid', () => {
    assert.ok(corpus.length >= COUNT);
    for (const valid of [true, false]) {
      const part = corpus.filter(({ damage }) => (damage === null) === valid);
      assert.ok(part.length > COUNT / 3);
      assert.equal(new Set(part.map(({ organisation, kind }) => `${organisation}/${kind}`)).size, 3 * 6);
    }
    assert.ok(new Set(corpus.map(({ damage }) => damage)).size > 45);
  });

  for (const judge of [stranger, partnerNode]) {
    it(`${judge.name}: valid ones are accepted`, () => {
      const valid = corpus.filter(({ damage }) => damage === null);
      const refused = valid.filter((item) => !judge.accepts(item));
      const rate = 1 - refused.length / valid.length;
      assert.ok(rate >= VALID_ACCEPTED_MIN, `${rate}: ${names(refused)}`);
    });

    it(`${judge.name}: none of the invalid ones is`, () => {
      const accepted = corpus.filter((item) => item.damage !== null && judge.accepts(item));
      assert.equal(names(accepted), '');
    });
  }
});

const names = (items: readonly Item[]): string =>
  [...new Set(items.map(({ kind, damage }) => `${kind} (${damage ?? 'valid'})`))].join(', ');

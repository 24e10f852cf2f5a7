// An embedder over a user's own ONNX model (a sentence transformer exported from PyTorch, for instance). The caller brings
// the runtime (`onnxruntime-node` or `onnxruntime-web`), so that nobody else has to install it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Embedder } from '../interface.ts';
import { wordPiece } from './word-piece.ts';

interface OnnxTensor {
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
}

interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, OnnxTensor>>;
}

/** The members of an ONNX runtime module that are used. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: number[]) => unknown;
}

export interface OnnxEmbedderOptions {
  readonly runtime: OnnxRuntime;
  readonly modelPath: string;
  /** vocab.txt of a BERT model. */
  readonly vocabularyPath: string;
  /** How token vectors become one: their mean (most sentence transformers) or the first. Default 'mean'. */
  readonly pooling?: 'mean' | 'first';
  /** Default 128: longer texts cost more than they add. */
  readonly tokensMax?: number;
}

/** Loads the model. Its id holds a hash of model and vocabulary. Throws EMBEDDER_UNAVAILABLE. */
export async function onnxEmbedder(options: OnnxEmbedderOptions): Promise<Embedder> {
  const { runtime, modelPath, vocabularyPath, pooling = 'mean', tokensMax = 128 } = options;
  try {
    const [model, vocabulary] = await Promise.all([readFile(modelPath), readFile(vocabularyPath)]);
    const hash = createHash('sha256').update(model).update(vocabulary).digest('hex').slice(0, 16);
    const session = await runtime.InferenceSession.create(model);
    const encode = wordPiece(vocabulary.toString('utf8'));
    const embed = (text: string) => run(runtime, session, encode(text, tokensMax), pooling);
    const { length: dims } = await embed('dimensions');
    return {
      id: `onnx/${pooling}/${tokensMax}/${dims}/${hash}`,
      dims,
      embed,
      embedBatch: async (texts) => {
        const out: Float32Array[] = [];
        for (const text of texts) out.push(await embed(text));
        return out;
      },
    };
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('EMBEDDER_UNAVAILABLE', `the ONNX model ${modelPath} cannot be used`, { cause });
  }
}

async function run(
  runtime: OnnxRuntime,
  session: OnnxSession,
  ids: readonly number[],
  pooling: 'mean' | 'first',
): Promise<Float32Array> {
  const tensor = (value: (id: number) => bigint) =>
    new runtime.Tensor('int64', BigInt64Array.from(ids, value), [1, ids.length]);
  const feeds: Record<string, unknown> = {};
  for (const name of session.inputNames) {
    feeds[name] = name === 'input_ids' ? tensor(BigInt) : tensor(() => (name === 'attention_mask' ? 1n : 0n));
  }
  const output = (await session.run(feeds))[session.outputNames[0]!];
  if (output === undefined) throw new ZeroError('EMBEDDER_UNAVAILABLE', 'the ONNX model gives no output');
  return pooled(output, pooling);
}

/** One vector of unit length from 1 x tokens x width, or from 1 x width. */
function pooled({ data, dims }: OnnxTensor, pooling: 'mean' | 'first'): Float32Array {
  const width = dims.at(-1)!;
  const tokens = pooling === 'first' ? 1 : data.length / width;
  const out = new Float32Array(width);
  for (let t = 0; t < tokens; t++) for (let i = 0; i < width; i++) out[i]! += Number(data[t * width + i]);
  const length = Math.hypot(...out) || 1;
  return out.map((value) => value / length);
}

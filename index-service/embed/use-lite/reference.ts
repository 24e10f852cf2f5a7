// The USE-lite encoder in plain float32 loops: the definition that the fast kernel is checked against. Pure: ids in, one
// vector out. Some forty times slower than kernel.ts, so it serves no query.
//
// Two transformer layers (Vaswani et al. 2017, pre-norm) over 2 x embedding + position signal, mean over the tokens,
// tanh layer, unit length. Cer et al., "Universal Sentence Encoder", 2018 (the "lite" variant).

import type { Dense, LayerWeights, UseLiteWeights } from './weights.ts';
import { SHAPE, TOKENS_MAX } from './weights.ts';

const NORM_EPSILON = 1e-6;

/** Vector of unit length for token ids; an empty text has a vector too. */
export function encodeReference(weights: UseLiteWeights, ids: readonly number[]): Float32Array {
  const tokens = Math.min(ids.length, TOKENS_MAX);
  let state = inputSignal(weights, ids, tokens);
  for (const layer of weights.layers) state = applyLayer(layer, state, tokens);
  const mean = new Float32Array(SHAPE.model);
  for (let t = 0; t < tokens; t++)
    for (let i = 0; i < SHAPE.model; i++) mean[i]! += state[t * SHAPE.model + i]! / tokens;
  const out = dense(weights.final, mean, 1);
  let square = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.tanh(out[i]!);
    square += out[i]! ** 2;
  }
  const scale = 1 / Math.sqrt(Math.max(square, 1e-12));
  for (let i = 0; i < out.length; i++) out[i]! *= scale;
  return out;
}

/** Twice the embedding plus the position signal: the graph adds the embedding to (embedding + signal). */
export function inputSignal(weights: UseLiteWeights, ids: readonly number[], tokens: number): Float32Array {
  const width = SHAPE.embed;
  const half = width / 2;
  const out = new Float32Array(tokens * width);
  for (let t = 0; t < tokens; t++) {
    const row = ids[t]! * width;
    for (let i = 0; i < width; i++) out[t * width + i] = 2 * weights.embedding[row + i]!;
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(t * weights.timeScales[i]!);
      out[t * width + i]! += Math.sin(angle);
      out[t * width + half + i]! += Math.cos(angle);
    }
  }
  return out;
}

function applyLayer(layer: LayerWeights, input: Float32Array, tokens: number): Float32Array {
  const qkv = dense(layer.qkv, normalise(layer.norm, input, tokens), tokens);
  const state = layer.adjust === null ? input.slice() : dense(layer.adjust, input, tokens);
  addTo(state, dense(layer.output, attend(qkv, layer.inputWidth, tokens), tokens));
  const hidden = dense(layer.hidden, normalise(layer.hiddenNorm, state, tokens), tokens);
  for (let i = 0; i < hidden.length; i++) if (hidden[i]! < 0) hidden[i] = 0;
  addTo(state, dense(layer.project, hidden, tokens));
  return state;
}

function addTo(target: Float32Array, more: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += more[i]!;
}

function normalise(norm: LayerWeights['norm'], input: Float32Array, tokens: number): Float32Array {
  const width = norm.scale.length;
  const out = new Float32Array(tokens * width);
  for (let t = 0; t < tokens; t++) {
    const base = t * width;
    let mean = 0;
    for (let i = 0; i < width; i++) mean += input[base + i]!;
    mean /= width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (input[base + i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / width + NORM_EPSILON);
    for (let i = 0; i < width; i++)
      out[base + i] = (input[base + i]! - mean) * scale * norm.scale[i]! + norm.bias[i]!;
  }
  return out;
}

function dense(layer: Dense, input: Float32Array, rows: number): Float32Array {
  const { inputs, outputs, weight, bias } = layer;
  const out = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    const row = out.subarray(r * outputs, (r + 1) * outputs);
    row.set(bias);
    for (let i = 0; i < inputs; i++) {
      const x = input[r * inputs + i]!;
      if (x === 0) continue;
      const base = i * outputs;
      for (let o = 0; o < outputs; o++) row[o]! += x * weight[base + o]!;
    }
  }
  return out;
}

/** Scaled dot-product attention over rows of query | key | value. */
function attend(qkv: Float32Array, width: number, tokens: number): Float32Array {
  const out = new Float32Array(tokens * width);
  const size = width / SHAPE.heads;
  const scale = 1 / Math.sqrt(size);
  const weights = new Float64Array(tokens);
  for (let head = 0; head < SHAPE.heads; head++) {
    const offset = head * size;
    for (let t = 0; t < tokens; t++) {
      const query = t * 3 * width + offset;
      let top = Number.NEGATIVE_INFINITY;
      for (let s = 0; s < tokens; s++) {
        const key = s * 3 * width + width + offset;
        let dot = 0;
        for (let i = 0; i < size; i++) dot += qkv[query + i]! * qkv[key + i]!;
        weights[s] = dot * scale;
        if (weights[s]! > top) top = weights[s]!;
      }
      let sum = 0;
      for (let s = 0; s < tokens; s++) {
        weights[s] = Math.exp(weights[s]! - top);
        sum += weights[s]!;
      }
      for (let s = 0; s < tokens; s++) {
        const share = weights[s]! / sum;
        const value = s * 3 * width + 2 * width + offset;
        for (let i = 0; i < size; i++) out[t * width + offset + i]! += share * qkv[value + i]!;
      }
    }
  }
  return out;
}

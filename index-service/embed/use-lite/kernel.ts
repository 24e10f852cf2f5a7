// The fast USE-lite encoder: int8 weights in WebAssembly memory, many texts a pass. Lays out the memory and calls the
// kernels of simd/embed.as in order; the mathematics is that of reference.ts.
//
// The last layer's second matrix is linear and only the mean over the tokens is used, so it is applied once to the mean.

import { instantiateKernel, type KernelMemory, kernelMemory, PAGE_BYTES } from '../../simd/instantiate.ts';
import { embedKernel } from '../../simd/kernels/embed.ts';
import type { Dense, LayerWeights, UseLiteWeights } from './weights.ts';
import { SHAPE, TOKENS_MAX } from './weights.ts';

/** Token rows of one pass: enough to read each weight for many rows, few enough for the second-level cache. */
const ROWS_MAX = 128;
/** Values of an int8 weight. */
const WEIGHT_MAX = 127;
/** Outputs that share a block of packed weights (see simd/embed.as). */
const BLOCK_OUTPUTS = 8;

const MODE = { plain: 0, relu: 1, add: 2 } as const;

interface EmbedExports {
  heapBase(): number;
  quantise(x: number, rows: number, width: number, out: number, scales: number): void;
  normQuantise(
    x: number,
    rows: number,
    width: number,
    gain: number,
    bias: number,
    scratch: number,
    out: number,
    scales: number,
  ): void;
  dense(
    x: number,
    xScales: number,
    rows: number,
    inputs: number,
    weights: number,
    wScales: number,
    bias: number,
    outputs: number,
    out: number,
    mode: number,
  ): void;
  attend(qkv: number, tokens: number, width: number, heads: number, scores: number, out: number): void;
  meanRows(x: number, rows: number, width: number, out: number): void;
}

/** Addresses of a packed matrix. */
interface Packed {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly scales: number;
  readonly bias: number;
}

interface PackedLayer {
  readonly width: number;
  readonly norm: { readonly gain: number; readonly bias: number };
  readonly qkv: Packed;
  readonly output: Packed;
  readonly adjust: Packed | null;
  readonly hiddenNorm: { readonly gain: number; readonly bias: number };
  readonly hidden: Packed;
  readonly project: Packed;
}

/** Encodes batches of token ids. One instance per thread: it owns its memory. */
export class UseLiteKernel {
  readonly #exports: EmbedExports;
  readonly #memory: KernelMemory;
  readonly #embedding: Int8Array;
  readonly #embeddingScale: Float32Array;
  readonly #positions: Float32Array;
  readonly #layers: readonly PackedLayer[];
  readonly #final: Packed;
  readonly #buffers;

  constructor(weights: UseLiteWeights) {
    this.#memory = kernelMemory(bytesNeeded(weights));
    this.#exports = instantiateKernel<EmbedExports>(embedKernel, this.#memory);
    const arena = new Arena(this.#memory, this.#exports.heapBase());
    ({ values: this.#embedding, scales: this.#embeddingScale } = quantiseEmbedding(weights.embedding));
    this.#positions = positionSignal(weights.timeScales);
    this.#layers = weights.layers.map((layer) => packLayer(arena, layer));
    this.#final = packDense(arena, weights.final);
    this.#buffers = {
      state: arena.floats(ROWS_MAX * SHAPE.model),
      input: arena.floats(ROWS_MAX * SHAPE.embed),
      wide: arena.floats(ROWS_MAX * SHAPE.hidden),
      attended: arena.floats(ROWS_MAX * SHAPE.model),
      quantised: arena.bytes(ROWS_MAX * SHAPE.hidden * 2),
      scales: arena.floats(ROWS_MAX),
      scratch: arena.floats(SHAPE.hidden),
      meanState: arena.floats(ROWS_MAX * SHAPE.model),
      meanHidden: arena.floats(ROWS_MAX * SHAPE.hidden),
    };
  }

  /** One vector of unit length per text, one after the other. */
  encode(texts: readonly (readonly number[])[]): Float32Array {
    const out = new Float32Array(texts.length * SHAPE.model);
    for (let from = 0; from < texts.length; ) {
      const lengths: number[] = [];
      let rows = 0;
      while (from + lengths.length < texts.length) {
        const length = Math.min(texts[from + lengths.length]!.length, TOKENS_MAX);
        if (rows + length > ROWS_MAX || lengths.length === ROWS_MAX) break;
        lengths.push(length);
        rows += length;
      }
      this.#pass(texts.slice(from, from + lengths.length), lengths, rows, out.subarray(from * SHAPE.model));
      from += lengths.length;
    }
    return out;
  }

  #pass(
    texts: readonly (readonly number[])[],
    lengths: readonly number[],
    rows: number,
    out: Float32Array,
  ): void {
    const { state, input } = this.#buffers;
    this.#writeInput(texts, lengths);
    const [first, last] = this.#layers as [PackedLayer, PackedLayer];
    this.#applyAttention(first, input, lengths, rows);
    this.#hidden(first, rows);
    this.#dense(first.project, this.#buffers.wide, rows, state, 'add');
    this.#applyAttention(last, state, lengths, rows);
    this.#hidden(last, rows);
    this.#finish(last, lengths, out);
  }

  #writeInput(texts: readonly (readonly number[])[], lengths: readonly number[]): void {
    const view = new Float32Array(this.#memory.buffer, this.#buffers.input, ROWS_MAX * SHAPE.embed);
    let at = 0;
    texts.forEach((ids, text) => {
      for (let t = 0; t < lengths[text]!; t++) {
        const row = ids[t]! * SHAPE.embed;
        const scale = 2 * this.#embeddingScale[ids[t]!]!;
        const position = t * SHAPE.embed;
        for (let i = 0; i < SHAPE.embed; i++)
          view[at++] = this.#embedding[row + i]! * scale + this.#positions[position + i]!;
      }
    });
  }

  /** state = residual of x + attention over x. */
  #applyAttention(layer: PackedLayer, x: number, lengths: readonly number[], rows: number): void {
    const { state, wide, attended, quantised, scales, scratch } = this.#buffers;
    const { width, norm } = layer;
    this.#exports.normQuantise(x, rows, width, norm.gain, norm.bias, scratch, quantised, scales);
    this.#multiply(layer.qkv, rows, wide, 'plain');
    let row = 0;
    for (const tokens of lengths) {
      this.#exports.attend(
        wide + row * width * 12,
        tokens,
        width,
        SHAPE.heads,
        scratch,
        attended + row * width * 4,
      );
      row += tokens;
    }
    if (layer.adjust !== null) this.#dense(layer.adjust, x, rows, state, 'plain');
    this.#dense(layer.output, attended, rows, state, 'add');
  }

  #hidden(layer: PackedLayer, rows: number): void {
    const { state, wide, quantised, scales, scratch } = this.#buffers;
    const { gain, bias } = layer.hiddenNorm;
    this.#exports.normQuantise(state, rows, SHAPE.model, gain, bias, scratch, quantised, scales);
    this.#multiply(layer.hidden, rows, wide, 'relu');
  }

  #finish(last: PackedLayer, lengths: readonly number[], out: Float32Array): void {
    const { state, wide, meanState, meanHidden, attended } = this.#buffers;
    let row = 0;
    lengths.forEach((tokens, text) => {
      this.#exports.meanRows(
        state + row * SHAPE.model * 4,
        tokens,
        SHAPE.model,
        meanState + text * SHAPE.model * 4,
      );
      this.#exports.meanRows(
        wide + row * SHAPE.hidden * 4,
        tokens,
        SHAPE.hidden,
        meanHidden + text * SHAPE.hidden * 4,
      );
      row += tokens;
    });
    this.#dense(last.project, meanHidden, lengths.length, meanState, 'add');
    // A text without tokens has a mean of zero.
    const means = new Float32Array(this.#memory.buffer, meanState, lengths.length * SHAPE.model);
    lengths.forEach((tokens, text) => {
      if (tokens === 0) means.fill(0, text * SHAPE.model, (text + 1) * SHAPE.model);
    });
    this.#dense(this.#final, meanState, lengths.length, attended, 'plain');
    const raw = new Float32Array(this.#memory.buffer, attended, lengths.length * SHAPE.model);
    for (let text = 0; text < lengths.length; text++) toUnit(raw, text * SHAPE.model, out);
  }

  #dense(matrix: Packed, x: number, rows: number, out: number, mode: keyof typeof MODE): void {
    this.#exports.quantise(x, rows, matrix.inputs, this.#buffers.quantised, this.#buffers.scales);
    this.#multiply(matrix, rows, out, mode);
  }

  #multiply(matrix: Packed, rows: number, out: number, mode: keyof typeof MODE): void {
    const { inputs, outputs, weights, scales, bias } = matrix;
    const { quantised, scales: rowScales } = this.#buffers;
    this.#exports.dense(quantised, rowScales, rows, inputs, weights, scales, bias, outputs, out, MODE[mode]);
  }
}

function toUnit(raw: Float32Array, at: number, out: Float32Array): void {
  let square = 0;
  for (let i = 0; i < SHAPE.model; i++) {
    out[at + i] = Math.tanh(raw[at + i]!);
    square += out[at + i]! ** 2;
  }
  const scale = 1 / Math.sqrt(Math.max(square, 1e-12));
  for (let i = 0; i < SHAPE.model; i++) out[at + i]! *= scale;
}

/** Hands out memory in order; the kernel frees nothing. */
class Arena {
  readonly #memory: KernelMemory;
  #at: number;

  constructor(memory: KernelMemory, start: number) {
    this.#memory = memory;
    this.#at = start;
  }

  bytes(count: number): number {
    const at = (this.#at + 63) & ~63;
    this.#at = at + count;
    return at;
  }

  floats(count: number): number {
    return this.bytes(count * 4);
  }

  put(values: Float32Array): number {
    const at = this.floats(values.length);
    new Float32Array(this.#memory.buffer, at, values.length).set(values);
    return at;
  }

  int8(at: number, count: number): Int8Array {
    return new Int8Array(this.#memory.buffer, at, count);
  }
}

function bytesNeeded(weights: UseLiteWeights): number {
  const matrices = weights.layers.flatMap((layer) => [
    layer.qkv,
    layer.output,
    layer.adjust,
    layer.hidden,
    layer.project,
  ]);
  const packed = [...matrices, weights.final].reduce(
    (sum, dense) => sum + (dense === null ? 0 : dense.weight.length + dense.outputs * 8),
    0,
  );
  const buffers =
    ROWS_MAX * (SHAPE.model * 4 * 3 + SHAPE.embed * 4 + SHAPE.hidden * 4 * 2 + SHAPE.hidden * 2 + 4);
  return packed + buffers + 4 * PAGE_BYTES;
}

function packLayer(arena: Arena, layer: LayerWeights): PackedLayer {
  return {
    width: layer.inputWidth,
    norm: { gain: arena.put(layer.norm.scale), bias: arena.put(layer.norm.bias) },
    qkv: packDense(arena, layer.qkv),
    output: packDense(arena, layer.output),
    adjust: layer.adjust === null ? null : packDense(arena, layer.adjust),
    hiddenNorm: { gain: arena.put(layer.hiddenNorm.scale), bias: arena.put(layer.hiddenNorm.bias) },
    hidden: packDense(arena, layer.hidden),
    project: packDense(arena, layer.project),
  };
}

/** Blocks of 8 outputs; in a block, two inputs of each output side by side. */
function packDense(arena: Arena, { inputs, outputs, weight, bias }: Dense): Packed {
  const scales = new Float32Array(outputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const size = Math.abs(weight[i * outputs + o]!);
      if (size > scales[o]!) scales[o] = size;
    }
  }
  for (let o = 0; o < outputs; o++) scales[o]! /= WEIGHT_MAX;
  const at = arena.bytes(inputs * outputs);
  const packed = arena.int8(at, inputs * outputs);
  let next = 0;
  for (let block = 0; block < outputs; block += BLOCK_OUTPUTS) {
    for (let i = 0; i < inputs; i += 2) {
      for (let o = block; o < block + BLOCK_OUTPUTS; o++) {
        const scale = scales[o]! === 0 ? 1 : scales[o]!;
        packed[next++] = Math.round(weight[i * outputs + o]! / scale);
        packed[next++] = Math.round(weight[(i + 1) * outputs + o]! / scale);
      }
    }
  }
  return { inputs, outputs, weights: at, scales: arena.put(scales), bias: arena.put(bias) };
}

function quantiseEmbedding(table: Float32Array): { values: Int8Array; scales: Float32Array } {
  const values = new Int8Array(table.length);
  const scales = new Float32Array(table.length / SHAPE.embed);
  for (let row = 0; row < scales.length; row++) {
    const from = row * SHAPE.embed;
    let largest = 0;
    for (let i = from; i < from + SHAPE.embed; i++) largest = Math.max(largest, Math.abs(table[i]!));
    const scale = largest === 0 ? 1 : largest / WEIGHT_MAX;
    for (let i = from; i < from + SHAPE.embed; i++) values[i] = Math.round(table[i]! / scale);
    scales[row] = scale;
  }
  return { values, scales };
}

function positionSignal(timeScales: Float32Array): Float32Array {
  const half = SHAPE.embed / 2;
  const out = new Float32Array(TOKENS_MAX * SHAPE.embed);
  for (let t = 0; t < TOKENS_MAX; t++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(t * timeScales[i]!);
      out[t * SHAPE.embed + i] = Math.sin(angle);
      out[t * SHAPE.embed + half + i] = Math.cos(angle);
    }
  }
  return out;
}

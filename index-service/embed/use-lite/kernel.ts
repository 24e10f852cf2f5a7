// The fast USE-lite encoder: int8 weights in WebAssembly memory, many texts a pass. Lays out the memory and calls the
// kernels of simd/embed.as in order; the mathematics is that of reference.ts.
//
// The last layer's second matrix is linear and only the mean over the tokens is used, so it is applied once to the mean.

import { instantiateKernel, type KernelMemory, kernelMemory } from '../../simd/instantiate.ts';
import { embedKernel } from '../../simd/kernels/embed.ts';
import {
  Arena,
  bytesNeeded,
  type Packed,
  type PackedLayer,
  packDense,
  packLayer,
  positionSignal,
  quantiseEmbedding,
  ROWS_MAX,
} from './pack.ts';
import { SHAPE, TOKENS_MAX, type UseLiteWeights } from './weights.ts';

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

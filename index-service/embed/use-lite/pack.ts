// Lays out the weights of USE-lite for the kernels: int8 with a scale per output, in blocks (see simd/embed.as), one after
// the other in WebAssembly memory.

import { type KernelMemory, PAGE_BYTES } from '../../simd/instantiate.ts';
import { type Dense, type LayerWeights, SHAPE, TOKENS_MAX, type UseLiteWeights } from './weights.ts';

/** Token rows of one pass: enough to read each weight for many rows, few enough for the second-level cache. */
export const ROWS_MAX = 128;
/** Values of an int8 weight. */
const WEIGHT_MAX = 127;
/** Outputs that share a block of packed weights (see simd/embed.as). */
const BLOCK_OUTPUTS = 8;

/** Addresses of a packed matrix. */
export interface Packed {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly scales: number;
  readonly bias: number;
}

export interface PackedLayer {
  readonly width: number;
  readonly norm: { readonly gain: number; readonly bias: number };
  readonly qkv: Packed;
  readonly output: Packed;
  readonly adjust: Packed | null;
  readonly hiddenNorm: { readonly gain: number; readonly bias: number };
  readonly hidden: Packed;
  readonly project: Packed;
}

/** Hands out memory in order; the kernel frees nothing. */
export class Arena {
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

export function bytesNeeded(weights: UseLiteWeights): number {
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

export function packLayer(arena: Arena, layer: LayerWeights): PackedLayer {
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
export function packDense(arena: Arena, { inputs, outputs, weight, bias }: Dense): Packed {
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

export function quantiseEmbedding(table: Float32Array): { values: Int8Array; scales: Float32Array } {
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

export function positionSignal(timeScales: Float32Array): Float32Array {
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

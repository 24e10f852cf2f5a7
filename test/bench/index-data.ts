// Vectors for the benchmarks of the index: like text embeddings, they lie in clusters on a surface of few dimensions inside
// many, with noise. Uniform noise would have no near neighbours, and flatter scans over graphs.

import type { RandomStream } from '../../sim/random.ts';

const LATENT = 32;
const CLUSTERS = 200;

export interface VectorSource {
  draw(count: number): Float32Array[];
}

/** A source of unit vectors; equal streams give equal vectors. */
export function vectorSource(stream: RandomStream, dims: number): VectorSource {
  const normal = () => {
    let sum = -3;
    for (let i = 0; i < 6; i++) sum += stream.unit();
    return sum * Math.SQRT2;
  };
  const projection = Float32Array.from({ length: LATENT * dims }, normal);
  const centres = Array.from({ length: CLUSTERS }, () => Float32Array.from({ length: LATENT }, normal));
  const one = (): Float32Array => {
    const centre = centres[Math.floor(stream.unit() * CLUSTERS)]!;
    const out = new Float32Array(dims);
    for (let l = 0; l < LATENT; l++) {
      const weight = centre[l]! + 0.7 * normal();
      for (let d = 0; d < dims; d++) out[d]! += weight * projection[l * dims + d]!;
    }
    let square = 0;
    for (let d = 0; d < dims; d++) {
      out[d] = Math.tanh(out[d]! / 8) + 0.15 * normal();
      square += out[d]! ** 2;
    }
    const scale = 1 / Math.sqrt(square);
    for (let d = 0; d < dims; d++) out[d]! *= scale;
    return out;
  };
  return { draw: (count) => Array.from({ length: count }, one) };
}

/** Share of the true best among the found, over all queries. */
export function recallOf(found: readonly ArrayLike<number>[], truth: readonly ArrayLike<number>[]): number {
  let hits = 0;
  let all = 0;
  truth.forEach((best, i) => {
    const wanted = new Set(Array.from(best));
    all += wanted.size;
    for (const slot of Array.from(found[i]!)) if (wanted.has(slot)) hits++;
  });
  return all === 0 ? 1 : hits / all;
}

/** The value below which this share of the numbers lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

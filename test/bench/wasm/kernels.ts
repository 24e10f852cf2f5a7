// The kernels of kernels.c and their usual sizes, each some ten milliseconds of raw code on a 2020s core. Must not: measure.

import { readFileSync } from 'node:fs';

export const kernelBytes = new Uint8Array(readFileSync(new URL('./kernels.wasm', import.meta.url)));

/** The second size is for rewriters that are many times slower. */
export const kernels: readonly (readonly [name: string, size: number, small: number])[] = [
  ['sha256', 30_000, 2_000],
  ['matmul', 160, 64],
  ['nbody', 75_000, 5_000],
  ['fib', 32, 23],
  ['quicksort', 200_000, 20_000],
  ['sieve', 4_000_000, 200_000],
  ['interpreter', 5_000_000, 200_000],
  ['loop', 10_000_000, 400_000],
];

export type Kernel = (size: number) => number;

/** Geometric mean. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

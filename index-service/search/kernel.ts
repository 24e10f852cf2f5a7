// The search kernel as TypeScript sees it: its exports, and an instance for one thread.

import { instantiateKernel, type KernelMemory } from '../simd/instantiate.ts';
import { searchKernel } from '../simd/kernels/search.ts';
import { DEGREE, type Layout } from './layout.ts';

/** See simd/search.as for each function. All numbers are byte offsets or counts. */
export interface SearchExports {
  configure(
    blocks: number,
    blockBytes: number,
    dims: number,
    bytes: number,
    bits: number,
    links: number,
    starts: number,
    degree: number,
    visited: number,
    visitedSize: number,
    pending: number,
  ): void;
  put(slot: number, x: number, mean: number): void;
  rebit(from: number, to: number, mean: number): void;
  prepare(x: number, out: number): number;
  prepareBits(x: number, mean: number, out: number): void;
  listBits(bits: number, from: number, to: number, out: number): number;
  candidates(
    list: number,
    count: number,
    query: number,
    factor: number,
    slack: number,
    k: number,
    scores: number,
    heap: number,
    out: number,
  ): number;
  rerank(list: number, count: number, query: number, k: number, heap: number): number;
  nearestOfList(
    list: number,
    count: number,
    bits: number,
    want: number,
    room: number,
    distances: number,
    histogram: number,
    out: number,
  ): number;
  sieveList(
    list: number,
    count: number,
    bits: number,
    want: number,
    room: number,
    distances: number,
    histogram: number,
    out: number,
  ): number;
  sieveAll(
    allowed: number,
    count: number,
    bits: number,
    want: number,
    room: number,
    distances: number,
    histogram: number,
    out: number,
  ): number;
  walk(
    query: number,
    bits: number,
    entries: number,
    entryBits: number,
    entryCount: number,
    beam: number,
    budget: number,
    allowed: number,
    found: number,
    frontier: number,
  ): number;
  sortBest(heap: number, size: number): void;
  insert(
    slot: number,
    query: number,
    entries: number,
    entryBits: number,
    entryCount: number,
    beam: number,
    budget: number,
    found: number,
    frontier: number,
    work: number,
  ): void;
}

/** A kernel over shared memory for the thread with this number. */
export function searchInstance(memory: KernelMemory, layout: Layout, thread: number): SearchExports {
  const kernel = instantiateKernel<SearchExports>(searchKernel, memory);
  const { blocks, blockBytes, width, bytesAt, bitsAt, linksAt, startsAt, visitedEntries } = layout;
  const { visited, pending } = layout.scratch[thread]!;
  kernel.configure(
    blocks,
    blockBytes,
    width,
    bytesAt,
    bitsAt,
    linksAt,
    startsAt,
    DEGREE,
    visited,
    visitedEntries,
    pending,
  );
  return kernel;
}

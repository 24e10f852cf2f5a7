// Where everything lies in the memory that search threads share. Pure arithmetic; simd/search.as reads what this places.
//
// [constants][mean][living slots][entry points][scratch of thread 0][scratch of thread 1]…[blocks of 1,024 slots]

import {
  BEAM_MAX,
  CANDIDATES_MAX,
  DIMS_MAX,
  LIST_SLOTS_MAX,
  SEARCH_THREADS_MAX,
  SLOTS_MAX,
  WALK_SLOTS_MAX,
} from '../limits.ts';

export const SLOTS_PER_BLOCK = 1_024;
/** Links of a graph node: 32 neighbours suit recall and memory at some hundred dimensions. */
export const DEGREE = 32;
/** Entry points of a graph search, spread over the slots; the kernel counts them in 10 bits. */
export const ENTRIES = 1_023;
/** The kernels keep their own constants below this. */
const CONSTANTS_END = 4_096;
/** Vectors are padded to this many numbers, so that the kernels need no remainder loops. */
const PADDING = 128;
const VISITED_ENTRIES = 2 * WALK_SLOTS_MAX;
const PAIR_BYTES = 8;
/** Scale and rounding error of an int8 vector, behind it. */
export const FIGURES_BYTES = 16;
/** The first 128 sign bits. */
const START_BYTES = 16;
/** int32 holds a sum of 4,096 products of int8 and 13-bit numbers. */
const LONGEST = DIMS_MAX;

export interface Scratch {
  readonly query: number;
  readonly queryWords: number;
  readonly queryBits: number;
  readonly histogram: number;
  readonly list: number;
  readonly kept: number;
  readonly scores: number;
  readonly allowed: number;
  readonly heap: number;
  readonly frontier: number;
  readonly visited: number;
  readonly pending: number;
  readonly work: number;
}

export interface Layout {
  readonly dims: number;
  /** `dims` padded with zeros. */
  readonly width: number;
  readonly mean: number;
  readonly living: number;
  readonly entries: number;
  /** Sign bits of the entry points, side by side. */
  readonly entryBits: number;
  readonly scratch: readonly Scratch[];
  readonly blocks: number;
  readonly blockBytes: number;
  readonly bytesAt: number;
  readonly bitsAt: number;
  readonly linksAt: number;
  /** The first 128 sign bits of each slot. */
  readonly startsAt: number;
  readonly visitedEntries: number;
  readonly slotsMax: number;
}

/** 4 GiB less a page: addresses of the kernels are 32-bit. */
const MEMORY_BYTES_MAX = 4 * 2 ** 30 - 65_536;

/** Layout for vectors of `dims` numbers, 1 to 4,096. */
export function layoutFor(dims: number): Layout {
  const width = Math.min(LONGEST, Math.ceil(dims / PADDING) * PADDING);
  let at = CONSTANTS_END;
  const place = (bytes: number): number => {
    const start = at;
    at = Math.ceil((at + bytes) / 64) * 64;
    return start;
  };
  const mean = place(width * 4);
  const living = place(SLOTS_MAX / 8);
  const entries = place(ENTRIES * 4);
  const entryBits = place((ENTRIES * width) / 8);
  const scratch = Array.from({ length: SEARCH_THREADS_MAX }, () => ({
    query: place(width * 4),
    queryWords: place(width * 2),
    queryBits: place(width / 8),
    histogram: place(Math.max(width + 1, 256) * 4),
    list: place(LIST_SLOTS_MAX * 4),
    kept: place(LIST_SLOTS_MAX * 4),
    // Scores of a list, or 16-bit distances of all slots.
    scores: place(SLOTS_MAX * 2),
    allowed: place(SLOTS_MAX / 8),
    heap: place(Math.max(BEAM_MAX, CANDIDATES_MAX) * PAIR_BYTES),
    frontier: place((WALK_SLOTS_MAX + ENTRIES) * PAIR_BYTES),
    visited: place(VISITED_ENTRIES * PAIR_BYTES),
    pending: place(DEGREE * 4),
    work: place(4 * (DEGREE + 2) * PAIR_BYTES),
  }));
  const blocks = Math.ceil(at / 65_536) * 65_536;
  const bytesAt = SLOTS_PER_BLOCK * width * 4;
  const linksAt = bytesAt + SLOTS_PER_BLOCK * (width + FIGURES_BYTES);
  // The sign bits stand together at the end: they are all that a first search needs of every slot.
  const bitsAt = linksAt + SLOTS_PER_BLOCK * DEGREE * 4;
  const startsAt = bitsAt + (SLOTS_PER_BLOCK * width) / 8;
  const blockBytes = startsAt + SLOTS_PER_BLOCK * START_BYTES;
  const blocksMax = Math.min(
    SLOTS_MAX / SLOTS_PER_BLOCK,
    Math.floor((MEMORY_BYTES_MAX - blocks) / blockBytes),
  );
  return {
    dims,
    width,
    mean,
    living,
    entries,
    entryBits,
    scratch,
    blocks,
    blockBytes,
    bytesAt,
    bitsAt,
    linksAt,
    startsAt,
    visitedEntries: VISITED_ENTRIES,
    slotsMax: blocksMax * SLOTS_PER_BLOCK,
  };
}

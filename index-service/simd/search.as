// Vector search in 128-bit SIMD over memory that threads share: exact scan, sign-bit scan, navigable graph.
// AssemblyScript, compiled to kernels/search.ts by scripts/kernels.ts. Addresses come from search/vector-memory.ts, which
// has checked them: nothing here allocates, and nothing here knows cards or filters.
//
// A block holds 1,024 slots: their float32 vectors, int8 vectors each followed by 16 bytes of figures (scale, error, two
// spare), sign bits, graph links, and the first 128 sign bits once more. Figures lie beside the int8 vector because they are read together. Vectors have unit length and are padded with zeros to a multiple of 128 numbers.

const SLOT_BITS: u32 = 10;
const SLOT_MASK: u32 = 1023;
/** Largest quantised value of a query: keeps a dot product of 4,096 terms inside int32 (4,096 x 127 x 4,095 < 2^31). */
const QUERY_MAX: f32 = 4095;
/** Entry points are fewer than 2^10; a distance above it fits 32 bits. */
const ENTRY_BITS: u32 = 10;

let base: usize = 0;
let blockBytes: usize = 0;
let dims: u32 = 0;
let bytesAt: usize = 0;
let bitsAt: usize = 0;
let linksAt: usize = 0;
let startsAt: usize = 0;
let degree: u32 = 0;
/** Scratch of this thread: see the layout in search/vector-memory.ts. */
let visited: usize = 0;
let visitedSize: u32 = 0;
let visitedMask: u32 = 0;
let visitedEpoch: u32 = 0;
/** Neighbours of one node that are about to be scored. */
let pending: usize = 0;
/** Takes what `touch` reads, so that the reads are not optimised away. */
let sink: u32 = 0;

export function configure(
  blocks: usize,
  bytesPerBlock: usize,
  dimensions: u32,
  bytes: usize,
  bits: usize,
  links: usize,
  starts: usize,
  linksPerSlot: u32,
  visitedTable: usize,
  visitedEntries: u32,
  pendingTable: usize,
): void {
  base = blocks;
  blockBytes = bytesPerBlock;
  dims = dimensions;
  bytesAt = bytes;
  bitsAt = bits;
  linksAt = links;
  startsAt = starts;
  degree = linksPerSlot;
  visited = visitedTable;
  visitedSize = visitedEntries;
  pending = pendingTable;
}

// @ts-ignore: decorator
@inline
function block(slot: u32): usize {
  return base + <usize>(slot >> SLOT_BITS) * blockBytes;
}

// @ts-ignore: decorator
@inline
function floatsOf(slot: u32): usize {
  return block(slot) + (<usize>(slot & SLOT_MASK) * dims << 2);
}

// @ts-ignore: decorator
@inline
function bytesOf(slot: u32): usize {
  return block(slot) + bytesAt + <usize>(slot & SLOT_MASK) * (<usize>dims + 16);
}

// @ts-ignore: decorator
@inline
function bitsOf(slot: u32): usize {
  return block(slot) + bitsAt + (<usize>(slot & SLOT_MASK) * dims >> 3);
}

/** The first 128 sign bits of a slot: those of a block lie side by side, so that many are read from few cache lines. */
// @ts-ignore: decorator
@inline
function startOf(slot: u32): usize {
  return block(slot) + startsAt + (<usize>(slot & SLOT_MASK) << 4);
}

// @ts-ignore: decorator
@inline
function figuresOf(slot: u32): usize {
  return bytesOf(slot) + dims;
}

// @ts-ignore: decorator
@inline
function linksOf(slot: u32): usize {
  return block(slot) + linksAt + <usize>(slot & SLOT_MASK) * (<usize>degree << 2);
}

// @ts-ignore: decorator
@inline
function sum4(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
function sum4i(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + (i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3));
}

/** Bytes that come from memory together. */
const LINE: usize = 64;
/** Slots of a list whose int8 vectors are asked for together. */
const TOUCH_SLOTS: u32 = 8;
/** Slots of a list whose sign bits are asked for together. */
const TOUCH_BITS: u32 = 32;

/**
 * Reads one byte of every cache line of a slot's int8 vector. WebAssembly has no prefetch; plain reads that nothing waits for
 * do the same, if many stand together: a processor goes on past a read that waits for memory by some 300 instructions only.
 */
// @ts-ignore: decorator
@inline
function touch(slot: u32): void {
  const x = bytesOf(slot);
  for (let i: usize = 0; i <= dims; i += LINE) sink ^= load<u8>(x + i);
}

/** The same for the int8 vectors of the next slots of a list. */
// @ts-ignore: decorator
@inline
function touchNext(list: usize, from: u32, count: u32): void {
  const to = min<u32>(from + TOUCH_SLOTS, count);
  for (let i = from; i < to; i++) touch(load<u32>(list + (<usize>i << 2)));
}

/** Largest absolute value of a row of `dims` float32. */
function largest(x: usize): f32 {
  let top = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>dims << 2; i += 16) top = f32x4.max(top, f32x4.abs(v128.load(x + i)));
  return max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

/** Sign bits of x - mean. */
function writeBits(x: usize, mean: usize, out: usize): void {
  for (let i: usize = 0; i < dims; i += 16) {
    const at = x + (i << 2);
    const m = mean + (i << 2);
    const b0 = i32x4.bitmask(f32x4.gt(v128.load(at), v128.load(m)));
    const b1 = i32x4.bitmask(f32x4.gt(v128.load(at, 16), v128.load(m, 16)));
    const b2 = i32x4.bitmask(f32x4.gt(v128.load(at, 32), v128.load(m, 32)));
    const b3 = i32x4.bitmask(f32x4.gt(v128.load(at, 48), v128.load(m, 48)));
    store<u16>(out + (i >> 3), <u16>(b0 | (b1 << 4) | (b2 << 8) | (b3 << 12)));
  }
}

/** Sign bits of a stored slot, and their start where it is kept a second time. */
function putBits(slot: u32, mean: usize): void {
  writeBits(floatsOf(slot), mean, bitsOf(slot));
  v128.store(startOf(slot), v128.load(bitsOf(slot)));
}

/** Stores the vector at `x` (dims float32, padded) scaled to unit length: as float32, int8 with its error, and sign bits. */
export function put(slot: u32, x: usize, mean: usize): void {
  const bytes = <usize>dims << 2;
  let square = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(x + i);
    square = f32x4.add(square, f32x4.mul(v, v));
  }
  const length = sqrt<f32>(sum4(square));
  const by = f32x4.splat(length > 0 ? 1.0 / length : 0);
  const floats = floatsOf(slot);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(floats + i, f32x4.mul(v128.load(x + i), by));
  const top = largest(floats);
  const scale: f32 = top / 127.0;
  const inverse = f32x4.splat(top > 0 ? 127.0 / top : 0);
  const back = f32x4.splat(scale);
  const out = bytesOf(slot);
  let error = f32x4.splat(0);
  for (let i: usize = 0; i < dims; i += 8) {
    const a = v128.load(floats + (i << 2));
    const b = v128.load(floats + (i << 2), 16);
    const ra = f32x4.nearest(f32x4.mul(a, inverse));
    const rb = f32x4.nearest(f32x4.mul(b, inverse));
    const da = f32x4.sub(a, f32x4.mul(ra, back));
    const db = f32x4.sub(b, f32x4.mul(rb, back));
    error = f32x4.add(error, f32x4.add(f32x4.mul(da, da), f32x4.mul(db, db)));
    const words = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(ra), i32x4.trunc_sat_f32x4_s(rb));
    store<i64>(out + i, i64x2.extract_lane(i8x16.narrow_i16x8_s(words, words), 0));
  }
  const figures = figuresOf(slot);
  store<f32>(figures, scale);
  store<f32>(figures, sqrt<f32>(sum4(error)), 4);
  putBits(slot, mean);
}

/** Sign bits of stored slots again, around another mean. */
export function rebit(from: u32, to: u32, mean: usize): void {
  for (let slot = from; slot < to; slot++) putBits(slot, mean);
}

/**
 * A query of unit length as int16 at `out`; returns the factor that turns a dot product of int8 and int16 into a cosine,
 * before the slot's own scale.
 */
export function prepare(x: usize, out: usize): f32 {
  const top = largest(x);
  const by = f32x4.splat(top > 0 ? QUERY_MAX / top : 0);
  for (let i: usize = 0; i < dims; i += 8) {
    const at = x + (i << 2);
    const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), by)));
    const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at, 16), by)));
    v128.store(out + (i << 1), i16x8.narrow_i32x4_s(low, high));
  }
  return top / QUERY_MAX;
}

/** Sign bits of a query around the mean, at `out`. */
export function prepareBits(x: usize, mean: usize, out: usize): void {
  writeBits(x, mean, out);
}

// @ts-ignore: decorator
@inline
function dot8(slot: u32, query: usize): f32 {
  const x = bytesOf(slot);
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  for (let i: usize = 0; i < dims; i += 32) {
    const q = query + (i << 1);
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i), v128.load(q)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i, 8), v128.load(q, 16)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i, 16), v128.load(q, 32)));
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i, 24), v128.load(q, 48)));
  }
  return <f32>sum4i(i32x4.add(i32x4.add(a, b), i32x4.add(c, d))) * load<f32>(figuresOf(slot));
}

function dotFloats(x: usize, query: usize): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>dims << 2; i += 32) {
    a = f32x4.add(a, f32x4.mul(v128.load(x + i), v128.load(query + i)));
    b = f32x4.add(b, f32x4.mul(v128.load(x + i, 16), v128.load(query + i, 16)));
  }
  return sum4(f32x4.add(a, b));
}

// ---- Bounded heap of (score f32, slot u32) pairs, the lowest at the root ----

// @ts-ignore: decorator
@inline
function scoreAt(heap: usize, i: u32): f32 {
  return load<f32>(heap + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function pairAt(heap: usize, i: u32): u64 {
  return load<u64>(heap + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function pair(score: f32, slot: u32): u64 {
  return <u64>reinterpret<u32>(score) | (<u64>slot << 32);
}

function sinkLow(heap: usize, size: u32, value: u64, score: f32): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && scoreAt(heap, child + 1) < scoreAt(heap, child)) child++;
    if (score <= scoreAt(heap, child)) break;
    store<u64>(heap + (<usize>at << 3), pairAt(heap, child));
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), value);
}

function raiseLow(heap: usize, from: u32, value: u64, score: f32): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (scoreAt(heap, parent) <= score) break;
    store<u64>(heap + (<usize>at << 3), pairAt(heap, parent));
    at = parent;
  }
  store<u64>(heap + (<usize>at << 3), value);
}

function sinkHigh(heap: usize, size: u32, value: u64, score: f32): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && scoreAt(heap, child + 1) > scoreAt(heap, child)) child++;
    if (score >= scoreAt(heap, child)) break;
    store<u64>(heap + (<usize>at << 3), pairAt(heap, child));
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), value);
}

function raiseHigh(heap: usize, from: u32, value: u64, score: f32): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (scoreAt(heap, parent) >= score) break;
    store<u64>(heap + (<usize>at << 3), pairAt(heap, parent));
    at = parent;
  }
  store<u64>(heap + (<usize>at << 3), value);
}

// ---- Exact search ----

/** Slots from `from` to `to` whose bit is set, in rising order, at `out`. Returns how many. */
export function listBits(bits: usize, from: u32, to: u32, out: usize): u32 {
  let count: u32 = 0;
  for (let word = from >> 5; word << 5 < to; word++) {
    let left = load<u32>(bits + (<usize>word << 2));
    if (word == from >> 5) left &= 0xffffffff << (from & 31);
    while (left != 0) {
      const slot = (word << 5) + <u32>ctz(left);
      left &= left - 1;
      if (slot >= to) break;
      store<u32>(out + (<usize>(count++) << 2), slot);
    }
  }
  return count;
}

/**
 * Scores `count` slots of a list with int8 and keeps, at `out`, every slot that may belong to the k best: its score plus
 * its rounding error reaches the k-th best score minus error. `slack` is the query's own rounding error. Returns how many
 * were kept; `scores` holds one float32 per slot of the list, `heap` k pairs.
 */
export function candidates(
  list: usize,
  count: u32,
  query: usize,
  factor: f32,
  slack: f32,
  k: u32,
  scores: usize,
  heap: usize,
  out: usize,
): u32 {
  let size: u32 = 0;
  let floor: f32 = -Infinity;
  for (let i: u32 = 0; i < count; i++) {
    if (i % TOUCH_SLOTS == 0) touchNext(list, i, count);
    const slot = load<u32>(list + (<usize>i << 2));
    const score = dot8(slot, query) * factor;
    const error = load<f32>(figuresOf(slot), 4) + slack;
    store<f32>(scores + (<usize>i << 2), score + error);
    const low = score - error;
    if (size < k) {
      raiseLow(heap, size++, pair(low, slot), low);
      if (size == k) floor = scoreAt(heap, 0);
    } else if (low > floor) {
      sinkLow(heap, size, pair(low, slot), low);
      floor = scoreAt(heap, 0);
    }
  }
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (load<f32>(scores + (<usize>i << 2)) >= floor) {
      store<u32>(out + (<usize>(kept++) << 2), load<u32>(list + (<usize>i << 2)));
    }
  }
  return kept;
}

/** The k best of a list by float32, as (score, slot) pairs at `heap`, in no order. Returns how many. */
export function rerank(list: usize, count: u32, query: usize, k: u32, heap: usize): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(list + (<usize>i << 2));
    const score = dotFloats(floatsOf(slot), query);
    if (size < k) raiseLow(heap, size++, pair(score, slot), score);
    else if (score > scoreAt(heap, 0)) sinkLow(heap, size, pair(score, slot), score);
  }
  return size;
}

// ---- Sign-bit scan ----

// @ts-ignore: decorator
@inline
function hamming(x: usize, bits: usize): u32 {
  let a: u64 = 0;
  let b: u64 = 0;
  for (let i: usize = 0; i < <usize>dims >> 3; i += 16) {
    a += popcnt<u64>(load<u64>(x + i) ^ load<u64>(bits + i));
    b += popcnt<u64>(load<u64>(x + i, 8) ^ load<u64>(bits + i, 8));
  }
  return <u32>(a + b);
}

/** Largest distance d such that at least `want` of the counted distances are at most d. */
function threshold(histogram: usize, want: u32): u32 {
  let seen: u32 = 0;
  for (let d: u32 = 0; d <= dims; d++) {
    seen += load<u32>(histogram + (<usize>d << 2));
    if (seen >= want) return d;
  }
  return dims;
}

/** The second sieve: slots of a list whose sign bits, all of them, are nearest: at least `want`, at most `room`. `distances`: a u16 per slot. */
export function nearestOfList(
  list: usize,
  count: u32,
  bits: usize,
  want: u32,
  room: u32,
  distances: usize,
  histogram: usize,
  out: usize,
): u32 {
  memory.fill(histogram, 0, (<usize>dims + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    if (i % TOUCH_BITS == 0) {
      const to = min<u32>(i + TOUCH_BITS, count);
      for (let j = i; j < to; j++) sink ^= load<u8>(bitsOf(load<u32>(list + (<usize>j << 2))));
    }
    const d = hamming(bitsOf(load<u32>(list + (<usize>i << 2))), bits);
    store<u16>(distances + (<usize>i << 1), <u16>d);
    const bin = histogram + (<usize>d << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  const limit = threshold(histogram, want);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count && kept < room; i++) {
    if (load<u16>(distances + (<usize>i << 1)) <= limit) store<u32>(out + (<usize>(kept++) << 2), load<u32>(list + (<usize>i << 2)));
  }
  return kept;
}

// @ts-ignore: decorator
@inline
function startDistance(slot: usize, low: u64, high: u64): u32 {
  return <u32>(popcnt<u64>(load<u64>(slot) ^ low) + popcnt<u64>(load<u64>(slot, 8) ^ high));
}

/** Of so many distances only each fourth is counted to find a threshold. */
const SAMPLED_FROM: u32 = 4096;

/**
 * Positions below `count` whose byte in `distances` is among the smallest, at `out`: at least `want` if there are so many
 * below 255, at most `room`.
 */
function smallest(distances: usize, count: u32, want: u32, room: u32, histogram: usize, out: usize): u32 {
  memory.fill(histogram, 0, 256 << 2);
  const step: u32 = count < SAMPLED_FROM ? 1 : 4;
  for (let i: u32 = 0; i < count; i += step) {
    const bin = histogram + (<usize>load<u8>(distances + <usize>i) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  let limit: u32 = 0;
  for (let seen: u32 = 0; limit < 128; limit++) {
    seen += load<u32>(histogram + (<usize>limit << 2)) * step;
    if (seen >= want) break;
  }
  let kept: u32 = 0;
  // The sample may promise more than there is: then once more, a bit wider.
  for (; limit <= 128 && kept < want; limit++) {
    const most = i8x16.splat(<i8>limit);
    kept = 0;
    for (let from: u32 = 0; from < count && kept + 16 <= room; from += 16) {
      let hits = i8x16.bitmask(i8x16.le_u(v128.load(distances + <usize>from), most));
      while (hits != 0) {
        const at = from + <u32>ctz(hits);
        hits &= hits - 1;
        if (at < count) store<u32>(out + (<usize>(kept++) << 2), at);
      }
    }
  }
  return kept;
}

/**
 * The first sieve: slots of a list whose first 128 sign bits are nearest, at least `want`, at most `room`. `distances`: a
 * byte per slot, up to a multiple of 16; `histogram`: 256 words.
 */
export function sieveList(
  list: usize,
  count: u32,
  bits: usize,
  want: u32,
  room: u32,
  distances: usize,
  histogram: usize,
  out: usize,
): u32 {
  const low = load<u64>(bits);
  const high = load<u64>(bits, 8);
  const first = base + startsAt;
  const step = blockBytes;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(list + (<usize>i << 2));
    const x = first + <usize>(slot >> SLOT_BITS) * step + (<usize>(slot & SLOT_MASK) << 4);
    store<u8>(distances + <usize>i, <u8>startDistance(x, low, high));
  }
  const kept = smallest(distances, count, want, room, histogram, out);
  for (let i: u32 = 0; i < kept; i++) {
    const at = out + (<usize>i << 2);
    store<u32>(at, load<u32>(list + (<usize>load<u32>(at) << 2)));
  }
  return kept;
}

/**
 * The same over slots 0 to count whose bit in `allowed` is set. Every slot is compared and the bit is applied by arithmetic:
 * a branch on it is mispredicted so often that it costs more than the comparison.
 */
export function sieveAll(
  allowed: usize,
  count: u32,
  bits: usize,
  want: u32,
  room: u32,
  distances: usize,
  histogram: usize,
  out: usize,
): u32 {
  const low = load<u64>(bits);
  const high = load<u64>(bits, 8);
  for (let from: u32 = 0; from < count; from += 32) {
    let word = load<u32>(allowed + (<usize>from >> 3));
    let x = startOf(from);
    const to = min<u32>(from + 32, count);
    for (let slot = from; slot < to; slot++, x += 16, word >>= 1) {
      store<u8>(distances + <usize>slot, <u8>(startDistance(x, low, high) | ((word & 1) - 1)));
    }
  }
  return smallest(distances, count, want, room, histogram, out);
}

// ---- Navigable graph ----
//
// One layer, degree-bounded, built by insertion with a beam search and diversified neighbours (the rule of HNSW, Malkov and
// Yashunin 2016, and of Vamana, Subramanya et al. 2019). Links are slot + 1; zero ends the list. Other threads may read
// while one inserts: a link is one aligned word and always names a slot that exists.

/** True when the slot was not seen in this search. Open addressing; the search is bounded so that the table never fills. */
function firstVisit(slot: u32): bool {
  const mark = (<u64>visitedEpoch << 32) | (<u64>slot + 1);
  let at = (slot * 0x9e3779b1) >> 7;
  at &= visitedMask;
  while (<u32>(load<u64>(visited + (<usize>at << 3)) >> 32) == visitedEpoch) {
    if (load<u64>(visited + (<usize>at << 3)) == mark) return false;
    at = (at + 1) & visitedMask;
  }
  store<u64>(visited + (<usize>at << 3), mark);
  return true;
}

function isAllowed(allowed: usize, slot: u32): bool {
  return allowed == 0 || (load<u32>(allowed + (<usize>(slot >> 5) << 2)) >> (slot & 31) & 1) != 0;
}

/** Entry points that a walk starts from. */
const STARTS: u32 = 8;

/**
 * Writes the slots of the STARTS entry points whose sign bits are nearest to `pending`; returns how many. The bits of all
 * entry points lie side by side, so comparing a thousand costs as much as scoring a few dozen slots anywhere in memory.
 */
function chooseStarts(bits: usize, entries: usize, entryBits: usize, count: u32): u32 {
  const step = <usize>dims >> 3;
  let size: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const mark = (hamming(entryBits + <usize>i * step, bits) << ENTRY_BITS) | i;
    if (size == STARTS && mark >= load<u32>(pending + (<usize>(STARTS - 1) << 2))) continue;
    let at = size < STARTS ? size++ : STARTS - 1;
    while (at > 0 && load<u32>(pending + (<usize>(at - 1) << 2)) > mark) {
      store<u32>(pending + (<usize>at << 2), load<u32>(pending + (<usize>(at - 1) << 2)));
      at--;
    }
    store<u32>(pending + (<usize>at << 2), mark);
  }
  for (let i: u32 = 0; i < size; i++) {
    const at = pending + (<usize>i << 2);
    store<u32>(at, load<u32>(entries + (<usize>(load<u32>(at) & ((1 << ENTRY_BITS) - 1)) << 2)));
  }
  return size;
}

/** A slot is scored when its sign bits differ in this share of the dimensions more than usual at most. */
const MARGIN_SHARE: u32 = 24;
/** Fractions of a bit that the usual distance is kept in. */
const USUAL_BITS: i32 = 4;

/** Of the first `news` slots of `pending`, keeps those whose sign bits differ in at most `most` (in fractions). */
function sieveNews(news: u32, bits: usize, most: i32): u32 {
  for (let i: u32 = 0; i < news; i++) sink ^= load<u8>(bitsOf(load<u32>(pending + (<usize>i << 2))));
  let kept: u32 = 0;
  for (let i: u32 = 0; i < news; i++) {
    const slot = load<u32>(pending + (<usize>i << 2));
    if (<i32>(hamming(bitsOf(slot), bits) << USUAL_BITS) > most) continue;
    store<u32>(pending + (<usize>(kept++) << 2), slot);
  }
  return kept;
}

/**
 * Beam search from the nearest of `entries` (count of them): the `beam` best slots seen whose bit in `allowed` is set (0: all), as pairs
 * at `found`, lowest at the root. `frontier` holds `budget` pairs, the number of slots looked at at most. Returns how many.
 */
export function walk(
  query: usize,
  bits: usize,
  entries: usize,
  entryBits: usize,
  entryCount: u32,
  beam: u32,
  budget: u32,
  allowed: usize,
  found: usize,
  frontier: usize,
): u32 {
  visitedEpoch++;
  // The table is kept as small as the budget allows: then it stays in the nearest cache.
  visitedMask = 1023;
  while (visitedMask * 3 < budget * 4 && visitedMask < visitedSize - 1) visitedMask = visitedMask * 2 + 1;
  let size: u32 = 0;
  let open: u32 = 0;
  let seen: u32 = 0;
  // How far, by sign bits, those lie that were good enough: what lies much farther need not be scored.
  let usual: i32 = <i32>(dims >> 1) << USUAL_BITS;
  const margin: i32 = <i32>(dims / MARGIN_SHARE) << USUAL_BITS;
  const starts = chooseStarts(bits, entries, entryBits, entryCount);
  for (let i: u32 = 0; i < starts; i++) {
    const slot = load<u32>(pending + (<usize>i << 2));
    if (!firstVisit(slot)) continue;
    seen++;
    const score = dot8(slot, query);
    raiseHigh(frontier, open++, pair(score, slot), score);
    if (!isAllowed(allowed, slot)) continue;
    if (size < beam) raiseLow(found, size++, pair(score, slot), score);
    else if (score > scoreAt(found, 0)) sinkLow(found, size, pair(score, slot), score);
  }
  while (open > 0) {
    const best = pairAt(frontier, 0);
    if (size == beam && reinterpret<f32>(<u32>best) < scoreAt(found, 0)) break;
    open--;
    const last = pairAt(frontier, open);
    sinkHigh(frontier, open, last, reinterpret<f32>(<u32>last));
    const links = linksOf(<u32>(best >> 32));
    let news: u32 = 0;
    for (let i: u32 = 0; i < degree; i++) {
      const link = load<u32>(links + (<usize>i << 2));
      if (link == 0) break;
      if (!firstVisit(link - 1)) continue;
      store<u32>(pending + (<usize>(news++) << 2), link - 1);
    }
    if (seen + news > budget) return size;
    seen += news;
    if (size == beam) news = sieveNews(news, bits, usual + margin);
    for (let i: u32 = 0; i < news; i++) {
      if (i % TOUCH_SLOTS == 0) touchNext(pending, i, news);
      const slot = load<u32>(pending + (<usize>i << 2));
      const score = dot8(slot, query);
      if (size == beam && score <= scoreAt(found, 0)) continue;
      usual += (<i32>(hamming(bitsOf(slot), bits) << USUAL_BITS) - usual) >> 2;
      raiseHigh(frontier, open++, pair(score, slot), score);
      if (!isAllowed(allowed, slot)) continue;
      if (size < beam) raiseLow(found, size++, pair(score, slot), score);
      else sinkLow(found, size, pair(score, slot), score);
    }
    if (open > 0) sink ^= load<u8>(linksOf(<u32>(pairAt(frontier, 0) >> 32)));
  }
  return size;
}

/** Sorts pairs of a low heap in place, best first. */
export function sortBest(heap: usize, size: u32): void {
  let left = size;
  while (left > 1) {
    left--;
    const lowest = pairAt(heap, 0);
    const last = pairAt(heap, left);
    sinkLow(heap, left, last, reinterpret<f32>(<u32>last));
    store<u64>(heap + (<usize>left << 3), lowest);
  }
}

/** Cosine of two stored slots, by int8 of one and float32 sums of products of both: exact enough to compare neighbours. */
// @ts-ignore: decorator
@inline
function between(a: u32, b: u32): f32 {
  const x = bytesOf(a);
  const y = bytesOf(b);
  let s = i32x4.splat(0);
  let t = i32x4.splat(0);
  for (let i: usize = 0; i < dims; i += 16) {
    s = i32x4.add(s, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i), v128.load_ext<i8>(y + i)));
    t = i32x4.add(t, i32x4.dot_i16x8_s(v128.load_ext<i8>(x + i, 8), v128.load_ext<i8>(y + i, 8)));
  }
  return <f32>sum4i(i32x4.add(s, t)) * load<f32>(figuresOf(a)) * load<f32>(figuresOf(b));
}

/**
 * Chooses up to `most` neighbours for a slot from pairs sorted best first: one is taken when it is nearer to the slot than
 * to every neighbour taken before; what is left over fills the rest. Writes slot + 1 to `links`.
 */
function choose(pairs: usize, count: u32, most: u32, links: usize, spare: usize): u32 {
  let taken: u32 = 0;
  let passed: u32 = 0;
  for (let i: u32 = 0; i < count && taken < most; i++) {
    const candidate = pairAt(pairs, i);
    const slot = <u32>(candidate >> 32);
    const score = reinterpret<f32>(<u32>candidate);
    let good = true;
    for (let j: u32 = 0; j < taken; j++) {
      if (between(slot, load<u32>(links + (<usize>j << 2)) - 1) > score) {
        good = false;
        break;
      }
    }
    if (good) store<u32>(links + (<usize>(taken++) << 2), slot + 1);
    else store<u32>(spare + (<usize>(passed++) << 2), slot + 1);
  }
  for (let i: u32 = 0; i < passed && taken < most; i++) store<u32>(links + (<usize>(taken++) << 2), load<u32>(spare + (<usize>i << 2)));
  return taken;
}

/** Adds `slot` as a neighbour of `other`, choosing anew when its list is full. */
function linkBack(other: u32, slot: u32, work: usize): void {
  const links = linksOf(other);
  let count: u32 = 0;
  while (count < degree) {
    const link = load<u32>(links + (<usize>count << 2));
    if (link == 0) break;
    if (link == slot + 1) return;
    count++;
  }
  if (count < degree) {
    store<u32>(links + (<usize>count << 2), slot + 1);
    return;
  }
  let size: u32 = 0;
  for (let i: u32 = 0; i < degree; i++) {
    const old = load<u32>(links + (<usize>i << 2)) - 1;
    const score = between(other, old);
    raiseLow(work, size++, pair(score, old), score);
  }
  const score = between(other, slot);
  raiseLow(work, size++, pair(score, slot), score);
  sortBest(work, size);
  const fresh = work + (<usize>size << 3);
  const taken = choose(work, size, degree, fresh, fresh + (<usize>(degree + 1) << 2));
  // Readers may see a mix of the old and the new list; both hold slots only.
  for (let i: u32 = 0; i < taken; i++) store<u32>(links + (<usize>i << 2), load<u32>(fresh + (<usize>i << 2)));
  for (let i = taken; i < degree; i++) store<u32>(links + (<usize>i << 2), 0);
}

/**
 * Inserts a stored slot into the graph. `query` is room for its int16 form, `work` for 4 x degree pairs; the other areas
 * are those of `walk`.
 */
export function insert(
  slot: u32,
  query: usize,
  entries: usize,
  entryBits: usize,
  entryCount: u32,
  beam: u32,
  budget: u32,
  found: usize,
  frontier: usize,
  work: usize,
): void {
  const factor = prepare(floatsOf(slot), query);
  const size = walk(query, bitsOf(slot), entries, entryBits, entryCount, beam, budget, 0, found, frontier);
  sortBest(found, size);
  // Scores of the walk lack the query's factor; choosing compares them with cosines of stored slots.
  for (let i: u32 = 0; i < size; i++) {
    const at = found + (<usize>i << 3);
    store<f32>(at, load<f32>(at) * factor);
  }
  const links = linksOf(slot);
  const taken = choose(found, size, degree >> 1, work, work + (<usize>(degree + 1) << 2));
  for (let i: u32 = 0; i < taken; i++) store<u32>(links + (<usize>i << 2), load<u32>(work + (<usize>i << 2)));
  for (let i: u32 = 0; i < taken; i++) {
    linkBack(load<u32>(links + (<usize>i << 2)) - 1, slot, work);
  }
}

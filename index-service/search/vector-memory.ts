// The shared memory of one index: vectors by slot, the bitmap of living slots, graph links. Only the thread that owns the
// index writes vectors; others read, and one of them writes links.

import { ZeroError } from '../../protocol/errors/index.ts';
import { type KernelMemory, kernelMemory, PAGE_BYTES } from '../simd/instantiate.ts';
import { type SearchExports, searchInstance } from './kernel.ts';
import { ENTRIES, type Layout, layoutFor, SLOTS_PER_BLOCK } from './layout.ts';

/** Thread numbers: each has scratch space of its own. */
export const OWNER_THREAD = 0;
export const SEARCH_THREAD = 1;
export const BUILD_THREAD = 2;

/** Up to here the mean is taken anew at each doubling; later vectors no longer move it much. */
const MEAN_SLOTS_MAX = 65_536;
const FIRST_MEAN_SLOTS = 256;

export class VectorMemory {
  readonly layout: Layout;
  readonly memory: KernelMemory;
  readonly #kernel: SearchExports;
  /** True while float32 vectors are missing: then no mean can be taken. */
  incomplete = false;
  #slots = 0;
  #entered = 0;
  #nextMean = FIRST_MEAN_SLOTS;

  constructor(dims: number) {
    this.layout = layoutFor(dims);
    const { blocks, slotsMax, blockBytes } = this.layout;
    this.memory = kernelMemory(blocks, blocks + (slotsMax / SLOTS_PER_BLOCK) * blockBytes);
    this.#kernel = searchInstance(this.memory, this.layout, OWNER_THREAD);
  }

  get slots(): number {
    return this.#slots;
  }

  /** Bytes of shared memory in use, scratch space included. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Appends a vector; returns its slot. Throws LIMIT_EXCEEDED when the memory is full. */
  push(vector: Float32Array): number {
    const { layout } = this;
    const slot = this.#slots;
    this.reserve(slot + 1);
    const at = layout.scratch[OWNER_THREAD]!.query;
    const floats = new Float32Array(this.memory.buffer, at, layout.width);
    floats.fill(0);
    floats.set(vector.subarray(0, layout.dims));
    this.#kernel.put(slot, at, layout.mean);
    this.living()[slot >>> 5]! |= 1 << (slot & 31);
    this.#slots = slot + 1;
    if (this.#slots >= this.#nextMean && !this.incomplete) this.#moveMean();
    return slot;
  }

  /** Makes room for this many slots. */
  reserve(slots: number): void {
    const { layout } = this;
    if (slots > layout.slotsMax) {
      throw new ZeroError(
        'LIMIT_EXCEEDED',
        `the index holds at most ${layout.slotsMax} vectors of ${layout.dims} numbers`,
      );
    }
    const wanted = layout.blocks + Math.ceil(slots / SLOTS_PER_BLOCK) * layout.blockBytes;
    const missing = wanted - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  kill(slot: number): void {
    this.living()[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  /** One bit per slot. A view; not to be kept over a push. */
  living(): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.layout.living, Math.ceil(this.layout.slotsMax / 32));
  }

  /** The stored vector of unit length. A view. */
  vector(slot: number): Float32Array {
    const { blocks, blockBytes, width, dims } = this.layout;
    const at =
      blocks + Math.floor(slot / SLOTS_PER_BLOCK) * blockBytes + (slot % SLOTS_PER_BLOCK) * width * 4;
    return new Float32Array(this.memory.buffer, at, dims);
  }

  /** Entry points of graph searches, spread over the slots that are in the graph. */
  setEntries(built: number): void {
    this.#entered = built;
    const { layout } = this;
    const entries = new Uint32Array(this.memory.buffer, layout.entries, ENTRIES);
    const bits = layout.width / 8;
    const target = new Uint8Array(this.memory.buffer, layout.entryBits, ENTRIES * bits);
    const count = this.entryCount;
    for (let i = 0; i < count; i++) {
      const slot = Math.floor((i * built) / count);
      entries[i] = slot;
      const block = layout.blocks + Math.floor(slot / SLOTS_PER_BLOCK) * layout.blockBytes;
      const at = block + layout.bitsAt + (slot % SLOTS_PER_BLOCK) * bits;
      target.set(new Uint8Array(this.memory.buffer, at, bits), i * bits);
    }
  }

  /** Slots that the entry points are spread over. */
  get entered(): number {
    return this.#entered;
  }

  /** Entry points that are set. */
  get entryCount(): number {
    return Math.min(ENTRIES, this.#entered);
  }

  /** Blocks in use. */
  get blocks(): number {
    return Math.ceil(this.#slots / SLOTS_PER_BLOCK);
  }

  /** The float32 vectors of one block, for a snapshot. A view. */
  blockFloats(number: number): Uint8Array {
    const { blocks, blockBytes, bytesAt } = this.layout;
    return new Uint8Array(this.memory.buffer, blocks + number * blockBytes, bytesAt);
  }

  /** The int8 vectors with their figures, and the links of one block. A view. */
  blockBodies(number: number): Uint8Array {
    const { blocks, blockBytes, bytesAt, bitsAt } = this.layout;
    return new Uint8Array(this.memory.buffer, blocks + number * blockBytes + bytesAt, bitsAt - bytesAt);
  }

  /** The sign bits of one block. A view. */
  blockSigns(number: number): Uint8Array {
    const { blocks, blockBytes, bitsAt } = this.layout;
    return new Uint8Array(this.memory.buffer, blocks + number * blockBytes + bitsAt, blockBytes - bitsAt);
  }

  /** The mean around which sign bits are taken. A view. */
  mean(): Float32Array {
    return new Float32Array(this.memory.buffer, this.layout.mean, this.layout.width);
  }

  /** Takes over slots whose blocks the caller has filled from a snapshot. */
  adopt(slots: number): void {
    this.#slots = slots;
    this.#planNextMean();
  }

  #planNextMean(): void {
    while (this.#nextMean <= this.#slots) {
      this.#nextMean = this.#nextMean * 2 > MEAN_SLOTS_MAX ? Number.POSITIVE_INFINITY : this.#nextMean * 2;
    }
  }

  /** Sign bits tell most when they are taken around the mean of the data. */
  #moveMean(): void {
    this.#planNextMean();
    const { dims, mean } = this.layout;
    const sum = new Float64Array(dims);
    for (let slot = 0; slot < this.#slots; slot++) {
      const vector = this.vector(slot);
      for (let i = 0; i < dims; i++) sum[i]! += vector[i]!;
    }
    const target = this.mean();
    for (let i = 0; i < dims; i++) target[i] = sum[i]! / this.#slots;
    this.#kernel.rebit(0, this.#slots, mean);
    if (this.#entered > 0) this.setEntries(this.#entered);
  }
}

// Reads and writes guest memory. Every access is checked; what lies outside fails with EFAULT. Must not: interpret what it moves.

import { EFAULT, fail } from './errno.ts';

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBuffer | null = null;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** A growth replaces the buffer, so views are looked up anew when it changed. */
  #refresh(): void {
    if (this.#buffer === this.#memory.buffer) return;
    this.#buffer = this.#memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }

  /** View of a range; valid until the guest runs again. */
  slice(at: number, length: number): Uint8Array {
    this.#refresh();
    const start = at >>> 0;
    const count = length >>> 0;
    if (start + count > this.#bytes.length) fail(EFAULT);
    return this.#bytes.subarray(start, start + count);
  }

  #at(at: number, size: number): number {
    this.#refresh();
    const start = at >>> 0;
    if (start + size > this.#bytes.length) fail(EFAULT);
    return start;
  }

  u8(at: number): number {
    const start = this.#at(at, 1);
    return this.#view.getUint8(start);
  }

  u16(at: number): number {
    const start = this.#at(at, 2);
    return this.#view.getUint16(start, true);
  }

  u32(at: number): number {
    const start = this.#at(at, 4);
    return this.#view.getUint32(start, true);
  }

  u64(at: number): bigint {
    const start = this.#at(at, 8);
    return this.#view.getBigUint64(start, true);
  }

  setU8(at: number, value: number): void {
    const start = this.#at(at, 1);
    this.#view.setUint8(start, value);
  }

  setU16(at: number, value: number): void {
    const start = this.#at(at, 2);
    this.#view.setUint16(start, value, true);
  }

  setU32(at: number, value: number): void {
    const start = this.#at(at, 4);
    this.#view.setUint32(start, value, true);
  }

  setU64(at: number, value: bigint): void {
    const start = this.#at(at, 8);
    this.#view.setBigUint64(start, BigInt.asUintN(64, value), true);
  }
}

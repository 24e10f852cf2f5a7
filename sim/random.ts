// Seeded random streams. One stream per (seed, purpose, node), so that a new use of randomness in one place does not
// shift the numbers of any other. Statistical quality only: never for keys.

import { mix32 } from '../protocol/bytes/index.ts';

/** A stream of random numbers that depends on nothing but its seed and labels. */
export interface RandomStream {
  /** Integer from 0 to 2^32 - 1. */
  uint32(): number;
  /** Number from 0 (inclusive) to 1 (exclusive), with 53 random bits. */
  unit(): number;
  /** Integer from 0 (inclusive) to `bound` (exclusive), without bias; `bound` from 1 to 2^32. */
  below(bound: number): number;
  /** Exponentially distributed number with this mean. */
  exponential(mean: number): number;
  /** Normally distributed number (Box and Muller, one of the pair). */
  normal(mean: number, deviation: number): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}

const TWO_32 = 2 ** 32;
const TWO_21 = 2 ** 21;

function absorb(state: number, label: string | number): number {
  let h = state;
  const text = String(label);
  for (let i = 0; i < text.length; i++) h = mix32(h ^ (text.charCodeAt(i) + 0x9e3779b9 + i));
  return mix32(h + text.length);
}

class Sfc32 implements RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  // sfc32 of the PractRand suite (Chris Doty-Humphrey).
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  unit(): number {
    return ((this.uint32() >>> 11) * TWO_32 + this.uint32()) / (TWO_21 * TWO_32);
  }

  below(bound: number): number {
    const unfair = TWO_32 % bound;
    let value = this.uint32();
    while (value < unfair) value = this.uint32();
    return value % bound;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.unit());
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = this.uint32() & 0xff;
    return out;
  }
}

/** The stream of a seed and labels, such as a purpose and a node's number. Equal arguments give equal streams. */
export function randomStream(seed: number, ...labels: readonly (string | number)[]): RandomStream {
  let h = mix32(seed ^ 0x5bd1e995) ^ mix32(Math.floor(seed / TWO_32));
  for (const label of labels) h = absorb(h, label);
  return new Sfc32(mix32(h ^ 0x243f6a88), mix32(h ^ 0x85a308d3), mix32(h ^ 0x13198a2e));
}

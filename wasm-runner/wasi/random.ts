// The random bytes a guest sees: the ChaCha20 key stream (RFC 8439, zero nonce, counter from 0) of the job's seed, or the machine's.
// Must not: be used for anything secret.

export interface GuestRandom {
  fill(target: Uint8Array): void;
}

const BLOCK_BYTES = 64;
/** "expand 32-byte k" */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** Key stream of ChaCha20 under a 32-byte seed. */
export class SeededRandom implements GuestRandom {
  readonly #state = new Uint32Array(16);
  readonly #block = new Uint32Array(16);
  #used = BLOCK_BYTES;

  constructor(seed: Uint8Array) {
    this.#state.set(CONSTANTS);
    const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
    for (let index = 0; index < 8; index++) this.#state[4 + index] = view.getUint32(index * 4, true);
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at++) {
      if (this.#used === BLOCK_BYTES) this.#next();
      target[at] = (this.#block[this.#used >> 2]! >>> ((this.#used & 3) * 8)) & 0xff;
      this.#used++;
    }
  }

  #next(): void {
    const x = this.#block;
    x.set(this.#state);
    for (let round = 0; round < 10; round++) {
      quarter(x, 0, 4, 8, 12);
      quarter(x, 1, 5, 9, 13);
      quarter(x, 2, 6, 10, 14);
      quarter(x, 3, 7, 11, 15);
      quarter(x, 0, 5, 10, 15);
      quarter(x, 1, 6, 11, 12);
      quarter(x, 2, 7, 8, 13);
      quarter(x, 3, 4, 9, 14);
    }
    for (let index = 0; index < 16; index++) x[index]! += this.#state[index]!;
    this.#state[12]!++;
    if (this.#state[12] === 0) this.#state[13]!++;
    this.#used = 0;
  }
}

function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  x[a]! += x[b]!;
  x[d] = rotate(x[d]! ^ x[a]!, 16);
  x[c]! += x[d]!;
  x[b] = rotate(x[b]! ^ x[c]!, 12);
  x[a]! += x[b]!;
  x[d] = rotate(x[d]! ^ x[a]!, 8);
  x[c]! += x[d]!;
  x[b] = rotate(x[b]! ^ x[c]!, 7);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Bytes per call of the platform's generator. */
const PLATFORM_BYTES_MAX = 65_536;

/** The machine's entropy, for runs that ask for it. */
export class RealRandom implements GuestRandom {
  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += PLATFORM_BYTES_MAX) {
      // A copy, because guest memory may not be a plain ArrayBuffer view that the platform accepts.
      const part = new Uint8Array(Math.min(PLATFORM_BYTES_MAX, target.length - at));
      crypto.getRandomValues(part);
      target.set(part, at);
    }
  }
}

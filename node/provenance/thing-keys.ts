// Keys of things in the committed index, computed once: a proof of a hundred things would else spend most of its time on their hashes.

import { aboutKey, useKey } from '../../protocol/provenance/index.ts';

const KEY_BYTES = 32;
const START = 1_024;

/** Keys of one kind by the number of the thing. */
class Keys {
  readonly #make: (name: string) => Uint8Array;
  #bytes = new Uint8Array(START * KEY_BYTES);
  #known = new Uint8Array(START);

  constructor(make: (name: string) => Uint8Array) {
    this.#make = make;
  }

  of(thing: number, name: () => string): Uint8Array {
    if (thing >= this.#known.length) this.#grow(Math.max(thing + 1, this.#known.length * 2));
    const start = thing * KEY_BYTES;
    if (this.#known[thing] === 0) {
      this.#bytes.set(this.#make(name()), start);
      this.#known[thing] = 1;
    }
    return this.#bytes.subarray(start, start + KEY_BYTES);
  }

  #grow(length: number): void {
    const bytes = new Uint8Array(length * KEY_BYTES);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const known = new Uint8Array(length);
    known.set(this.#known);
    this.#known = known;
  }
}

/** Keys of the things of a graph. */
export class ThingKeys {
  readonly about = new Keys(aboutKey);
  readonly use = new Keys(useKey);
}

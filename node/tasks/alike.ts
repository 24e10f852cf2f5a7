// Completes what is written in JSON once for all that say the same: tasks of one kind follow each other, and checking costs more than comparing.

import type { JsonObject } from '../../protocol/json/index.ts';

/** Values that are kept for what says the same: kinds of tasks in fashion at once. */
const ALIKE_MAX = 256;
/** Characters of what is kept: with its arguments; all together stay below a few MiB. */
const ALIKE_CHARS_MAX = 8_192;

/** Remembers what was completed; the one completed first goes first. */
export class Alike<T extends object> {
  readonly #complete: (input: JsonObject) => T;
  readonly #known = new Map<string, T>();

  /** `complete` throws for what is wrong, which is not remembered. */
  constructor(complete: (input: JsonObject) => T) {
    this.#complete = complete;
  }

  /** The completed value; frozen, since all that ask share it. Throws what completing throws. */
  of(input: JsonObject): T {
    const written = JSON.stringify(input);
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const value = frozen(this.#complete(input));
    if (written.length > ALIKE_CHARS_MAX) return value;
    if (this.#known.size >= ALIKE_MAX) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(written, value);
    return value;
  }
}

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) frozen(member);
  return Object.freeze(value);
}

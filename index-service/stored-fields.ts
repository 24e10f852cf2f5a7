// Fields of the cards of a snapshot, decoded one by one when they are needed. Reads only.

import { hasBit } from './search/bitset.ts';
import { ByteReader } from './store/bytes.ts';
import { type CardFields, readFields } from './store/record.ts';
import type { SnapshotReader } from './store/snapshot.ts';

export class StoredFields {
  readonly slots: number;
  readonly #vocabulary: Uint8Array;
  readonly #living: Uint32Array;
  readonly #offsets: Float64Array;
  readonly #starts: Uint32Array;
  readonly #fields: Uint8Array;
  readonly #wordStarts: Uint32Array;
  readonly #words: Uint32Array;

  private constructor(
    slots: number,
    living: Uint32Array,
    parts: {
      offsets: Uint8Array;
      starts: Uint8Array;
      fields: Uint8Array;
      wordStarts: Uint8Array;
      words: Uint8Array;
      vocabulary: Uint8Array;
    },
  ) {
    this.slots = slots;
    this.#living = living;
    this.#offsets = new Float64Array(parts.offsets.buffer, 0, slots);
    this.#starts = new Uint32Array(parts.starts.buffer, 0, slots + 1);
    this.#fields = parts.fields;
    this.#wordStarts = new Uint32Array(parts.wordStarts.buffer, 0, slots + 1);
    this.#words = new Uint32Array(parts.words.buffer, 0, parts.words.length / 4);
    this.#vocabulary = parts.vocabulary;
  }

  /** Reads and checks the sections. Throws INDEX_CORRUPT. */
  static async read(reader: SnapshotReader, slots: number, living: Uint32Array): Promise<StoredFields> {
    const names = ['offsets', 'field starts', 'fields', 'word starts', 'words', 'vocabulary'];
    const [offsets, starts, fields, wordStarts, words, vocabulary] = (await Promise.all(
      names.map((name) => reader.read(name)),
    )) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    return new StoredFields(slots, living, { offsets, starts, fields, wordStarts, words, vocabulary });
  }

  /** Words by number, for the lexicon. */
  vocabulary(): string[] {
    const words = Buffer.from(this.#vocabulary.buffer).toString('utf8');
    return words === '' ? [] : words.split('\n');
  }

  /** The card of a slot, or null for a dead one. */
  at(slot: number): { fields: CardFields; offset: number } | null {
    if (!hasBit(this.#living, slot)) return null;
    return {
      fields: readFields(new ByteReader(this.#fields, this.#starts[slot])),
      offset: this.#offsets[slot]!,
    };
  }

  /** Numbers of a slot's words. */
  wordsAt(slot: number): Uint32Array {
    return this.#words.slice(this.#wordStarts[slot], this.#wordStarts[slot + 1]);
  }
}

// Saves a card table to a snapshot file and restores it: vectors and graph as they lie in memory, fields as records.
// The log stays the truth: a snapshot that cannot be read costs time, never a card.

import { ZeroError } from '../protocol/errors/index.ts';
import { CardTable } from './card-table.ts';
import { hasBit } from './search/bitset.ts';
import type { EngineState } from './search/engine.ts';
import { ByteReader, ByteWriter } from './store/bytes.ts';
import { readFields, writeFields } from './store/record.ts';
import { type Section, SnapshotReader, writeSnapshot } from './store/snapshot.ts';

/** Cards encoded between two turns of the event loop: under a millisecond. */
const FIELDS_AT_ONCE = 256;
/** Offset that stands for a dead slot. */
const DEAD = -1;

interface SnapshotFacts {
  readonly embedder: string;
  readonly dims: number;
  readonly blockBytes: number;
  readonly state: EngineState;
}

/** Writes the table as it stands now; changes made meanwhile may be left out, the log behind `offset` has them. */
export async function saveTable(table: CardTable, embedder: string, path: string): Promise<void> {
  const { engine } = table;
  await engine.pause();
  try {
    const state = engine.state();
    const living = engine.vectors.living().slice(0, Math.ceil(state.slots / 32));
    const { dims, blockBytes } = engine.vectors.layout;
    const facts: SnapshotFacts = { embedder, dims, blockBytes, state };
    await writeSnapshot(path, facts, sectionsOf(table, state.slots, living));
  } finally {
    engine.resume();
  }
}

async function* sectionsOf(table: CardTable, slots: number, living: Uint32Array): AsyncIterable<Section> {
  const { vectors } = table.engine;
  yield { name: 'mean', bytes: bytesOf(vectors.mean().slice()) };
  const offsets = new Float64Array(slots).fill(DEAD);
  const writer = new ByteWriter(slots * 256 + 64);
  for (let slot = 0; slot < slots; slot++) {
    // A card that died since is skipped: what replaced it is in the log.
    const card = hasBit(living, slot) ? table.at(slot) : undefined;
    if (card === undefined) living[slot >>> 5]! &= ~(1 << (slot & 31));
    else {
      offsets[slot] = card.offset;
      writeFields(writer, { ...card.fields, words: table.lexicon.wordsAt(slot) });
    }
    if (slot % FIELDS_AT_ONCE === 0) await new Promise(setImmediate);
  }
  yield { name: 'living', bytes: bytesOf(living) };
  yield { name: 'offsets', bytes: bytesOf(offsets) };
  yield { name: 'fields', bytes: writer.finish() };
  const blocks = Math.ceil(slots / 1_024);
  // A copy, because the last block may be written to while the disk reads.
  for (let i = 0; i < blocks; i++) yield { name: `block ${i}`, bytes: vectors.block(i).slice() };
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The table of a snapshot. Throws INDEX_CORRUPT when any part is damaged or belongs to another embedder. */
export async function loadTable(path: string, embedder: { id: string; dims: number }): Promise<CardTable> {
  const reader = await SnapshotReader.open(path);
  const table = new CardTable(embedder.dims);
  try {
    const facts = reader.facts as SnapshotFacts;
    const { vectors } = table.engine;
    if (
      facts.embedder !== embedder.id ||
      facts.dims !== embedder.dims ||
      facts.blockBytes !== vectors.layout.blockBytes
    ) {
      throw new ZeroError('INDEX_CORRUPT', 'the snapshot is of another embedder or layout');
    }
    const { slots } = facts.state;
    vectors.reserve(slots);
    await reader.read('mean', bytesOf(vectors.mean()));
    for (let i = 0; i < Math.ceil(slots / 1_024); i++) await reader.read(`block ${i}`, vectors.block(i));
    const living = await reader.read('living');
    new Uint8Array(vectors.living().buffer, vectors.living().byteOffset, living.length).set(living);
    restoreFields(table, slots, await reader.read('offsets'), await reader.read('fields'));
    table.engine.adopt({ ...facts.state, cards: table.cards });
    return table;
  } catch (error) {
    await table.engine.close();
    throw error;
  } finally {
    await reader.close();
  }
}

function restoreFields(
  table: CardTable,
  slots: number,
  offsetBytes: Uint8Array,
  fieldBytes: Uint8Array,
): void {
  const offsets = new Float64Array(offsetBytes.buffer, offsetBytes.byteOffset, slots);
  const reader = new ByteReader(fieldBytes);
  for (const offset of offsets) table.adoptFields(offset === DEAD ? null : readFields(reader), offset);
}

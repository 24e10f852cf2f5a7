// Saves a card table to a snapshot file and restores it: vectors and graph as they lie in memory, fields as records.
// The log stays the truth: a snapshot that cannot be read costs time, never a card.
//
// Restoring is staged, so that the first answer does not wait for what it does not need: sign bits and the fields' bytes are read before
// `loadTable` returns, the other forms of the vectors and the graph afterwards (later-blocks.ts), or at once where a query asks for them.

import { ZeroError } from '../protocol/errors/index.ts';
import { CardTable } from './card-table.ts';
import { LaterBlocks } from './later-blocks.ts';
import { hasBit } from './search/bitset.ts';
import type { EngineState } from './search/engine.ts';
import { SLOTS_PER_BLOCK } from './search/layout.ts';
import { ByteWriter } from './store/bytes.ts';
import { writeFields } from './store/record.ts';
import { type Section, SnapshotReader, writeSnapshot } from './store/snapshot.ts';
import { StoredFields } from './stored-fields.ts';

/** Cards encoded between two turns of the event loop: under a millisecond. */
const FIELDS_AT_ONCE = 256;

interface SnapshotFacts {
  readonly embedder: string;
  readonly dims: number;
  readonly blockBytes: number;
  readonly state: EngineState;
}

/** Writes the table as it stands now; changes made meanwhile may be left out, the log behind the caller's offset has them. */
export async function saveTable(table: CardTable, embedder: string, path: string): Promise<void> {
  const { engine } = table;
  table.finishLoading();
  await table.floatsLoaded();
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
  const offsets = new Float64Array(slots);
  const starts = new Uint32Array(slots + 1);
  const wordStarts = new Uint32Array(slots + 1);
  const fields = new ByteWriter(slots * 256 + 64);
  const words = new ByteWriter(slots * 128 + 64);
  for (let slot = 0; slot < slots; slot++) {
    // A card that died since is skipped: what replaced it is in the log.
    const card = hasBit(living, slot) ? table.at(slot) : undefined;
    if (card === undefined) living[slot >>> 5]! &= ~(1 << (slot & 31));
    else {
      offsets[slot] = card.offset;
      writeFields(fields, card.fields);
      words.bytes(bytesOf(table.lexicon.idsAt(slot)));
    }
    starts[slot + 1] = fields.length;
    wordStarts[slot + 1] = words.length / 4;
    if (slot % FIELDS_AT_ONCE === 0) await new Promise(setImmediate);
  }
  yield { name: 'living', bytes: bytesOf(living) };
  yield { name: 'offsets', bytes: bytesOf(offsets) };
  yield { name: 'field starts', bytes: bytesOf(starts) };
  yield { name: 'fields', bytes: fields.finish() };
  yield { name: 'word starts', bytes: bytesOf(wordStarts) };
  yield { name: 'words', bytes: words.finish() };
  yield { name: 'vocabulary', bytes: new TextEncoder().encode(table.lexicon.vocabulary.all().join('\n')) };
  for (let i = 0; i * SLOTS_PER_BLOCK < slots; i++) {
    // Copies, because the last block may be written to while the disk is busy.
    yield { name: `signs ${i}`, bytes: vectors.blockSigns(i).slice() };
    yield { name: `bodies ${i}`, bytes: vectors.blockBodies(i).slice() };
    yield { name: `floats ${i}`, bytes: vectors.blockFloats(i).slice() };
  }
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The table of a snapshot. Throws INDEX_CORRUPT when a part that is read now is damaged or belongs to another embedder;
 * `onDamage` hears of damage found later, in the vectors and the graph.
 */
export async function loadTable(
  path: string,
  embedder: { id: string; dims: number },
  onDamage: (error: unknown) => void = () => {},
): Promise<CardTable> {
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
    // At once: while one block is checked here, the next are read by the system's threads.
    const blocks = Math.ceil(slots / SLOTS_PER_BLOCK);
    const signs = Array.from({ length: blocks }, (_, i) => reader.read(`signs ${i}`, vectors.blockSigns(i)));
    await Promise.all([...signs, ...readLastBlock(reader, table, blocks - 1)]);
    const living = await reader.read('living');
    new Uint8Array(vectors.living().buffer, vectors.living().byteOffset, living.length).set(living);
    const stored = await StoredFields.read(
      reader,
      slots,
      new Uint32Array(living.buffer, living.byteOffset, living.length / 4),
    );
    table.engine.adopt(facts.state);
    const rest = new LaterBlocks(reader, table, blocks);
    if (!table.engine.scansBySigns) await rest.loadBodies();
    table.adoptStored(stored, rest.load().catch(onDamage));
    return table;
  } catch (error) {
    await reader.close();
    await table.engine.close();
    throw error;
  }
}

/** The last block is read whole before anything else: cards that come next are written into it, and must not be overwritten. */
function readLastBlock(reader: SnapshotReader, { engine }: CardTable, last: number): Promise<unknown>[] {
  if (last < 0) return [];
  const { vectors } = engine;
  return [
    reader.read(`bodies ${last}`, vectors.blockBodies(last)),
    reader.read(`floats ${last}`, vectors.blockFloats(last)),
  ];
}

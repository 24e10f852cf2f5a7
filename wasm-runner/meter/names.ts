// Names of functions, from a module's name section. Only for people: a name section can say anything, or be malformed.

import { ByteReader } from './byte-reader.ts';
import type { Outline } from './module.ts';

const FUNCTION_NAMES = 1;
/** Characters of a name that are kept. */
const NAME_CHARS_MAX = 120;

/** Name of each function of the module's own, by its place among the bodies; exported names where the section has none. */
export function functionNames(outline: Outline): Map<number, string> {
  const names = new Map<number, string>();
  const add = (index: number, name: string): void => {
    if (index >= outline.imports.length)
      names.set(index - outline.imports.length, name.slice(0, NAME_CHARS_MAX));
  };
  for (const item of outline.exports) if (item.kind === 0) add(item.index, item.name);
  try {
    readNameSection(outline.bytes, add);
  } catch {
    // Malformed names are no reason not to run: what was read so far stays.
  }
  return names;
}

function readNameSection(bytes: Uint8Array, add: (index: number, name: string) => void): void {
  const reader = new ByteReader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.u32() + reader.at;
    if (id === 0 && reader.name() === 'name') readSubsections(new ByteReader(bytes, reader.at, end), add);
    reader.at = end;
  }
}

function readSubsections(reader: ByteReader, add: (index: number, name: string) => void): void {
  while (reader.at < reader.end) {
    const id = reader.byte();
    const end = reader.u32() + reader.at;
    if (id === FUNCTION_NAMES)
      for (let left = reader.u32(); left > 0; left--) add(reader.u32(), reader.name());
    reader.at = end;
  }
}

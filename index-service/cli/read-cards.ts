// Reads signed cards from files for `index import`: an envelope in CBOR or DSSE JSON, or JSON lines with one in each.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeEnvelope, type Envelope, envelopeFromJson } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import type { CardEntry } from '../interface.ts';
import { verifiedEntry } from '../verified-entry.ts';

export interface ReadCards {
  readonly entries: CardEntry[];
  readonly refused: { readonly file: string; readonly reason: string }[];
}

/** Verifies each card; one that does not verify is reported and left out. Folders are read one level deep. */
export async function readCards(paths: readonly string[]): Promise<ReadCards> {
  const out: ReadCards = { entries: [], refused: [] };
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      for (const { name, read } of envelopesOf(file, await readFile(file))) {
        try {
          out.entries.push(verifiedEntry(read()));
        } catch (error) {
          if (!isZeroError(error)) throw error;
          out.refused.push({ file: name, reason: `${error.code}: ${error.message}` });
        }
      }
    }
  }
  return out;
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause) => {
    throw new ZeroError('INDEX_CARD_REFUSED', `${path} cannot be read`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(json|jsonl|ndjson|cbor|card)$/.test(name));
  return names.sort().map((name) => join(path, name));
}

const BRACE = 0x7b;
const NEW_LINE = 0x0a;

/** The envelopes of a file, not read yet: one that cannot be read is no reason to leave out those behind it. */
function* envelopesOf(file: string, bytes: Uint8Array): Iterable<{ name: string; read: () => Envelope }> {
  if (bytes[0] !== BRACE) {
    yield { name: file, read: () => decodeEnvelope(bytes) };
    return;
  }
  let number = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEW_LINE, from);
    const line = bytes.subarray(from, end < 0 ? bytes.length : end);
    from = end < 0 ? bytes.length : end + 1;
    number++;
    if (line.length > 0)
      yield { name: `${file}:${number}`, read: () => envelopeFromJson(parseStrictJson(line)) };
  }
}

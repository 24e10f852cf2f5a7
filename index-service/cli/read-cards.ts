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
      try {
        for (const envelope of envelopesOf(await readFile(file))) out.entries.push(verifiedEntry(envelope));
      } catch (error) {
        if (!isZeroError(error)) throw error;
        out.refused.push({ file, reason: `${error.code}: ${error.message}` });
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

function* envelopesOf(bytes: Uint8Array): Iterable<Envelope> {
  if (bytes[0] !== BRACE) {
    yield decodeEnvelope(bytes);
    return;
  }
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEW_LINE, from);
    const line = bytes.subarray(from, end < 0 ? bytes.length : end);
    from = end < 0 ? bytes.length : end + 1;
    if (line.length > 0) yield envelopeFromJson(parseStrictJson(line));
  }
}

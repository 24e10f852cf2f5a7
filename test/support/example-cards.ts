// The cards of examples/cards as signed entries.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { CardEntry } from '../../index-service/index.ts';
import { draftCard } from '../../protocol/card/index.ts';
import { cardEntries } from './card-entries.ts';

const FOLDER = new URL('../../examples/cards/', import.meta.url);

/** Entries by file name without its ending. */
export function exampleCards(): Map<string, CardEntry> {
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  const drafts = files.map((file) =>
    draftCard(parse(readFileSync(new URL(file, FOLDER), 'utf8')), { region: 'eu-west' }),
  );
  const entries = cardEntries(drafts);
  return new Map(files.map((file, i) => [file.replace('.yaml', ''), entries[i]!]));
}

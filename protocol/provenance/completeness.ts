// Compares the rows of an answer with the lists that the log's own committed index holds for the question. Pure: what it is given has been
// verified.

import { equalBytes } from '../bytes/index.ts';
import type { Checkpoint } from '../log/index.ts';
import type { Verified } from '../verified.ts';
import type { VerifiedRow } from './answer.ts';
import type { Posting } from './index-map.ts';
import type { IndexRoot } from './index-root.ts';
import { aboutKey, tagMatches, useKey } from './key-hash.ts';
import type { ProvenanceQuery } from './types.ts';

/** How complete the rows of one log are. */
export interface Completeness {
  readonly origin: string;
  /** True when every entry that the index lists is there, and every row is listed. */
  readonly complete: boolean;
  /** Entries of the log that the index speaks for; those after it are in no proof. */
  readonly size: number;
  /** Entries of the log under the head shown. */
  readonly treeSize: number;
  /** Listed entries that did not come. With `at`, those after the newest that came do not count: they were not known then. */
  readonly missing: readonly number[];
  /** Entries that came, stand in the log before `size`, and are not listed under their own keys: the index lies. */
  readonly unlisted: readonly number[];
}

/** Judges the rows of one log. `lists` are those of the query's keys, by hexadecimal. */
export function judgeCompleteness(input: {
  readonly query: ProvenanceQuery;
  readonly root: Verified<IndexRoot>;
  readonly head: Verified<Checkpoint>;
  readonly lists: ReadonlyMap<string, readonly Posting[]>;
  readonly rows: ReadonlyMap<number, VerifiedRow>;
}): Completeness {
  const { query, root, head, lists, rows } = input;
  const filtered = query.start.length > 0 ? query : { ...query, issuer: null };
  const listed = new Set<number>();
  const wanted = new Set<number>();
  for (const postings of lists.values())
    for (const { index, tag } of postings) {
      listed.add(index);
      if (tagMatches(tag, filtered)) wanted.add(index);
    }
  const newest = Math.max(-1, ...rows.keys());
  const missing = [...wanted].filter((index) => !rows.has(index) && (query.at === null || index < newest));
  const unlisted = [...rows.keys()].filter((index) => index < root.size && !listed.has(index));
  return {
    origin: root.origin,
    complete: missing.length === 0 && unlisted.length === 0,
    size: root.size,
    treeSize: head.size,
    missing: missing.sort((a, b) => a - b),
    unlisted: unlisted.sort((a, b) => a - b),
  };
}

/** True when a statement is found under a key. */
export function isFoundUnder(facts: NonNullable<VerifiedRow['facts']>, key: Uint8Array): boolean {
  return (
    facts.about.some((thing) => equalBytes(aboutKey(thing), key)) ||
    facts.uses.some((thing) => equalBytes(useKey(thing), key))
  );
}

// What is known of one issuer's revocations: all of them, the newest chain, and contradictions. Grow-only, so that any order
// of arrival ends in the same state.

import { compareKeyOrder } from '../identity/index.ts';
import type { RevocationTarget } from '../statement/index.ts';
import { FORKS_PER_ISSUER_MAX } from './limits.ts';
import type { Standing } from './subject.ts';

/** A revocation as the set keeps it. */
export interface RevocationEntry extends Standing {
  readonly id: string;
  readonly sequence: number;
  readonly previous: string | null;
  readonly target: RevocationTarget;
  readonly reason: string;
  readonly issuedAt: string;
  /** Where it was read: log origin and index, when it came from a log. */
  readonly origin: string | null;
  readonly index: number | null;
}

/** The newest revocation of an issuer. */
export interface RevocationHead {
  readonly sequence: number;
  readonly id: string;
  /** True when every revocation before it, back to the first, is here. */
  readonly complete: boolean;
}

/** Two revocations of one issuer with the same sequence number. */
export type RevocationFork = readonly [string, string];

function isNewer(a: RevocationEntry, b: RevocationEntry): boolean {
  const byKeys = compareKeyOrder(a.order, b.order);
  if (byKeys !== 0) return byKeys > 0;
  return a.sequence !== b.sequence ? a.sequence > b.sequence : a.id > b.id;
}

/** The revocations of one issuer. */
export class IssuerRevocations {
  readonly #byId = new Map<string, RevocationEntry>();
  readonly #byTarget = new Map<string, RevocationEntry[]>();
  readonly #bySequence = new Map<number, string>();
  readonly #ranges: RevocationEntry[] = [];
  readonly #forks: RevocationFork[] = [];
  /** Ids whose chain was followed to the first revocation; the set only grows, so this stays true. */
  readonly #rooted = new Set<string>();
  #newest: RevocationEntry | null = null;
  #head: RevocationHead | null = null;

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  ids(): IterableIterator<string> {
    return this.#byId.keys();
  }

  /** Adds a new entry; returns the contradiction it makes, if any. */
  add(entry: RevocationEntry): RevocationFork | null {
    this.#byId.set(entry.id, entry);
    const name = `${entry.target.kind}|${entry.target.id}`;
    const same = this.#byTarget.get(name);
    if (same === undefined) this.#byTarget.set(name, [entry]);
    else same.push(entry);
    if (entry.target.through !== undefined) this.#ranges.push(entry);
    if (this.#newest === null || isNewer(entry, this.#newest)) this.#newest = entry;
    this.#head = null;
    const twin = this.#bySequence.get(entry.sequence);
    this.#bySequence.set(entry.sequence, twin ?? entry.id);
    if (twin === undefined) return null;
    const fork: RevocationFork = twin < entry.id ? [twin, entry.id] : [entry.id, twin];
    if (this.#forks.length < FORKS_PER_ISSUER_MAX) this.#forks.push(fork);
    return fork;
  }

  forks(): readonly RevocationFork[] {
    return this.#forks;
  }

  find(kind: RevocationTarget['kind'], id: string): readonly RevocationEntry[] {
    return this.#byTarget.get(`${kind}|${id}`) ?? [];
  }

  /** Revocations of a card and all cards before it. */
  ranges(): readonly RevocationEntry[] {
    return this.#ranges;
  }

  /** The newest revocation. Its chain is followed through `previous`, so that a thief's numbers cannot open holes in it. */
  head(): RevocationHead | null {
    if (this.#newest === null || this.#head !== null) return this.#head;
    const walked: string[] = [];
    let at: RevocationEntry | undefined = this.#newest;
    while (at !== undefined && at.previous !== null && !this.#rooted.has(at.id)) {
      walked.push(at.id);
      const before = this.#byId.get(at.previous);
      at = before?.sequence === at.sequence - 1 ? before : undefined;
    }
    const complete = at !== undefined;
    if (complete) for (const id of walked) this.#rooted.add(id);
    this.#head = { sequence: this.#newest.sequence, id: this.#newest.id, complete };
    return this.#head;
  }
}

// What each node holds of each log: one number. Everything that is stored passes here, and here it is checked that heads only grow
// and that nobody holds what its writer never signed.

import { equalBytes } from '../../protocol/bytes/index.ts';
import type { Head, Tail } from '../../protocol/sync/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Ground } from './ground.ts';
import type { Logs, Version, VersionId } from './logs.ts';

/** Called for each entry that a node stores, in order. */
export type EntryListener = (node: number, version: Version, through: 'own' | 'gossip' | 'sync') => void;

/** A node's heads, as the sync protocol reads them: nothing is copied. */
class HeadsOfNode implements ReadonlyMap<string, Head> {
  readonly #holdings: Holdings;
  readonly #logs: Logs;
  readonly #node: number;

  constructor(holdings: Holdings, logs: Logs, node: number) {
    this.#holdings = holdings;
    this.#logs = logs;
    this.#node = node;
  }

  get size(): number {
    let size = 0;
    for (const _ of this.values()) size += 1;
    return size;
  }

  get(origin: string): Head | undefined {
    const log = this.#logs.logOf(origin);
    if (log === undefined) return undefined;
    const { head, size } = this.#holdings.version(this.#node, log);
    return size === 0 ? undefined : head;
  }

  has(origin: string): boolean {
    return this.get(origin) !== undefined;
  }

  *values(): MapIterator<Head> {
    for (let log = 0; log < this.#logs.count; log++) {
      const { head, size } = this.#holdings.version(this.#node, log);
      if (size > 0) yield head;
    }
  }

  *keys(): MapIterator<string> {
    for (const { origin } of this.values()) yield origin;
  }

  *entries(): MapIterator<[string, Head]> {
    for (const head of this.values()) yield [head.origin, head];
  }

  [Symbol.iterator](): MapIterator<[string, Head]> {
    return this.entries();
  }

  forEach(run: (head: Head, origin: string, map: ReadonlyMap<string, Head>) => void): void {
    for (const head of this.values()) run(head, head.origin, this);
  }
}

/** What all nodes hold. */
export class Holdings {
  readonly #ground: Ground;
  readonly #logs: Logs;
  readonly #held: Int32Array;
  readonly #listeners: EntryListener[] = [];

  constructor(ground: Ground, logs: Logs) {
    this.#ground = ground;
    this.#logs = logs;
    this.#held = new Int32Array(ground.nodes * logs.count);
    for (let at = 0; at < this.#held.length; at++) this.#held[at] = at % logs.count;
  }

  listen(listener: EntryListener): void {
    this.#listeners.push(listener);
  }

  heldId(node: number, log: number): VersionId {
    return this.#held[node * this.#logs.count + log]!;
  }

  version(node: number, log: number): Version {
    return this.#logs.version(this.heldId(node, log));
  }

  /** The heads of a node as a view on what it holds now. */
  heads(node: number): ReadonlyMap<string, Head> {
    return new HeadsOfNode(this, this.#logs, node);
  }

  /** Stores what leads from the version held to another one of the same history. */
  advance(node: number, to: Version, through: 'own' | 'gossip' | 'sync'): void {
    const place = node * this.#logs.count + to.log;
    const before = this.#logs.version(this.#held[place]!);
    const { checks, loop } = this.#ground;
    if (!this.#logs.continues(before, to)) {
      const what = `node ${node} went from size ${before.size} to ${to.size} of another history of log ${to.log}`;
      checks.broken('monotonic heads', loop.now, what);
      return;
    }
    checks.held('monotonic heads');
    this.#held[place] = to.id;
    for (let size = before.size + 1; size <= to.size; size++)
      for (const listener of this.#listeners) listener(node, this.#logs.at(to, size), through);
  }

  /** Stores a tail that the sync protocol verified. */
  store(node: number, tail: Verified<Tail>): void {
    const { checks, loop } = this.#ground;
    const signed = this.#logs.versionOfText(tail.checkpoint.text);
    const version = signed === undefined ? undefined : this.#logs.at(signed, tail.to);
    if (version === undefined || !equalBytes(version.tree.root(), tail.tree.root())) {
      checks.broken('no false accept', loop.now, `node ${node} took a tail that no writer signed`);
      return;
    }
    checks.held('no false accept');
    this.advance(node, version, 'sync');
  }
}

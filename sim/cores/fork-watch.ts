// Which nodes know that a log signed two histories. Evidence is the protocol's own, found by the pull machine or brought by gossip.

import { type EquivocationFinding, encodeEquivocation, parseCheckpoint } from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Ground } from './ground.ts';
import type { Logs } from './logs.ts';
import type { PublicationId } from './message.ts';
import type { Publications } from './publications.ts';
import { Waves } from './spread.ts';

const NONE: readonly number[] = [];

export interface ForkParts {
  readonly ground: Ground;
  readonly logs: Logs;
  readonly publications: Publications;
  readonly honest: number;
  /** Publishes at a node what it found. */
  readonly publish: (node: number, publication: PublicationId) => void;
}

export class ForkWatch {
  readonly waves: Waves;
  readonly #parts: ForkParts;
  /** A row of nodes for each log that forked, made when somebody first knows. */
  readonly #known = new Map<number, Uint8Array>();
  /** The evidence that the whole network passes on, by log. */
  readonly #evidence = new Map<number, PublicationId>();
  readonly #foundAfter: number[] = [];
  readonly #forkedAt = new Map<number, number>();
  #bytesMax = 0;

  constructor(parts: ForkParts) {
    this.#parts = parts;
    this.waves = new Waves(parts.honest);
  }

  /** Bytes of the longest evidence. */
  get bytesMax(): number {
    return this.#bytesMax;
  }

  get forkedLogs(): IterableIterator<number> {
    return this.#forkedAt.keys();
  }

  /** Microseconds from each split until an honest node had evidence. */
  get foundAfter(): readonly number[] {
    return this.#foundAfter;
  }

  /** A log showed two histories. */
  split(log: number): void {
    const { now } = this.#parts.ground.loop;
    this.#forkedAt.set(log, now);
    this.waves.start(log, `log ${log}`, now);
  }

  knows(node: number, log: number): boolean {
    return this.#known.get(log)?.[node] === 1;
  }

  /** Logs that a node knows to have forked, in the order of their numbers. */
  knownTo(node: number): readonly number[] {
    if (this.#known.size === 0) return NONE;
    const logs: number[] = [];
    for (const [log, row] of this.#known) if (row[node] === 1) logs.push(log);
    return logs.sort((a, b) => a - b);
  }

  /** The evidence against a log that nodes hand on; undefined when nobody made any. */
  evidenceOf(log: number): PublicationId | undefined {
    return this.#evidence.get(log);
  }

  /** A node has evidence that it made itself. */
  found(node: number, finding: Verified<EquivocationFinding>): void {
    const { ground, logs, publications } = this.#parts;
    const log = logs.logOf(parseCheckpoint(finding.first).origin);
    if (log === undefined || this.knows(node, log)) return;
    if (!this.#forkedAt.has(log)) {
      ground.checks.broken(
        'no false accept',
        ground.loop.now,
        `evidence against log ${log}, which did not fork`,
      );
      return;
    }
    const bytes = encodeEquivocation(finding);
    this.#bytesMax = Math.max(this.#bytesMax, bytes.length);
    this.learn(node, log);
    const known = this.#evidence.get(log);
    const id = known ?? publications.evidence(log, bytes)?.id;
    if (id === undefined) return;
    this.#evidence.set(log, id);
    this.#parts.publish(node, id);
  }

  /** A node takes evidence. Answers false when it had some. */
  learn(node: number, log: number): boolean {
    if (this.knows(node, log)) return false;
    const { ground } = this.#parts;
    let row = this.#known.get(log);
    if (row === undefined) {
      row = new Uint8Array(ground.nodes);
      this.#known.set(log, row);
      this.#foundAfter.push(ground.loop.now - (this.#forkedAt.get(log) ?? ground.loop.now));
    }
    row[node] = 1;
    if (ground.cheats[node] === 0) this.waves.reach(log, ground.loop.now);
    return true;
  }
}

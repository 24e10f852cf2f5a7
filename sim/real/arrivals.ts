// Notes when cards and revocations are taken by each node's services, and sums up.

import type { ZerostateNode } from '../../node/index.ts';
import type { Metrics, Sample, TraceLine } from '../scenario/index.ts';
import type { Timeline } from './timeline.ts';
import { type Kind, watchNode } from './watch.ts';

const MS = 1_000;
/** What metrics of each kind are called, as in the other tiers. */
const NAMES = [
  ['card', 'statements'],
  ['revoked', 'revocations'],
] as const;

interface Thing {
  readonly publishedAt: number;
  /** Microseconds from publishing until a node took it, by node. */
  readonly after: Map<number, number>;
}

/** Watches the nodes of a run. */
export class Arrivals {
  readonly #things: Record<Kind, Map<string, Thing>> = { card: new Map(), revoked: new Map() };
  readonly #isCounted: (node: number) => boolean;
  readonly #nodes: number;
  readonly #time: Timeline;
  readonly #trace: (line: Omit<TraceLine, 'at'>) => void;

  /** Looks at those nodes only that are counted: what adversaries hold is nobody's measure. */
  constructor(
    nodes: readonly ZerostateNode[],
    isCounted: (node: number) => boolean,
    time: Timeline,
    trace: (line: Omit<TraceLine, 'at'>) => void,
  ) {
    this.#isCounted = isCounted;
    this.#nodes = nodes.filter((_, n) => isCounted(n)).length;
    this.#time = time;
    this.#trace = trace;
    for (const [n, node] of nodes.entries()) this.watch(n, node);
  }

  /** Notes what a node takes from now on: also one that is opened again. */
  watch(n: number, node: ZerostateNode): void {
    if (this.#isCounted(n)) watchNode(node, (kind, id) => this.#note(kind, id, n));
  }

  /** A thing was published, begun at this virtual microsecond. */
  published(kind: Kind, id: string, node: number, at: number): void {
    this.#things[kind].set(id, { publishedAt: at, after: this.#early.get(`${kind} ${id}`) ?? new Map() });
    for (const [key, value] of this.#things[kind].get(id)!.after)
      this.#things[kind].get(id)!.after.set(key, value - at);
    this.#early.delete(`${kind} ${id}`);
    this.#trace({ kind: kind === 'card' ? 'publish' : 'revoke', node, peer: -1, what: id });
  }

  /** What is sampled over time, of what was published so far. */
  samples(at: number): Sample[] {
    return NAMES.filter(([kind]) => this.#things[kind].size > 0).map(([kind, name]) => ({
      at,
      metric: `${name}.coverage`,
      value: this.coverage(kind),
    }));
  }

  /** Every number of the end. */
  metrics(): Metrics {
    return Object.assign({}, ...NAMES.map(([kind, name]) => this.#metricsOf(kind, name))) as Metrics;
  }

  /** Share of (thing, node) pairs that have come together, from 0 to 1. */
  coverage(kind: Kind): number {
    const things = [...this.#things[kind].values()];
    const arrived = things.reduce((sum, { after }) => sum + after.size, 0);
    return things.length === 0 ? 0 : arrived / (things.length * this.#nodes);
  }

  /** Dotted metrics under a name; none when nothing was published. The publisher's own copy is no arrival. */
  #metricsOf(kind: Kind, name: string): Metrics {
    const things = [...this.#things[kind].values()];
    if (things.length === 0) return {};
    const ms = things
      .flatMap(({ after }) => [...after.values()].sort((a, b) => a - b).slice(1))
      .map((us) => us / MS)
      .sort((a, b) => a - b);
    const at = (share: number): number => ms[Math.max(0, Math.ceil(ms.length * share) - 1)] ?? -1;
    return {
      [`${name}.published`]: things.length,
      [`${name}.coverage`]: this.coverage(kind),
      [`${name}.arrival.p50Ms`]: at(0.5),
      [`${name}.arrival.p95Ms`]: at(0.95),
      [`${name}.arrival.maxMs`]: at(1),
    };
  }

  /** What was taken before publishing had answered: the publisher's own copy, and a fast neighbour's. */
  readonly #early = new Map<string, Map<number, number>>();

  #note(kind: Kind, id: string, node: number): void {
    const now = this.#time.nowUs;
    const thing = this.#things[kind].get(id);
    this.#trace({ kind: kind === 'card' ? 'arrive' : 'refuse', node, peer: -1, what: id });
    if (thing !== undefined) {
      if (!thing.after.has(node)) thing.after.set(node, now - thing.publishedAt);
      return;
    }
    const early = this.#early.get(`${kind} ${id}`) ?? new Map<number, number>();
    this.#early.set(`${kind} ${id}`, early);
    if (!early.has(node)) early.set(node, now);
  }
}

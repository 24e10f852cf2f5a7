// The relays' reports as a graph, and the way that is left from each neighbour to a destination. Must not believe one side:
// a link between two authors costs what the dearer of both says, and exists only while both say so.

import { RecentMap } from '../bounded/index.ts';
import { AUTHORS_MAX, DISTANCES_MAX, ID_CHARS_MAX, REPORT_LINKS_MAX } from './limits.ts';
import type { DestinationId, LinkReport, NeighbourId } from './ports.ts';

/** A report that was not renewed for so long is void: three of the periods of what is no news, so that one that is lost does no harm. */
const REPORT_LIFE_MS = 10_000;
/** Costs are believed up to this; a link that is worse is as good as none. */
const COST_MAX_MS = 600_000;

/** The usual cost follows what is reported in so long, however often that is: neither a fault nor a lie of half a minute moves it far. */
const USUAL_MS = 600_000;
/** Of a link that is this young the least that was reported is usual: relays that start are busy, and their first word is far too high. */
const USUAL_YOUNG_MS = 60_000;

/** What a path is measured by: reported costs now, what they usually are, or the number of hops. */
export type Metric = 'live' | 'usual' | 'hops';

/** Shortest ways from every author to one destination. */
export interface Distances {
  /** By author's number; Infinity when there is no way. */
  readonly costs: Float64Array;
  readonly hops: Int32Array;
  /** Number of the next author on the way, or -1 when the destination itself is next. */
  readonly next: Int32Array;
}

/** Cost of a link by its author: now, and usually. Changed in place: reports come from everybody all the time. */
interface Link {
  live: number;
  usual: number;
  readonly since: number;
}

interface Known {
  sequence: bigint;
  at: number;
  readonly links: Map<string, Link>;
}

/** A way into a node of the graph: from an author, over a link that one end or both report. */
interface Arc {
  readonly from: number;
  readonly own: Link;
  readonly other: Link;
}

/** True for a report that is within bounds and whose numbers make sense. */
export function isReport(report: LinkReport): boolean {
  const idOk = (id: string) => id.length > 0 && id.length <= ID_CHARS_MAX;
  return (
    idOk(report.author) &&
    idOk(report.region) &&
    report.sequence >= 0n &&
    report.links.length <= REPORT_LINKS_MAX &&
    report.links.every(({ to, costMs }) => idOk(to) && costMs >= 0 && costMs <= COST_MAX_MS)
  );
}

/** What the others say. `self` is left out of every way: what comes from here shall not come back. */
export class NetworkMap {
  readonly #self: NeighbourId;
  readonly #known = new Map<NeighbourId, Known>();
  readonly #excess: (author: NeighbourId) => number;
  readonly #distances: Readonly<Record<Metric, RecentMap<string, Distances>>> = {
    live: new RecentMap(DISTANCES_MAX),
    usual: new RecentMap(DISTANCES_MAX),
    hops: new RecentMap(DISTANCES_MAX),
  };
  #numbers = new Map<NeighbourId, number>();
  #authors: NeighbourId[] = [];
  #into: Arc[][] = [];
  #attached = new Map<DestinationId, Arc[]>();
  #excesses: Float64Array | undefined;
  #stale = true;

  /** `excess` is what an author's word is to be corrected by, in milliseconds for each way through it. */
  constructor(self: NeighbourId, excess: (author: NeighbourId) => number) {
    this.#self = self;
    this.#excess = excess;
  }

  get size(): number {
    return this.#known.size;
  }

  /** True while reports of this author are in force. */
  knows(author: NeighbourId): boolean {
    return this.#known.has(author);
  }

  /** Takes a verified report; false when it is malformed, old, our own, or beyond the bound of authors. */
  take(report: LinkReport, now: number): boolean {
    if (report.author === this.#self || !isReport(report)) return false;
    let known = this.#known.get(report.author);
    if (known === undefined) {
      if (this.#known.size >= AUTHORS_MAX) return false;
      known = { sequence: -1n, at: now, links: new Map() };
      this.#known.set(report.author, known);
    }
    if (known.sequence >= report.sequence) return false;
    const passed = Math.min(1, Math.max(0, now - known.at) / USUAL_MS);
    known.sequence = report.sequence;
    known.at = now;
    const { links } = known;
    const kept = new Set<string>();
    for (const { to, costMs } of report.links) {
      kept.add(to);
      const link = links.get(to);
      if (link === undefined) {
        links.set(to, { live: costMs, usual: costMs, since: now });
        this.#stale = true;
      } else {
        link.live = costMs;
        if (now - link.since < USUAL_YOUNG_MS) link.usual = Math.min(link.usual, costMs);
        else link.usual += passed * (costMs - link.usual);
      }
    }
    // Costs take effect at the next tick, who is connected with whom at once.
    if (links.size > kept.size) {
      this.#stale = true;
      for (const to of links.keys()) if (!kept.has(to)) links.delete(to);
    }
    return true;
  }

  /** To be called at each tick: drops what was not renewed, and lets new costs take effect. */
  advance(now: number): void {
    for (const [author, { at }] of this.#known) if (now - at > REPORT_LIFE_MS) this.#known.delete(author);
    this.#stale = true;
  }

  /** What `author` says of its link to `to`. */
  reported(author: NeighbourId, to: string): number | undefined {
    return this.#known.get(author)?.links.get(to)?.live;
  }

  /** Cost from a neighbour to a destination over ways that avoid us; Infinity when nobody says that there is one. */
  cost(from: NeighbourId, destination: DestinationId, metric: Metric): number {
    if (from === destination) return 0;
    const at = this.#number(from);
    return at === undefined ? Number.POSITIVE_INFINITY : this.#to(destination, metric).costs[at]!;
  }

  /** Hops of the way whose cost is cost(). */
  hops(from: NeighbourId, destination: DestinationId, metric: Metric): number {
    if (from === destination) return 0;
    const at = this.#number(from);
    const hops = at === undefined ? -1 : this.#to(destination, metric).hops[at]!;
    return hops < 0 ? Number.POSITIVE_INFINITY : hops;
  }

  /** The authors on the way from a neighbour to a destination, the neighbour first; empty when there is none. */
  authorsOnWay(from: NeighbourId, destination: DestinationId): NeighbourId[] {
    const start = this.#number(from);
    if (start === undefined || from === destination) return [];
    const { costs, next } = this.#to(destination, 'live');
    const way: NeighbourId[] = [];
    for (let at = start; at >= 0 && way.length <= AUTHORS_MAX && costs[at]! < COST_MAX_MS; at = next[at]!) {
      if (this.#authors[at] === destination) break;
      way.push(this.#authors[at]!);
    }
    return way;
  }

  /** Cost now of a way over these authors, from the first to the destination; NaN where nobody says that there is such a link. */
  along(path: readonly NeighbourId[], destination: DestinationId): number {
    if (path.at(-1) === destination) return this.along(path.slice(0, -1), destination);
    let sum = 0;
    for (const [at, author] of path.entries()) {
      const to = path[at + 1] ?? destination;
      const own = this.#known.get(author)?.links.get(to);
      const other = this.#known.has(to) ? this.#known.get(to)!.links.get(author) : own;
      if (own === undefined || other === undefined) return Number.NaN;
      sum += Math.max(own.live, other.live) + this.#excess(author);
    }
    return sum;
  }

  #number(author: NeighbourId): number | undefined {
    if (this.#stale) this.#build();
    return this.#numbers.get(author);
  }

  #build(): void {
    this.#stale = false;
    this.#forget();
    this.#authors = [...this.#known.keys()];
    this.#numbers = new Map(this.#authors.map((author, at) => [author, at]));
    this.#into = this.#authors.map(() => []);
    this.#attached = new Map();
    for (const [author, { links }] of this.#known) {
      const from = this.#numbers.get(author)!;
      for (const [to, own] of links) {
        if (to === this.#self) continue;
        const end = this.#numbers.get(to);
        if (end === undefined) {
          const arcs = this.#attached.get(to);
          const arc = { from, own, other: own };
          if (arcs === undefined) this.#attached.set(to, [arc]);
          else arcs.push(arc);
          continue;
        }
        const other = this.#known.get(to)!.links.get(author);
        if (other !== undefined) this.#into[end]!.push({ from, own, other });
      }
    }
  }

  // What was computed from the costs of a moment ago. The corrections are looked up once for all searches of a tick.
  #forget(): void {
    for (const found of Object.values(this.#distances)) found.clear();
    this.#excesses = undefined;
  }

  #to(destination: DestinationId, metric: Metric): Distances {
    if (this.#stale) this.#build();
    return this.#distances[metric].obtain(destination, () => this.#search(destination, metric));
  }

  // Dijkstra from the destination backwards, over authors only. They are few, so the nearest is looked for in a row.
  #search(destination: DestinationId, metric: Metric): Distances {
    const count = this.#authors.length;
    const costs = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    const hops = new Int32Array(count).fill(-1);
    const next = new Int32Array(count).fill(-1);
    const done = new Uint8Array(count);
    this.#excesses ??= Float64Array.from(this.#authors, this.#excess);
    const excesses = this.#excesses;
    const weight = ({ from, own, other }: Arc): number => {
      if (metric === 'hops') return 1;
      return Math.max(own[metric], other[metric]) + (metric === 'live' ? excesses[from]! : 0);
    };
    const relax = (arc: Arc, base: number, steps: number, via: number): void => {
      const cost = base + weight(arc);
      if (cost >= costs[arc.from]!) return;
      costs[arc.from] = cost;
      hops[arc.from] = steps + 1;
      next[arc.from] = via;
    };
    const own = this.#numbers.get(destination);
    if (own !== undefined) {
      costs[own] = 0;
      hops[own] = 0;
    }
    for (const arc of this.#attached.get(destination) ?? []) relax(arc, 0, 0, -1);
    for (let round = 0; round < count; round++) {
      let nearest = -1;
      for (let at = 0; at < count; at++)
        if (done[at] === 0 && (nearest < 0 || costs[at]! < costs[nearest]!)) nearest = at;
      if (nearest < 0 || costs[nearest] === Number.POSITIVE_INFINITY) break;
      done[nearest] = 1;
      for (const arc of this.#into[nearest]!) relax(arc, costs[nearest]!, hops[nearest]!, nearest);
    }
    return { costs, hops, next };
  }
}

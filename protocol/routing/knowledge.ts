// What every policy may use: own links, the others' reports, and how far each author is to be believed. It turns events into
// that knowledge and ticks into probes and reports.

import { REPORT_LINKS_MAX } from './limits.ts';
import { LinkBook } from './link-book.ts';
import { NetworkMap } from './network-map.ts';
import type {
  DestinationId,
  LinkReport,
  NeighbourId,
  RoutingEffect,
  RoutingEvent,
  RoutingView,
} from './ports.ts';
import { Trust } from './trust.ts';

/**
 * Numbers of reports that may have been used since a snapshot was written: a number is a millisecond of the clock where that goes on, and snapshots are
 * written every half minute.
 */
const UNWRITTEN = 120_000n;

export interface KnowledgeOptions {
  readonly self: NeighbourId;
  /** Probes links at each tick. */
  readonly probes: boolean;
  /** Tells the others of own links: relays do, edges do not. */
  readonly advertises: boolean;
}

export class Knowledge {
  readonly links = new LinkBook();
  readonly trust = new Trust();
  readonly map: NetworkMap;
  readonly #options: KnowledgeOptions;
  #sequence = 0n;
  /** Numbers that are passed over before the next report. */
  #unwritten = 0n;
  #now = 0;

  constructor(options: KnowledgeOptions) {
    this.#options = options;
    this.map = new NetworkMap(options.self, (author) => this.trust.excess(author, this.#now));
  }

  /** Sequence of the last own report. */
  get sequence(): bigint {
    return this.#sequence;
  }

  observe(event: RoutingEvent, now: number): void {
    this.#now = now;
    if (event.kind === 'probed') this.links.sample(event.neighbour, event.rttMs, now);
    else if (event.kind === 'handed')
      this.links.sample(event.neighbour, event.ok ? event.tookMs : undefined, now);
    else if (event.kind === 'reported') this.map.take(event.report, now);
    else if (event.kind === 'finished') this.#finished(event, now);
    else if (event.kind === 'carried') this.#carried(event, now);
  }

  tick(view: RoutingView, now: number): RoutingEffect[] {
    this.#now = now;
    this.map.advance(now);
    for (const neighbour of view.neighbours) this.links.obtain(neighbour, view.region, now);
    this.#crossCheck(view, now);
    // Only neighbours are accused: whoever has one way out cannot tell which of the relays behind it is at fault, and its neighbour can.
    const neighbours = new Set(view.neighbours.map(({ id }) => id));
    const effects = this.trust.discrepancies(now, (author) => neighbours.has(author));
    if (this.#options.probes) effects.push(...this.links.due(view, now));
    if (this.#options.advertises) effects.push({ kind: 'advertise', report: this.#report(view, now) });
    return effects;
  }

  /** Goes on from a saved sequence, so that others do not take the next reports for old ones. */
  resume(sequence: bigint): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#unwritten = UNWRITTEN;
  }

  #finished(event: RoutingEvent & { kind: 'finished' }, now: number): void {
    const { destination, neighbour } = event;
    const guess = this.map.authorsOnWay(neighbour, destination);
    // Where nobody says which way it took, or reports have a gap on it, it took the shortest.
    const said = event.path ?? guess;
    const path = Number.isNaN(this.#promised(neighbour, said, destination, now)) ? guess : said;
    const promisedMs = this.#promised(neighbour, path, destination, now);
    // Whoever does not answer is at fault; whoever says that there is no way may be right, and what a path carries ends at the peer.
    const excused = !event.ok && (event.refused === true || event.path !== undefined);
    // Whoever is late may be the peer at the end; who does not answer is the neighbour itself.
    const kind = { what: 'opened', excused, to: event.ok ? destination : undefined } as const;
    this.trust.way(path, promisedMs, event.ok ? event.tookMs : undefined, now, kind);
  }

  #carried({ destination, path, tookMs }: RoutingEvent & { kind: 'carried' }, now: number): void {
    const [first] = path;
    if (first === undefined) return;
    const promisedMs = this.#promised(first, path, destination, now);
    this.trust.way(path, promisedMs, tookMs, now, { what: 'carried' });
  }

  /** What the own link and the reports on a way promise; NaN where there is a gap. */
  #promised(
    neighbour: NeighbourId,
    path: readonly NeighbourId[],
    destination: DestinationId,
    now: number,
  ): number {
    const link = this.links.get(neighbour);
    if (link === undefined || path[0] !== neighbour) return Number.NaN;
    return link.cost(now).srttMs + this.map.along(path, destination);
  }

  // The same link has two ends; a round trip looks the same from both, and a loss does not. What all links take longer from here than their other
  // ends say is our own pause, so that much is forgiven; with one link alone nobody can tell whose it is.
  #crossCheck({ neighbours, self }: RoutingView, now: number): void {
    const pairs = neighbours.flatMap(({ id }) => {
      const reportedMs = this.map.reported(id, self);
      const link = this.links.get(id);
      return reportedMs === undefined || link === undefined
        ? []
        : [{ id, reportedMs, measuredMs: link.cost(now).srttMs }];
    });
    if (pairs.length < 2) return;
    const surplus = pairs.map(({ measuredMs, reportedMs }) => measuredMs - reportedMs).sort((a, b) => a - b);
    const ownMs = Math.max(0, surplus[Math.floor((surplus.length - 1) / 2)]!);
    for (const { id, measuredMs, reportedMs } of pairs)
      this.trust.link(id, reportedMs, measuredMs - ownMs, now);
  }

  #report(view: RoutingView, now: number): LinkReport {
    // The clock as a floor: one that lost its state still says something newer than before.
    const floor = BigInt(Math.max(0, Math.floor(now)));
    const next = this.#sequence + this.#unwritten + 1n;
    this.#sequence = next > floor ? next : floor;
    this.#unwritten = 0n;
    const links = view.neighbours
      .filter(({ up }) => up)
      .slice(0, REPORT_LINKS_MAX)
      .map((neighbour) => ({
        to: neighbour.id,
        costMs: Math.round(this.links.costMs(neighbour, view.region, now) * 10) / 10,
      }));
    return { author: view.self, sequence: this.#sequence, region: view.region, links };
  }
}

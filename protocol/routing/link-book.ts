// The links of one router: an estimate for each neighbour, and which of them are due for a probe.

import { RecentMap } from '../bounded/index.ts';
import { NEIGHBOURS_MAX, PROBES_PER_TICK_MAX, TICK_MS } from './limits.ts';
import { LinkEstimate, type SavedLink } from './link-estimate.ts';
import type { NeighbourId, NeighbourView, RoutingEffect, RoutingView } from './ports.ts';

/** Round trip of a neighbour that nobody measured, within the own region and beyond it. */
const PRIOR_NEAR_MS = 30;
const PRIOR_FAR_MS = 120;
/** Who forwards is probed at each tick, and this seldom while its link is as usual; whose link only ends there, seldom. */
const CALM_PROBE_MS = 3_000;
const ENDPOINT_PROBE_MS = 5_000;
/** A link is late by itself beyond so many times what half of the links are late. */
const COMMON_MEDIANS = 2;

/** What a link is thought to take before anything was measured: the transport's word, or what the region says. */
export function priorRttMs(neighbour: NeighbourView, region: string): number {
  return neighbour.rttMs ?? (neighbour.region === region ? PRIOR_NEAR_MS : PRIOR_FAR_MS);
}

/** Estimates by neighbour, bounded. */
export class LinkBook {
  readonly #links = new RecentMap<NeighbourId, LinkEstimate>(NEIGHBOURS_MAX);
  readonly #probedAt = new RecentMap<NeighbourId, number>(NEIGHBOURS_MAX);

  get(id: NeighbourId): LinkEstimate | undefined {
    return this.#links.get(id);
  }

  obtain(neighbour: NeighbourView, region: string, now: number): LinkEstimate {
    const link = this.#links.obtain(neighbour.id, () => new LinkEstimate(priorRttMs(neighbour, region), now));
    if (neighbour.rttMs !== undefined) link.heard(neighbour.rttMs);
    return link;
  }

  /** Cost at `now` of a link, from its estimate or its prior. */
  costMs(neighbour: NeighbourView, region: string, now: number): number {
    const link = this.#links.get(neighbour.id);
    return link === undefined ? priorRttMs(neighbour, region) * 1.1 : link.costMs(now);
  }

  /** A sample of a link; without `rttMs` something was lost on it. Links that no tick has shown us are made from it. */
  sample(id: NeighbourId, rttMs: number | undefined, now: number): void {
    const link = this.#links.obtain(id, () => new LinkEstimate(rttMs ?? PRIOR_FAR_MS, now));
    if (rttMs === undefined) link.failed(now);
    else link.succeeded(rttMs, now);
  }

  /** Whom to probe: whose link was silent for longest first. */
  due(view: RoutingView, now: number): RoutingEffect[] {
    const silent: { readonly probe: RoutingEffect & { kind: 'probe' }; readonly since: number }[] = [];
    const commonMs = this.#commonMs(view, now);
    for (const neighbour of view.neighbours) {
      if (!neighbour.up) continue;
      const { forwards, id } = neighbour;
      const isCalm = forwards && this.#links.get(id)?.isCalm(now, commonMs) === true;
      const every = isCalm ? CALM_PROBE_MS : forwards ? TICK_MS : ENDPOINT_PROBE_MS;
      const since = this.#probedAt.get(id) ?? Number.NEGATIVE_INFINITY;
      // Half a tick of grace: ticks come a little early and a little late.
      if (now - since >= every - TICK_MS / 2)
        silent.push({ probe: { kind: 'probe', neighbour: id, isCalm }, since });
    }
    silent.sort((a, b) => a.since - b.since);
    return silent.slice(0, PROBES_PER_TICK_MAX).map(({ probe }) => {
      this.#probedAt.set(probe.neighbour, now);
      return probe;
    });
  }

  /**
   * What links take longer than usual here, in milliseconds: twice what half of them do. That is a pause of our own, or of all, which closer looks would
   * only lengthen; and where all are late, some are later by chance.
   */
  #commonMs({ neighbours }: RoutingView, now: number): number {
    const surplus = neighbours.flatMap(({ forwards, id }) => {
      const link = forwards ? this.#links.get(id) : undefined;
      return link === undefined ? [] : [link.surplusMs(now)];
    });
    if (surplus.length < 2) return 0;
    return Math.max(0, COMMON_MEDIANS * surplus.sort((a, b) => a - b)[(surplus.length - 1) >> 1]!);
  }

  save(now: number): Record<string, SavedLink> {
    return Object.fromEntries([...this.#links.entries()].map(([id, link]) => [id, link.save(now)]));
  }

  load(id: NeighbourId, saved: SavedLink, now: number): void {
    this.#links.set(id, LinkEstimate.load(saved, now));
  }
}

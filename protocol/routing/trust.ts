// Whose word is worth how much: what was measured over ways through a relay, less what the reports promised. A linear
// estimate by least mean squares: the surplus of a way is shared among its relays, and what other ways disprove is taken back,
// until it rests with the one that lies or drops. Must not judge from one measurement.

import { RecentMap } from '../bounded/index.ts';
import { AUTHORS_MAX } from './limits.ts';
import type { NeighbourId, RoutingEffect } from './ports.ts';
import { UsualSurplus } from './usual-surplus.ts';

/** Share of a surplus that is believed at once. */
const GAIN = 0.1;
/** Deviations below this share of the promise, or these milliseconds, are noise. */
const NOISE_SHARE = 0.25;
const NOISE_MS = 15;
/** A way that failed is worth what its sender then loses: a time-out and a second try. */
const FAILURE_MS = 2_000;
/** Most that one measurement counts, so that one outlier moves nobody's standing. */
const SURPLUS_MAX_MS = 2_000;
/** Excess that nobody measures fades, so that a relay that mended its ways is tried again. */
const DECAY_MS = 60_000;
/** Excess beyond which an author is said to be wrong, and the measurements it takes. */
const DISCREPANCY_MS = 100;
const DISCREPANCY_SAMPLES = 10;
/** Of these, so often another peer than the time before saw it: the peer at the end of a way may be late over one relay, and not over others. */
const DISCREPANCY_TURNS = 4;
/** Of the peers at the ends of ways through an author, more than half must have seen it: of those that were found within this time. */
const VERDICT_MS = 600_000;
/** Peers whose last way through an author is remembered, for that: some 100 bytes each. */
const VERDICTS_MAX = 32;
const FITTING = 3;
/** The same is not said again before. */
const REPEAT_MS = 60_000;
/** A link that both ends measure: ticks for which an end may claim less than half of what the other sees. */
const STRIKES = 5;

/** A relay that nothing speaks against has this share in a surplus beside one that is suspected by so many milliseconds: suspicion explains away. */
const INNOCENT_MS = 20;
/** What was measured of a way besides how long it took. */
export interface WayKind {
  /** How long it took to open it, or what then passed on it there and back. */
  readonly what: 'opened' | 'carried';
  /** It failed, and the peer at its end may be gone, or want it to look so: nobody on the way is accused of that. */
  readonly excused?: boolean;
  /** The peer at its end; absent: another one each time. */
  readonly to?: string | undefined;
}

interface Standing {
  excess: number;
  changedAt: number;
  samples: number;
  /** Times that the evidence of this spell came from another peer than before. */
  turns: number;
  lastTo: string | undefined;
  /** What the last way to each peer said of the author. */
  readonly verdicts: RecentMap<string, { readonly wrong: boolean; readonly at: number }>;
  strikes: number;
  saidAt: number;
  reportedMs: number;
  measuredMs: number;
}

/** What is kept of an author over a restart. */
export interface SavedStanding {
  readonly excessMs: number;
  readonly samples: number;
}

/** Corrections to the word of authors. */
export class Trust {
  readonly #standings = new RecentMap<NeighbourId, Standing>(AUTHORS_MAX);
  readonly #usual = { opened: new UsualSurplus(), carried: new UsualSurplus() };

  /** Milliseconds by which each way through an author is worse than reported. */
  excess(author: NeighbourId, now: number): number {
    const standing = this.#standings.get(author);
    return standing === undefined ? 0 : standing.excess * left(standing, now);
  }

  /** Authors through whom ways are worse than reported by at least so many milliseconds, the worst first. */
  suspects(leastMs: number, now: number): NeighbourId[] {
    return [...this.#standings.entries()]
      .map(([author, standing]) => ({ author, ms: standing.excess * left(standing, now) }))
      .filter(({ ms }) => ms >= leastMs)
      .sort((a, b) => b.ms - a.ms)
      .map(({ author }) => author);
  }

  /** A demand went over these relays: promised and measured milliseconds, `measuredMs` absent when it failed. */
  way(
    authors: readonly NeighbourId[],
    promisedMs: number,
    measuredMs: number | undefined,
    now: number,
    { excused = false, to, what }: WayKind = { what: 'opened' },
  ): void {
    if (authors.length === 0 || !Number.isFinite(promisedMs)) return;
    const usual = this.#usual[what];
    const surplus = measuredMs === undefined ? FAILURE_MS : measuredMs - promisedMs - usual.ms;
    if (measuredMs !== undefined) usual.add(measuredMs - promisedMs);
    const noise = Math.max(NOISE_MS, NOISE_SHARE * promisedMs);
    const heard = Math.abs(surplus) <= noise ? Math.min(0, surplus) : surplus;
    const step = GAIN * Math.max(-SURPLUS_MAX_MS, Math.min(SURPLUS_MAX_MS, heard));
    const suspicion = authors.map((author) => INNOCENT_MS + this.excess(author, now));
    const all = suspicion.reduce((sum, one) => sum + one, 0);
    for (const [at, author] of authors.entries()) {
      const standing = this.#obtain(author, now);
      const excess = standing.excess * left(standing, now);
      const share = (step * suspicion[at]!) / all;
      standing.excess = Math.max(0, excess + share);
      standing.changedAt = now;
      // Nobody is accused for a handshake: that waits for both ends' processors as well.
      if (what === 'carried' || excused) continue;
      // Evidence is what does not fit the author's own word, whatever was already corrected. What fits takes back more: the
      // samples of one spell count, not those of a lifetime.
      const wrong = surplus + excess > noise;
      standing.samples = wrong ? standing.samples + 1 : Math.max(0, standing.samples - FITTING);
      if (standing.samples === 0) standing.turns = 0;
      else if (wrong && (to === undefined || standing.lastTo !== to)) standing.turns += 1;
      if (wrong) standing.lastTo = to;
      if (to !== undefined) standing.verdicts.set(to, { wrong, at: now });
      standing.reportedMs = Math.max(0, promisedMs - excess);
      standing.measuredMs = measuredMs ?? promisedMs + FAILURE_MS;
    }
  }

  /** Once a tick: what a neighbour reports of its link to us, and what we measure of the same link. */
  link(author: NeighbourId, reportedMs: number, measuredMs: number, now: number): void {
    const wrong = measuredMs > 2 * reportedMs + NOISE_MS;
    if (!wrong && this.#standings.get(author) === undefined) return;
    const standing = this.#obtain(author, now);
    standing.strikes = wrong ? standing.strikes + 1 : 0;
    if (standing.strikes < STRIKES) return;
    const excess = standing.excess * left(standing, now);
    const missing = Math.min(SURPLUS_MAX_MS, measuredMs - reportedMs) - excess;
    standing.excess = excess + GAIN * Math.max(0, missing);
    standing.changedAt = now;
    standing.samples += 1;
    // Measured by this node itself, of a link of its own.
    standing.turns += 1;
    standing.reportedMs = reportedMs;
    standing.measuredMs = measuredMs;
  }

  /** Who is to be reported among those whom it is up to us to report, not oftener than once a minute each. */
  discrepancies(now: number, ours: (author: NeighbourId) => boolean): RoutingEffect[] {
    const effects: RoutingEffect[] = [];
    for (const [about, standing] of this.#standings.entries()) {
      if (
        standing.turns < DISCREPANCY_TURNS ||
        standing.samples < DISCREPANCY_SAMPLES ||
        now - standing.saidAt < REPEAT_MS
      )
        continue;
      if (!ours(about)) continue;
      // What this node measures of its own link needs no peer to say so.
      if (standing.strikes < STRIKES && !isOfMost(standing, now)) continue;
      if (standing.excess * left(standing, now) < DISCREPANCY_MS) continue;
      standing.saidAt = now;
      const { reportedMs, measuredMs, samples } = standing;
      effects.push({ kind: 'discrepancy', about, reportedMs, measuredMs, samples });
    }
    return effects;
  }

  save(now: number): Record<string, SavedStanding> {
    const rows = [...this.#standings.entries()].map(([author, standing]): [string, SavedStanding] => {
      const excessMs = Math.round(standing.excess * left(standing, now));
      return [author, { excessMs, samples: standing.samples }];
    });
    return Object.fromEntries(rows.filter(([, { excessMs }]) => excessMs > 0));
  }

  /** Takes up a saved standing, as it was at `now`. */
  load(author: NeighbourId, { excessMs, samples }: SavedStanding, now: number): void {
    const standing = this.#obtain(author, now);
    standing.excess = Math.min(Math.max(0, excessMs), SURPLUS_MAX_MS);
    standing.samples = Math.max(0, Math.floor(samples));
    standing.changedAt = now;
  }

  #obtain(author: NeighbourId, now: number): Standing {
    return this.#standings.obtain(author, () => ({
      excess: 0,
      changedAt: now,
      samples: 0,
      turns: 0,
      lastTo: undefined,
      verdicts: new RecentMap(VERDICTS_MAX),
      strikes: 0,
      saidAt: Number.NEGATIVE_INFINITY,
      reportedMs: 0,
      measuredMs: 0,
    }));
  }
}

/** True while more than half of the peers that were lately found through an author were late: some alone may be so as they like, and together. */
function isOfMost({ verdicts }: Standing, now: number): boolean {
  const heard = [...verdicts.values()].filter(({ at }) => now - at < VERDICT_MS);
  return 2 * heard.filter(({ wrong }) => wrong).length > heard.length || heard.length === 0;
}

const left = ({ changedAt }: Standing, now: number): number =>
  Math.exp(-Math.max(0, now - changedAt) / DECAY_MS);

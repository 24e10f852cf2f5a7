// Which relay broke its word so often that it is to be reported: one that alone was on paths that broke or carried nothing, while another path,
// round it and over nobody else who was new, reached the same peer. So neither a peer that is gone nor a relay further on is held against it.

import { NEIGHBOURS_MAX, RecentMap } from '../../protocol/routing/index.ts';

/** Faults before a relay is reported, and their share of its paths: everybody's paths break now and then. */
const FAULTS_MIN = 10;
const FAULTS_SHARE = 0.3;
/** Paths of a relay after which all that was counted counts half: what it was long ago does not cover what it is now. */
const COUNTED_MAX = 128;

interface Counts {
  sound: number;
  faults: number;
}

/** The relay that a path failed at, as another that was there instead shows; undefined where it may have been another. */
export function atFault(failed: readonly string[], instead: readonly string[]): string | undefined {
  const [first] = failed;
  const missing = failed.filter((relay) => !instead.includes(relay));
  return missing.length === 1 && missing[0] === first ? first : undefined;
}

/** Counts paths by their first relay. */
export class Faults {
  readonly #counts = new RecentMap<string, Counts>(NEIGHBOURS_MAX);

  /** A path through this relay carried something. */
  sound(relay: string): void {
    this.#of(relay).sound += 1;
  }

  /** A path failed at this relay, and nobody else. Answers what is to be said of it, once it is enough. */
  fault(relay: string): string | undefined {
    const counts = this.#of(relay);
    counts.faults += 1;
    const { faults, sound } = counts;
    if (faults < FAULTS_MIN || faults < (faults + sound) * FAULTS_SHARE) return undefined;
    return `${faults} paths through it broke or carried nothing while others reached the same peers, ${sound} carried`;
  }

  #of(relay: string): Counts {
    const counts = this.#counts.get(relay) ?? { sound: 0, faults: 0 };
    this.#counts.set(relay, counts);
    if (counts.sound + counts.faults >= COUNTED_MAX) {
      counts.sound = Math.floor(counts.sound / 2);
      counts.faults = Math.floor(counts.faults / 2);
    }
    return counts;
  }
}

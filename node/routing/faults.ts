// Which relay broke its word so often that it is to be reported: one that alone was on paths that broke or carried nothing, while another path,
// round it and over nobody else who was new, reached the same peer. So neither a peer that is gone nor a relay further on is held against it. A peer can
// answer over some relays and not over others as it likes: what one peer saw of a relay condemns it never, it takes others who saw the same.

import { RecentMap } from '../../protocol/bounded/index.ts';
import { NEIGHBOURS_MAX } from '../../protocol/routing/index.ts';

/** Faults before a relay is reported, and their share of its paths: everybody's paths break now and then. */
const FAULTS_MIN = 10;
const FAULTS_SHARE = 0.3;
/** Faults that are left when those towards the peer with most of them are not counted: that one may have made them itself. */
const FAULTS_OF_OTHERS_MIN = 5;
/** Paths after which what was counted counts half, as long ago does not cover what is now: of a relay, without the peer with most faults, and of a peer. */
const COUNTED_MAX = 96;
/** Peers that are told apart, of one relay: of more, within so many paths, none has a say worth keeping. */
const PEERS_MAX = 64;

interface Counts {
  readonly sound: number;
  readonly faults: number;
}

/** The relay that a path failed at, as another that was there instead shows; undefined where it may have been another. */
export function atFault(failed: readonly string[], instead: readonly string[]): string | undefined {
  const [first] = failed;
  const missing = failed.filter((relay) => !instead.includes(relay));
  return missing.length === 1 && missing[0] === first ? first : undefined;
}

const NOTHING: Counts = { sound: 0, faults: 0 };

/** Counts paths by their first relay, and by the peer that they led to. */
export class Faults {
  readonly #counts = new RecentMap<string, RecentMap<string, Counts>>(NEIGHBOURS_MAX);

  /** A path through this relay to a peer carried something. */
  sound(relay: string, peer: string): void {
    this.#add(relay, peer, { sound: 1, faults: 0 });
  }

  /** A path to a peer failed at this relay, and nobody else. Answers what is to be said of it, once it is enough. */
  fault(relay: string, peer: string): string | undefined {
    const { others, worst } = this.#add(relay, peer, { sound: 0, faults: 1 });
    const all = sumOf([others, worst]);
    if (all.faults < FAULTS_MIN || !isOften(all)) return undefined;
    if (others.faults < FAULTS_OF_OTHERS_MIN || !isOften(others)) return undefined;
    return `${all.faults} paths through it broke or carried nothing while others reached the same peers, ${all.sound} carried`;
  }

  /** Counts, and answers what the peer with most faults saw, and what all others did. */
  #add(relay: string, peer: string, one: Counts): { readonly worst: Counts; readonly others: Counts } {
    const peers = this.#counts.obtain(relay, () => new RecentMap(PEERS_MAX));
    this.#counts.set(relay, peers);
    const counts = sumOf([peers.get(peer) ?? NOTHING, one]);
    peers.set(peer, isMany(counts) ? halfOf(counts) : counts);
    const [worst = NOTHING, ...rest] = [...peers.values()].sort((a, b) => b.faults - a.faults);
    const others = sumOf(rest);
    // That peer alone must not make old what others saw.
    if (isMany(others)) for (const [id, seen] of [...peers.entries()]) peers.set(id, halfOf(seen));
    return { worst, others };
  }
}

const isMany = ({ faults, sound }: Counts): boolean => faults + sound >= COUNTED_MAX;
const isOften = ({ faults, sound }: Counts): boolean => faults >= (faults + sound) * FAULTS_SHARE;

const halfOf = ({ faults, sound }: Counts): Counts => ({
  sound: Math.floor(sound / 2),
  faults: Math.floor(faults / 2),
});

function sumOf(counts: readonly Counts[]): Counts {
  let [sound, faults] = [0, 0];
  for (const one of counts) [sound, faults] = [sound + one.sound, faults + one.faults];
  return { sound, faults };
}

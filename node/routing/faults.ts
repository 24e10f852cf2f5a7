// Which relay broke its word so often that it is to be reported: one that alone was on paths that broke or carried nothing, while another path,
// round it and over nobody else who was new, reached the same peer. So neither a peer that is gone nor a relay further on is held against it. Peers can
// answer over some relays and not over others as they like: what one peer saw of a relay, or less than half of those that were lately called over it,
// condemns it never.

import { RecentMap } from '../../protocol/bounded/index.ts';
import { NEIGHBOURS_MAX } from '../../protocol/routing/index.ts';

/** Faults before a relay is reported, and their share of its paths: everybody's paths break now and then. */
const FAULTS_MIN = 10;
const FAULTS_SHARE = 0.3;
/** Faults that are left when those towards half of the peers, and one at least, are not counted: the half with most of them may have made them together. */
const FAULTS_OF_OTHERS_MIN = 4;
/** Paths over a relay within which a peer has a voice about it: who was called long ago says nothing of now. */
const VOICE_PATHS_MAX = 192;
/** Paths after which what was counted counts half, as long ago does not cover what is now: of a relay, without the peer with most faults, and of a peer. */
const COUNTED_MAX = 96;
/** Peers that are told apart, of one relay: of more, within so many paths, none has a say worth keeping. */
const PEERS_MAX = 64;

interface Counts {
  readonly sound: number;
  readonly faults: number;
}

interface OfPeer extends Counts {
  /** The path over the relay that was the last to this peer, counted from the first. */
  readonly path: number;
}

interface OfRelay {
  paths: number;
  readonly peers: RecentMap<string, OfPeer>;
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
  readonly #counts = new RecentMap<string, OfRelay>(NEIGHBOURS_MAX);

  /** A path through this relay to a peer carried something. */
  sound(relay: string, peer: string): void {
    this.#add(relay, peer, { sound: 1, faults: 0 });
  }

  /** A path to a peer failed at this relay, and nobody else. Answers what is to be said of it, once it is enough. */
  fault(relay: string, peer: string): string | undefined {
    const { all, others } = this.#add(relay, peer, { sound: 0, faults: 1 });
    if (all.faults < FAULTS_MIN || !isOften(all)) return undefined;
    if (others.faults < FAULTS_OF_OTHERS_MIN || !isOften(others)) return undefined;
    return `${all.faults} paths through it broke or carried nothing while others reached the same peers, ${all.sound} carried`;
  }

  /** Counts, and answers what all peers saw, and what the half of them saw that has fewest faults. */
  #add(relay: string, peer: string, one: Counts): { readonly all: Counts; readonly others: Counts } {
    const known = this.#counts.obtain(relay, () => ({ paths: 0, peers: new RecentMap(PEERS_MAX) }));
    this.#counts.set(relay, known);
    const { peers } = known;
    known.paths += 1;
    const counts = sumOf([peers.get(peer) ?? NOTHING, one]);
    peers.set(peer, { ...(isMany(counts) ? halfOf(counts) : counts), path: known.paths });
    const voices = [...peers.values()]
      .filter(({ path }) => path > known.paths - VOICE_PATHS_MAX)
      .sort((a, b) => b.faults - a.faults);
    // One peer alone must not make old what others saw.
    if (isMany(sumOf(voices.slice(1))))
      for (const [id, seen] of [...peers.entries()]) peers.set(id, { ...seen, ...halfOf(seen) });
    const half = Math.max(1, Math.floor(voices.length / 2));
    return { all: sumOf(voices), others: sumOf(voices.slice(half)) };
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

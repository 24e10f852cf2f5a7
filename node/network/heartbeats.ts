// What the heartbeats of a node's connections say of their links. A heartbeat takes as long as the link and whatever holds up one of the two
// processes just then; of some in a row the shortest is the link. Others choose ways by what is said here, for a whole round.

/** Heartbeats of each peer that count: with one every ten seconds or so, what a link really became shows half a minute later. */
export const HEARTBEATS_KEPT = 3;

/** The last heartbeats by peer. Bounded by the peers that {@link Heartbeats.retain} leaves. */
export class Heartbeats {
  readonly #last = new Map<string, number[]>();

  /** A heartbeat of a peer came back, in milliseconds. */
  note(peer: string, ms: number): void {
    const last = this.#last.get(peer) ?? [];
    last.push(Math.round(ms));
    if (last.length > HEARTBEATS_KEPT) last.shift();
    this.#last.set(peer, last);
  }

  /** Round trip of a peer's link in whole milliseconds; undefined: not measured. */
  of(peer: string): number | undefined {
    const last = this.#last.get(peer);
    return last === undefined ? undefined : Math.min(...last);
  }

  delete(peer: string): void {
    this.#last.delete(peer);
  }

  /** Forgets all but these. */
  retain(peers: ReadonlySet<string>): void {
    for (const peer of this.#last.keys()) if (!peers.has(peer)) this.#last.delete(peer);
  }
}

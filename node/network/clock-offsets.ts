// How far this node's clock is from those of its neighbours, by what they sign. A finding for people, and why no card is renewed.

/** Neighbours remembered; the longest silent is forgotten first. */
const NEIGHBOURS_MAX = 64;
/** Fewer neighbours than these say nothing: either clock may be the wrong one. */
const NEIGHBOURS_MIN = 2;
/** Clocks that differ by more judge freshness and validity wrongly (milliseconds). */
export const CLOCK_OFFSET_MS_MAX = 60_000;

/** What the neighbours' clocks say. */
export interface ClockView {
  /** Median of their clocks minus this node's, in ms, the way of a message included; null while too few have spoken. */
  readonly offsetMs: number | null;
  readonly neighbours: number;
}

/** The offsets of neighbours, each by its newest word. */
export class ClockOffsets {
  readonly #offsets = new Map<string, number>();

  /** Takes what a neighbour said its clock was when this node's was `nowMs`. */
  note(peerId: string, saidMs: number, nowMs: number): void {
    this.#offsets.delete(peerId);
    this.#offsets.set(peerId, saidMs - nowMs);
    const [oldest] = this.#offsets.keys();
    if (this.#offsets.size > NEIGHBOURS_MAX && oldest !== undefined) this.#offsets.delete(oldest);
  }

  view(): ClockView {
    const sorted = [...this.#offsets.values()].sort((a, b) => a - b);
    const neighbours = sorted.length;
    return {
      offsetMs: neighbours < NEIGHBOURS_MIN ? null : (sorted[Math.floor(neighbours / 2)] ?? null),
      neighbours,
    };
  }
}

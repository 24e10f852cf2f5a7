// Hysteresis: a flow stays on its neighbour until another is clearly better, so that routes do not flap between equals.

import { RecentMap } from '../bounded/index.ts';
import { FLOWS_MAX } from './limits.ts';
import type { Choice } from './method.ts';
import type { NeighbourId } from './ports.ts';

/** A change must save so much: a share of the present cost and some milliseconds, as Tailscale asks of a new home relay. */
const BETTER_SHARE = 0.33;
const BETTER_MS = 10;
/** A flow that was silent for so long starts anew. */
const FLOW_IDLE_MS = 60_000;

interface Flow {
  readonly neighbour: NeighbourId;
  readonly at: number;
}

/** Is `best` not enough better than `present` to change for it? */
export function worthStaying(presentMs: number, bestMs: number): boolean {
  return bestMs > presentMs - BETTER_MS || bestMs > presentMs * (1 - BETTER_SHARE);
}

export class Flows {
  readonly #flows = new RecentMap<string, Flow>(FLOWS_MAX);

  note(flow: string, neighbour: NeighbourId, now: number): void {
    this.#flows.set(flow, { neighbour, at: now });
  }

  /** The choice that a flow keeps, if it may still be chosen and nothing is better by enough. Choices come cheapest first. */
  keeps(choices: readonly Choice[], flow: string | undefined, now: number): Choice | undefined {
    const known = flow === undefined ? undefined : this.#flows.get(flow);
    if (known === undefined || now - known.at > FLOW_IDLE_MS) return undefined;
    const present = choices.find(({ candidate }) => candidate.neighbour === known.neighbour);
    if (present === undefined) return undefined;
    return worthStaying(present.candidate.costMs, choices[0]!.candidate.costMs) ? present : undefined;
  }

  /** A neighbour went: its flows choose anew. */
  forget(neighbour: NeighbourId): void {
    for (const [flow, known] of this.#flows.entries())
      if (known.neighbour === neighbour) this.#flows.delete(flow);
  }
}

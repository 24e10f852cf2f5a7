// Chooses how to search by the counted number of slots that pass, from costs that are measured as queries run. Pure
// arithmetic over its own state; no clock, no memory.

import { CANDIDATES_MAX } from '../limits.ts';
import type { Method, Selection } from './searcher.ts';
import { selectionCount } from './searcher.ts';

/** What the graph holds and how well it was measured to do. */
export interface GraphState {
  /** Slots below this are in the graph; 0: no graph. */
  readonly built: number;
  readonly beam: number;
  /** Share of the true best found, measured; below RECALL_MIN the graph is not used. */
  readonly recall: number;
}

export interface PlanInput {
  readonly selection: Selection;
  readonly slots: number;
  readonly cards: number;
  readonly k: number;
  readonly graph: GraphState;
  /** Candidates that the sign-bit scan takes, and the recall that was measured with them; 0: not measured. */
  readonly compressed: { readonly want: number; readonly recall: number };
}

export interface Plan {
  readonly method: Method;
  readonly microseconds: number;
}

/** Recall below which an approximate method is not worth its name. */
export const RECALL_MIN = 0.99;
/** Below this share of passing slots a graph walks mostly through slots it may not answer. */
const GRAPH_SHARE_MIN = 0.3;
/** An exact answer may cost this much more than the cheapest and is still preferred. */
const EXACT_PREFERENCE = 1.15;
/** Weight of the newest measurement of a cost. */
const LEARNING = 0.05;
/** A measurement further off than this is a busy machine, not a cost. */
const SURPRISE_MAX = 4;

type Mode = Method['mode'];

export class Planner {
  /** Nanoseconds for one unit of each mode, scaled by the width of the vectors; learnt while running. */
  readonly #unit: Record<Mode, number>;

  constructor(width: number) {
    const wide = width / 384;
    this.#unit = { exact: 22 * wide, compressed: 3 + 2 * wide, graph: 70 * wide };
  }

  plan(input: PlanInput): Plan {
    const count = selectionCount(input.selection);
    const exact = this.#cost('exact', { mode: 'exact' }, input);
    const others = [this.#compressed(count, input), this.#graph(count, input)].filter(
      (plan) => plan !== null,
    );
    const cheapest = others.sort((a, b) => a.microseconds - b.microseconds)[0];
    return cheapest === undefined || exact.microseconds <= cheapest.microseconds * EXACT_PREFERENCE
      ? exact
      : cheapest;
  }

  /** Takes in how long a search really ran. */
  learn(method: Method, input: PlanInput, microseconds: number): void {
    const { mode } = method;
    const units = unitsOf(method, input);
    if (units < 100) return;
    const measured = (microseconds * 1000) / units;
    const known = this.#unit[mode];
    if (measured > known * SURPRISE_MAX || measured < known / SURPRISE_MAX) return;
    this.#unit[mode] = known + (measured - known) * LEARNING;
  }

  #compressed(count: number, input: PlanInput): Plan | null {
    // With few slots the candidates are a large part of all: exact is as cheap.
    const { want, recall } = input.compressed;
    if (recall < RECALL_MIN || count < 2 * want || 2 * input.k > CANDIDATES_MAX / 2) return null;
    return this.#cost('compressed', { mode: 'compressed', want }, input);
  }

  #graph(count: number, input: PlanInput): Plan | null {
    const { built, beam, recall } = input.graph;
    if (built === 0 || recall < RECALL_MIN || 2 * input.k > beam || count / input.cards < GRAPH_SHARE_MIN)
      return null;
    return this.#cost('graph', { mode: 'graph', beam, built }, input);
  }

  #cost(mode: Mode, method: Method, input: PlanInput): Plan {
    return { method, microseconds: (unitsOf(method, input) * this.#unit[mode]) / 1000 };
  }
}

/** Work of a method in units whose price is learnt: slots scored, slots compared by sign, slots walked over. */
function unitsOf(method: Method, { selection, slots, cards }: PlanInput): number {
  const count = selectionCount(selection);
  if (method.mode === 'exact') return count + (selection.kind === 'list' ? 0 : slots / 16);
  if (method.mode === 'compressed') {
    // A candidate costs some ten times a comparison.
    return (selection.kind === 'list' ? count * 1.3 : slots) + method.want * 12;
  }
  // Walked slots grow with the beam and, slowly, with the size; a filter makes the walk longer.
  const walked = method.beam * Math.log2(Math.max(2, method.built)) * 1.5;
  return (walked * cards) / Math.max(1, count) + (slots - method.built) / 3;
}

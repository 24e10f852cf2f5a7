// Chooses how to search by the counted number of slots that pass, from costs per unit of work that calibrate.ts measures
// side by side. Pure arithmetic; no clock.

import { BEAM_MAX, CANDIDATES_MAX } from '../limits.ts';
import type { Method, Selection } from './searcher.ts';
import { LIST_SHARE_MAX, selectionCount } from './searcher.ts';

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
  readonly compressed: SieveState;
}

/** Candidates that the sign-bit scan takes, and the recall that was measured with them; 0: not measured. */
export interface SieveState {
  readonly want: number;
  readonly recall: number;
  /** The same measured among a share of the slots, as a filter leaves them; falling shares. */
  readonly fewer?: readonly { readonly share: number; readonly want: number; readonly recall: number }[];
}

/** The more careful of the two measurements that a share lies between. */
export function sieveAt(state: SieveState, share: number): { want: number; recall: number } {
  const levels = [{ share: 1, want: state.want, recall: state.recall }, ...(state.fewer ?? [])];
  const found = levels.findIndex((level) => level.share <= share);
  const below = found === -1 ? levels.length : found;
  const a = levels[Math.max(0, below - 1)]!;
  const b = levels[Math.min(below, levels.length - 1)]!;
  return { want: Math.max(a.want, b.want), recall: Math.min(a.recall, b.recall) };
}

export interface Plan {
  readonly method: Method;
  readonly microseconds: number;
}

/** Recall below which an approximate method is not worth its name. */
export const RECALL_MIN = 0.99;
/** Answers for which the widths are measured. */
export const MEASURED_K = 10;
/** Below this share of passing slots a graph walks mostly through slots it may not answer. */
const GRAPH_SHARE_MIN = 0.2;
/** What choosing the last few costs at least, in comparisons of sign bits. */
const LAST_STEP_UNITS = 3_000;
/** A candidate's bits and int8 vector come from anywhere in memory: so many comparisons that come in order. */
const CANDIDATE_UNITS = 60;
/** An exact answer may cost this much more than the cheapest and is still preferred. */
const EXACT_PREFERENCE = 1.15;

export type Mode = Method['mode'];

export class Planner {
  /** Nanoseconds for one unit of each mode, scaled by the width of the vectors, until they are measured. */
  readonly #unit: Record<Mode, number>;

  constructor(width: number) {
    const wide = width / 384;
    this.#unit = { exact: 22 * wide, compressed: 1.6 + 0.4 * wide, graph: 70 * wide };
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

  /** The sign-bit scan, which reads least of all slots; null where its recall is not known to be good, or there are too few slots. */
  compressed(input: PlanInput): Plan | null {
    return this.#compressed(selectionCount(input.selection), input);
  }

  /** Takes in what one unit of a mode was measured to cost, in nanoseconds. */
  setCost(mode: Mode, nanoseconds: number): void {
    this.#unit[mode] = nanoseconds;
  }

  #compressed(count: number, input: PlanInput): Plan | null {
    // With few slots the candidates are a large part of all: exact is as cheap.
    const { want, recall } = sieveAt(input.compressed, count / Math.max(1, input.slots));
    const wide = Math.ceil(want * Math.max(1, input.k / MEASURED_K));
    if (recall < RECALL_MIN || count < 2 * wide || wide > CANDIDATES_MAX / 2) return null;
    return this.#cost('compressed', { mode: 'compressed', want: wide }, input);
  }

  #graph(count: number, input: PlanInput): Plan | null {
    const { built, beam, recall } = input.graph;
    // The width was measured for MEASURED_K answers; more answers need a search that is wider in proportion.
    const wide = Math.ceil(beam * Math.max(1, input.k / MEASURED_K));
    if (built === 0 || recall < RECALL_MIN || wide > BEAM_MAX || count / input.cards < GRAPH_SHARE_MIN)
      return null;
    return this.#cost('graph', { mode: 'graph', beam: wide, built }, input);
  }

  #cost(mode: Mode, method: Method, input: PlanInput): Plan {
    return { method, microseconds: (unitsOf(method, input) * this.#unit[mode]) / 1000 };
  }
}

/** Work of a method in units: slots scored, slots compared by sign, slots walked over. */
export function unitsOf(
  method: Method,
  { selection, slots, cards }: Pick<PlanInput, 'selection' | 'slots' | 'cards'>,
): number {
  const count = selectionCount(selection);
  if (method.mode === 'exact') return count + (selection.kind === 'list' ? 0 : slots / 100);
  if (method.mode === 'compressed') {
    // Few slots are compared one by one, many all in order.
    const listed = selection.kind === 'list' || count <= slots * LIST_SHARE_MAX;
    const compared = (listed ? count * 2 : slots) + (selection.kind === 'list' ? 0 : slots / 20);
    return compared + method.want * CANDIDATE_UNITS + LAST_STEP_UNITS;
  }
  // Walked slots grow with the beam and, slowly, with the size; a filter makes the walk longer.
  const walked = method.beam * Math.log2(Math.max(2, method.built)) * 1.5;
  return (walked * cards) / Math.max(1, count) + (slots - method.built) / 3;
}

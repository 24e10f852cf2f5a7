// Packets on the irregular grid, by three rules of routing: the experiment of Boyan and Littman (1993), so that our simulator
// and our Q rule can be held against published numbers. The Q rule is protocol/routing's own.

import { QValues } from '../../protocol/routing/index.ts';
import { EventQueue } from '../event-queue.ts';
import { type RandomStream, randomStream } from '../random.ts';
import type { GridPolicy } from './paper.ts';
import { type Grid, hopCounts, irregularGrid } from './topology.ts';

/** Packets under way at once: what arrives beyond is lost, as in the paper's program. */
const IN_FLIGHT_MAX = 1_000;
/** Time to the next node, and least time between two packets that one node forwards. */
const TRANSIT = 1;
const SERVICE = 1;
/** Learning rate of the paper. */
const ETA = 0.5;
/** Sums of times are a little off: what is meant to be a whole number shall not be cut to the one below. */
const ROUNDING = 1e-9;
/** Kinds of events. */
const ARRIVAL = 0;
const FORWARD = 1;

export interface GridScenario {
  readonly policy: GridPolicy;
  /** Packets that arrive in the whole network in a unit of time. */
  readonly load: number;
  readonly seed: number;
  /** Units of time before the mean is taken, and units over which it is taken. */
  readonly settle: number;
  readonly measure: number;
}

export interface GridResult {
  /** Mean delivery time, each cut to whole units as the paper's program does; Infinity when nothing arrived. */
  readonly mean: number;
  /** The same without cutting. */
  readonly exactMean: number;
  readonly delivered: number;
  readonly lost: number;
  readonly events: number;
}

/** Runs one trial. Deterministic for its scenario. */
export function runGrid(scenario: GridScenario): GridResult {
  return new GridRun(scenario).run();
}

class GridRun {
  readonly #scenario: GridScenario;
  readonly #grid: Grid = irregularGrid();
  readonly #hops = hopCounts(this.#grid);
  readonly #queue = new EventQueue(2 * IN_FLIGHT_MAX + 16);
  readonly #values: readonly QValues[];
  readonly #arrivals: RandomStream;
  readonly #ties: RandomStream;
  // When each node forwards next at the earliest, less the time of service.
  readonly #busyUntil: Float64Array;
  // Packets by slot: destination, node, birth, and since when it is at the node.
  readonly #to = new Int32Array(IN_FLIGHT_MAX);
  readonly #at = new Int32Array(IN_FLIGHT_MAX);
  readonly #born = new Float64Array(IN_FLIGHT_MAX);
  readonly #since = new Float64Array(IN_FLIGHT_MAX);
  readonly #free = Array.from({ length: IN_FLIGHT_MAX }, (_, slot) => slot);
  #delivered = 0;
  #lost = 0;
  #events = 0;
  #sum = 0;
  #exactSum = 0;

  constructor(scenario: GridScenario) {
    this.#scenario = scenario;
    this.#values = this.#grid.map((ends) => new QValues(this.#grid.length, ends.length));
    this.#arrivals = randomStream(scenario.seed, 'arrivals');
    this.#ties = randomStream(scenario.seed, 'ties');
    this.#busyUntil = new Float64Array(this.#grid.length).fill(Number.NEGATIVE_INFINITY);
  }

  run(): GridResult {
    const { settle, measure } = this.#scenario;
    const queue = this.#queue;
    this.#arriveAfter(0);
    while (queue.peekTime() <= settle + measure && queue.pop()) {
      this.#events += 1;
      if (queue.kind === ARRIVAL) this.#arrive(queue.time);
      else this.#forward(queue.a, queue.time);
    }
    const mean = (sum: number) => (this.#delivered > 0 ? sum / this.#delivered : Number.POSITIVE_INFINITY);
    return {
      mean: mean(this.#sum),
      exactMean: mean(this.#exactSum),
      delivered: this.#delivered,
      lost: this.#lost,
      events: this.#events,
    };
  }

  #arriveAfter(now: number): void {
    this.#queue.push(now + this.#arrivals.exponential(1 / this.#scenario.load), ARRIVAL, 0, 0);
  }

  #arrive(now: number): void {
    const nodes = this.#grid.length;
    const from = this.#arrivals.below(nodes);
    const to = (from + 1 + this.#arrivals.below(nodes - 1)) % nodes;
    this.#arriveAfter(now);
    const slot = this.#free.pop();
    if (slot === undefined) {
      this.#lost += 1;
      return;
    }
    this.#to[slot] = to;
    this.#at[slot] = from;
    this.#born[slot] = now;
    this.#since[slot] = now;
    // A new packet does not stand in the queue of its source.
    this.#forward(slot, now);
  }

  #forward(slot: number, now: number): void {
    const at = this.#at[slot]!;
    const to = this.#to[slot]!;
    const waited = now - this.#since[slot]!;
    const next = this.#grid[at]![this.#choose(at, to, waited)]!;
    const arrives = now + TRANSIT;
    if (next === to) {
      this.#deliver(slot, arrives);
      return;
    }
    const due = Math.max(arrives, this.#busyUntil[next]! + SERVICE);
    this.#busyUntil[next] = due;
    this.#at[slot] = next;
    this.#since[slot] = arrives;
    this.#queue.push(due, FORWARD, slot, 0);
  }

  #deliver(slot: number, now: number): void {
    const took = now - this.#born[slot]!;
    this.#free.push(slot);
    if (now < this.#scenario.settle) return;
    this.#delivered += 1;
    this.#sum += Math.floor(took + ROUNDING);
    this.#exactSum += took;
  }

  // Which of the node's links; learners learn here, from the neighbour's word at this moment.
  #choose(at: number, to: number, waited: number): number {
    const { policy } = this.#scenario;
    const ends = this.#grid[at]!;
    if (policy === 'shortest-path') return this.#shortest(at, to);
    const own = this.#values[at]!;
    if (policy === 'full-echo')
      for (let link = 0; link < ends.length; link++) this.#learn(at, to, link, waited);
    const link = own.pick(to, this.#ties.unit());
    // With full echo too the answer of the chosen neighbour comes once more, with its taking over the packet.
    this.#learn(at, to, link, waited);
    return link;
  }

  #learn(at: number, to: number, link: number, waited: number): void {
    const next = this.#grid[at]![link]!;
    const left = next === to ? 0 : this.#values[next]!.best(to);
    // The paper's program counts the wait in whole units.
    this.#values[at]!.learn(to, link, Math.floor(waited + ROUNDING) + TRANSIT + left, ETA);
  }

  #shortest(at: number, to: number): number {
    const ends = this.#grid[at]!;
    const hops = this.#hops[to]!;
    let equals = 0;
    for (const end of ends) if (hops[end] === hops[at]! - 1) equals += 1;
    let left = equals === 1 ? 0 : this.#ties.below(equals);
    for (let link = 0; link < ends.length; link++)
      if (hops[ends[link]!] === hops[at]! - 1 && left-- === 0) return link;
    return 0;
  }
}

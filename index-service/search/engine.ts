// Vectors in memory and the ways to search them: plans each search, runs short ones at once and long ones on another
// thread, builds and measures the graph in the background. Knows slots, not cards; keeps nothing on disk.

import {
  type GraphState,
  MEASURED_K,
  type Mode,
  type Plan,
  type PlanInput,
  Planner,
  type SieveState,
} from './planner.ts';
import { SearchThread } from './search-thread.ts';
import { type Fetch, type Hits, Searcher, type Selection, selectionCount } from './searcher.ts';
import { BUILD_THREAD, OWNER_THREAD, SEARCH_THREAD, VectorMemory } from './vector-memory.ts';

/**
 * Searches expected to be shorter run on the caller's thread: handing one over costs some 50 microseconds, and on a busy
 * machine the wait for a core.
 */
const INLINE_MICROSECONDS = 500;
/** Below it a scan is as fast as a graph. */
const GRAPH_SLOTS_MIN = 16_384;
/** Below this many slots the exact scan answers within 200 microseconds: no approximate method is used. */
const APPROXIMATE_SLOTS_MIN = 8_192;
/** Growth after which the approximate methods are measured again. */
const MEASURE_GROWTH = 1.25;
/** Growth of the graph after which its entry points are spread anew. */
const ENTRY_GROWTH = 1.1;
/** New slots that may wait outside the graph before the builder runs again. */
const GRAPH_LAG_SLOTS = 1_024;
/** While a snapshot is being loaded, the vectors of up to so many slots are fetched one by one; who needs more waits for all. */
const FETCHED_SLOTS_MAX = 1_024;
/** Slots of one slice of building: some 50 ms, after which progress counts. */
const BUILD_SLICE_SLOTS = 256;

export interface EngineOptions {
  readonly dims: number;
  /** False: everything runs on the caller's thread and no graph is built. For tools and tests. */
  readonly threads?: boolean;
}

/** What a snapshot keeps of an engine beside its memory. */
export interface EngineState {
  readonly slots: number;
  readonly cards: number;
  readonly linked: number;
  readonly graph: GraphState;
  readonly compressed: SieveState;
  readonly measuredSlots: number;
}

export interface EngineAnswer extends Hits {
  readonly mode: 'exact' | 'compressed' | 'graph';
  /** 1 for exact answers, else the measured share of the true best that this method finds. */
  readonly recall: number;
}

export class VectorEngine {
  readonly vectors: VectorMemory;
  readonly #planner: Planner;
  readonly #searcher: Searcher;
  readonly #threads: boolean;
  readonly #searchThread: SearchThread;
  readonly #buildThread: SearchThread;
  #cards = 0;
  #graph: GraphState = { built: 0, beam: 0, recall: 0 };
  #linked = 0;
  #compressed: SieveState = { want: 0, recall: 0 };
  #measuredSlots = 0;
  #background: Promise<void> | null = null;
  #failure: unknown = null;
  #paused = false;
  #loading = false;
  /** Resolves when the int8 vectors and links of a snapshot are all here; null when nothing is missing. */
  #bodies: Promise<void> | null = null;
  #closed = false;

  constructor({ dims, threads = true }: EngineOptions) {
    this.vectors = new VectorMemory(dims);
    const { memory, layout } = this.vectors;
    this.#planner = new Planner(layout.width);
    this.#searcher = new Searcher(memory, layout, OWNER_THREAD);
    this.#threads = threads;
    this.#searchThread = new SearchThread({ memory, dims, thread: SEARCH_THREAD });
    this.#buildThread = new SearchThread({ memory, dims, thread: BUILD_THREAD });
  }

  /** Living slots. */
  get cards(): number {
    return this.#cards;
  }

  /** State of the graph for statistics. */
  get graph(): {
    readonly state: 'ready' | 'building' | 'not-needed' | 'unavailable';
    readonly slots: number;
    readonly recall: number;
  } {
    const quiet = this.#graph.built > 0 ? 'ready' : 'not-needed';
    const state =
      this.#failure !== null
        ? 'unavailable'
        : this.#linked < this.vectors.slots && this.#background !== null
          ? 'building'
          : quiet;
    return { state, slots: this.#linked, recall: this.#graph.recall };
  }

  /** Adds a vector; it can be found at once. */
  push(vector: Float32Array): number {
    const slot = this.vectors.push(vector);
    this.#cards++;
    this.#wake();
    return slot;
  }

  kill(slot: number): void {
    this.vectors.kill(slot);
    this.#cards--;
  }

  /** How a search would run. */
  plan(k: number, selection: Selection): Plan {
    return this.#planner.plan(this.#input(k, selection));
  }

  async search(vector: Float32Array, k: number, selection: Selection, fixed?: Plan): Promise<EngineAnswer> {
    const input = this.#input(k, selection);
    const plan = this.#bodies === null ? (fixed ?? this.#planner.plan(input)) : this.#planEarly(input, fixed);
    if (plan === null) {
      await this.#bodies;
      return await this.search(vector, k, selection, fixed);
    }
    const job = { vector, k, selection, method: plan.method, slots: input.slots };
    const { mode } = plan.method;
    let hits: Hits;
    if (!this.#threads || this.#loading || plan.microseconds <= INLINE_MICROSECONDS) {
      hits = this.#searcher.search(job);
    } else {
      const reply = await this.#searchThread.ask({ kind: 'search', job });
      if (reply.kind !== 'search') throw new TypeError(`a search was answered with ${reply.kind}`);
      hits = reply;
    }
    const expected = Math.min(k, selectionCount(selection));
    if (mode === 'graph' && hits.slots.length < expected) {
      // The walk ended among slots that may not be answered: scan instead.
      return this.search(vector, k, selection, {
        method: { mode: 'exact' },
        microseconds: Number.POSITIVE_INFINITY,
      });
    }
    return { slots: hits.slots, scores: hits.scores, mode, recall: this.#recallOf(mode) };
  }

  /** A plan that reads few slots beyond their sign bits; null when there is none, and the search must wait for the rest. */
  #planEarly(input: PlanInput, fixed: Plan | undefined): Plan | null {
    const { selection } = input;
    if (fixed !== undefined) return null;
    if (selection.kind === 'list' && selection.slots.length <= FETCHED_SLOTS_MAX)
      return { method: { mode: 'exact' }, microseconds: 0 };
    const plan = this.#planner.compressed(input);
    return plan?.method.mode === 'compressed' && plan.method.want <= FETCHED_SLOTS_MAX ? plan : null;
  }

  /** State for a snapshot. Call between `pause` and `resume`, or links may name slots that the snapshot lacks. */
  state(): EngineState {
    return {
      slots: this.vectors.slots,
      cards: this.#cards,
      linked: this.#linked,
      graph: this.#graph,
      compressed: this.#compressed,
      measuredSlots: this.#measuredSlots,
    };
  }

  /** Continues from a snapshot whose memory the caller has filled. */
  adopt(state: EngineState): void {
    this.vectors.adopt(state.slots);
    this.#cards = state.cards;
    this.#linked = state.linked;
    this.#graph = state.graph;
    this.#compressed = state.compressed;
    this.#measuredSlots = state.measuredSlots;
    this.vectors.setEntries(Math.max(1, state.linked));
    this.#wake();
  }

  /**
   * While vectors are still on their way from a snapshot, `fetch` brings in those that a search needs. Searches then run on the
   * caller's thread, and with few reads until `bodies` resolves; null ends it.
   */
  setLoading(fetch: Fetch | null, bodies: Promise<void> | null = null): void {
    this.#searcher.fetch = fetch;
    this.#loading = fetch !== null;
    this.#bodies = bodies;
    void bodies?.then(() => {
      this.#bodies = null;
    });
    this.vectors.incomplete = this.#loading;
    if (!this.#loading) this.#wake();
  }

  /** Links that may be damaged are not followed: the scans answer until the table is made again. */
  dropGraph(reason: unknown): void {
    this.#failure = reason;
    this.#graph = { built: 0, beam: 0, recall: 0 };
  }

  /** True when a first search needs no more than the sign bits of all slots. */
  get scansBySigns(): boolean {
    const all: Selection = { kind: 'living', count: this.#cards };
    const plan = this.#planner.compressed(this.#input(MEASURED_K, all));
    return plan?.method.mode === 'compressed' && plan.method.want <= FETCHED_SLOTS_MAX;
  }

  /** Stops background work at its next slice; resolves when it has stopped. */
  async pause(): Promise<void> {
    this.#paused = true;
    await this.#background;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Resolves when the graph holds every slot, or none is wanted. */
  async settled(): Promise<void> {
    while (this.#background !== null) await this.#background;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#searchThread.close(), this.#buildThread.close()]);
    await this.#background;
  }

  #input(k: number, selection: Selection): PlanInput {
    return {
      selection,
      slots: this.vectors.slots,
      cards: this.#cards,
      k,
      graph: this.#graph,
      compressed: this.#compressed,
    };
  }

  #recallOf(mode: 'exact' | 'compressed' | 'graph'): number {
    return mode === 'exact' ? 1 : mode === 'graph' ? this.#graph.recall : this.#compressed.recall;
  }

  #wake(): void {
    if (this.#hasBackgroundWork()) this.#background ??= this.#runBackground();
  }

  #hasBackgroundWork(): boolean {
    const { slots } = this.vectors;
    if (!this.#threads || this.#closed || this.#paused || this.#loading || this.#failure !== null)
      return false;
    return (slots >= GRAPH_SLOTS_MIN && slots - this.#linked >= GRAPH_LAG_SLOTS) || this.#needsMeasure();
  }

  #needsMeasure(): boolean {
    return (
      this.vectors.slots >= APPROXIMATE_SLOTS_MIN &&
      this.vectors.slots >= this.#measuredSlots * MEASURE_GROWTH
    );
  }

  async #runBackground(): Promise<void> {
    // Starts in a later turn, so that an import of many vectors begins one long run and not many short ones.
    await new Promise(setImmediate);
    try {
      // The scans are measured first: they serve while the graph is built.
      if (this.#needsMeasure()) await this.#measure(0);
      if (this.vectors.slots >= GRAPH_SLOTS_MIN) {
        await this.#build();
        const whole = this.#linked === this.vectors.slots;
        if (whole && (this.#graph.built === 0 || this.#needsMeasure())) await this.#measure(this.#linked);
      }
    } catch (error) {
      // Without a graph the scans answer, and the statistics say so. A closed index is the usual reason.
      this.#failure = error;
    } finally {
      this.#background = null;
    }
  }

  async #build(): Promise<void> {
    while (this.#linked < this.vectors.slots && !this.#closed && !this.#paused) {
      const to = Math.min(this.vectors.slots, this.#linked + BUILD_SLICE_SLOTS);
      if (this.#linked >= this.vectors.entered * ENTRY_GROWTH)
        this.vectors.setEntries(Math.max(1, this.#linked));
      await this.#buildThread.ask({
        kind: 'build',
        from: this.#linked,
        to,
        entries: this.vectors.entryCount,
      });
      this.#linked = to;
      if (this.#graph.built > 0) this.#graph = { ...this.#graph, built: to };
    }
    this.vectors.setEntries(Math.max(1, this.#linked));
  }

  async #measure(built: number): Promise<void> {
    const { slots } = this.vectors;
    const reply = await this.#buildThread.ask({ kind: 'measure', slots: built === 0 ? slots : built, built });
    if (reply.kind !== 'measure') throw new TypeError(`a measurement was answered with ${reply.kind}`);
    const { beam, graphRecall, compressed, nanoseconds } = reply.tuning;
    for (const [mode, cost] of Object.entries(nanoseconds)) this.#planner.setCost(mode as Mode, cost);
    if (built > 0) this.#graph = { built, beam, recall: graphRecall };
    this.#compressed = compressed;
    this.#measuredSlots = slots;
  }
}

// How far and how fast things spread: arrivals in a histogram of fine steps, and for each thing when given shares of the honest
// nodes had it. Bounded memory whatever the number of arrivals.

/** Steps of a doubling: each bin is 1.1 % wide, so a quantile is at most half of that off. */
const STEPS = 64;
/** Doublings from one microsecond: 2^44 microseconds are half a year. */
const DOUBLINGS = 44;
/** Shares whose times are noted. */
export const SHARES = [0.5, 0.95, 0.99, 1] as const;

/** Counts durations in bins of equal ratio. */
export class Durations {
  readonly #bins = new Float64Array(STEPS * DOUBLINGS + 1);
  #count = 0;
  #max = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  add(microseconds: number): void {
    const bin = microseconds < 1 ? 0 : 1 + Math.floor(Math.log2(microseconds) * STEPS);
    this.#bins[Math.min(bin, this.#bins.length - 1)]! += 1;
    this.#count += 1;
    this.#sum += microseconds;
    if (microseconds > this.#max) this.#max = microseconds;
  }

  /** Microseconds below which the share `q` lies; 0 when nothing was counted. */
  quantile(q: number): number {
    let left = Math.ceil(q * this.#count);
    if (left <= 0) return 0;
    for (const [bin, count] of this.#bins.entries()) {
      left -= count;
      if (left <= 0) return bin === 0 ? 0 : Math.min(this.#max, 2 ** ((bin - 0.5) / STEPS));
    }
    return this.#max;
  }
}

/** One thing that spreads. */
export interface Wave {
  readonly startedAt: number;
  readonly what: string;
  reached: number;
  /** When each of SHARES was reached, in microseconds after the start; NaN before. */
  readonly took: Float64Array;
}

/** Things of one kind that spread among `population` nodes. */
export class Waves {
  readonly durations = new Durations();
  readonly #population: number;
  readonly #waves = new Map<number, Wave>();
  readonly #thresholds: readonly number[];

  constructor(population: number) {
    this.#population = population;
    this.#thresholds = SHARES.map((share) => Math.max(1, Math.ceil(share * population)));
  }

  get all(): ReadonlyMap<number, Wave> {
    return this.#waves;
  }

  start(id: number, what: string, now: number): void {
    const took = new Float64Array(SHARES.length).fill(Number.NaN);
    this.#waves.set(id, { startedAt: now, what, reached: 0, took });
  }

  /** Notes that one more node of the population has it. What a node wrote itself did not arrive there: it has no duration. */
  reach(id: number, now: number, isOwn = false): void {
    const wave = this.#waves.get(id);
    if (wave === undefined) return;
    wave.reached += 1;
    const took = now - wave.startedAt;
    if (!isOwn) this.durations.add(took);
    for (const [i, threshold] of this.#thresholds.entries())
      if (wave.reached === threshold) wave.took[i] = took;
  }

  /** Share of the (thing, node) pairs that came about. */
  coverage(): number {
    if (this.#waves.size === 0) return 1;
    let reached = 0;
    for (const wave of this.#waves.values()) reached += wave.reached;
    return reached / (this.#waves.size * this.#population);
  }

  /** The slowest of all things to reach SHARES[i], in microseconds; Infinity when one did not. */
  slowest(i: number): number {
    let slowest = 0;
    for (const { took } of this.#waves.values()) {
      if (Number.isNaN(took[i]!)) return Number.POSITIVE_INFINITY;
      slowest = Math.max(slowest, took[i]!);
    }
    return slowest;
  }

  /** Mean over all things of the time to reach SHARES[i]; Infinity when one did not. */
  meanTo(i: number): number {
    let sum = 0;
    for (const { took } of this.#waves.values())
      sum += Number.isNaN(took[i]!) ? Number.POSITIVE_INFINITY : took[i]!;
    return this.#waves.size === 0 ? 0 : sum / this.#waves.size;
  }
}

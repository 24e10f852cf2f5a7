// What a benchmark is, and what its rows say. A benchmark file exports one `bench`; the runner does the rest.

import type { RandomStream } from '../../sim/random.ts';

/** What the ratio of a case must reach. `>=`: how many times better than the peer. `<=`: ours over the peer's. */
export interface Bar {
  readonly sign: '>=' | '<=';
  readonly value: number;
}

/** One printed line. */
export interface Row {
  readonly name: string;
  readonly case: string;
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  readonly unit: string;
  readonly node: string;
  readonly cores: number;
}

/** One side of a comparison: does one whole round of work. */
export type Work = () => unknown;

export interface CaseLabel {
  readonly case: string;
  readonly peerName: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Overrides the benchmark's bar for this case. */
  readonly bar?: Bar;
}

export interface Comparison extends CaseLabel {
  readonly ours: Work;
  readonly peer: Work;
  /** Operations that one round does: the row then says 'op/s'. Without it the row says 'ms' a round. */
  readonly operations?: number;
  /** Runs before each round, outside the measured time. */
  readonly before?: Work;
  /** Seconds to spend on both sides together; 3 unless told. At least three rounds are done. */
  readonly seconds?: number;
}

export interface Measured extends CaseLabel {
  readonly ours: number;
  readonly peer: number;
  readonly unit: string;
  /** Whether a larger number is better, as in 'op/s', or a smaller, as in 'ms' and 'bytes'. */
  readonly better: 'higher' | 'lower';
}

/** What a benchmark is given. */
export interface BenchContext {
  readonly full: boolean;
  readonly seed: number;
  /** What --only names: parts of a benchmark that takes long; empty: all of it. */
  readonly only: readonly string[];
  /** File for all that was measured, as JSON, where --out names one. */
  readonly out: string | undefined;
  /** The default sizes, or the full ones under --full. */
  sizes<T>(usual: T, full: T): T;
  /** How many vectors: what --vectors says, else the default size or the full one. For benchmarks of the index. */
  vectors(usual: number, full: number): number;
  /** A stream of random numbers of its own for each purpose. */
  random(purpose: string): RandomStream;
  /** A new empty folder; removed when the benchmark ends. */
  folder(): string;
  /** Times ours and the peer in alternation and prints the medians. */
  compare(comparison: Comparison): Promise<Row>;
  /** Prints numbers that the benchmark measured itself (bytes, recall, percentiles). */
  report(measured: Measured): Row;
  /** A line for people, on stderr. */
  note(text: string): void;
}

export interface Bench {
  readonly name: string;
  /** One sentence: what is measured against whom. */
  readonly summary: string;
  readonly bar: Bar;
  run(context: BenchContext): Promise<void>;
  /** Ends what the benchmarks of one run share. Called when all of them are over; may be called again. */
  end?(): Promise<void>;
}

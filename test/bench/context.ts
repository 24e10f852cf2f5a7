// Gives a benchmark its sizes, randomness, folders and timing, and hands each finished row to the runner.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '../../sim/random.ts';
import type { Bar, Bench, BenchContext, Measured, Row } from './bench.ts';
import { alternate, ratioOf } from './measure.ts';

const SECONDS_USUAL = 3;
const SECONDS_FULL = 10;

export interface ContextOptions {
  readonly full: boolean;
  readonly seed: number;
  /** Vectors of the index benchmarks, instead of the usual or the full number. */
  readonly vectors?: number | undefined;
  readonly only?: readonly string[];
  readonly out?: string | undefined;
  readonly onRow: (row: Row, bar: Bar) => void;
  readonly onNote: (text: string) => void;
}

// Four significant digits are more than a repetition reproduces.
const rounded = (value: number): number => Number(value.toPrecision(4));

/** A context whose folders are removed when it is disposed. */
export function benchContext(bench: Bench, options: ContextOptions): BenchContext & Disposable {
  const { full, seed } = options;
  const folders: string[] = [];
  const report = (measured: Measured): Row => {
    const { case: label, sizes, ours, peer, peerName, unit, better, bar = bench.bar } = measured;
    const row: Row = {
      name: bench.name,
      case: label,
      seed,
      sizes,
      ours: rounded(ours),
      peer: rounded(peer),
      peerName,
      ratio: rounded(ratioOf(ours, peer, better, bar.sign)),
      unit,
      node: process.version,
      cores: availableParallelism(),
    };
    options.onRow(row, bar);
    return row;
  };
  return {
    full,
    seed,
    only: options.only ?? [],
    out: options.out,
    sizes: (usual, whole) => (full ? whole : usual),
    vectors: (usual, whole) => options.vectors ?? (full ? whole : usual),
    random: (purpose) => randomStream(seed, bench.name, purpose),
    folder() {
      const made = mkdtempSync(join(tmpdir(), `zerostate-bench-${bench.name}-`));
      folders.push(made);
      return made;
    },
    async compare({
      ours,
      peer,
      before,
      operations,
      seconds = full ? SECONDS_FULL : SECONDS_USUAL,
      ...label
    }) {
      const { rounds, ...ms } = await alternate({
        ours,
        peer,
        before,
        seconds,
        now: () => performance.now(),
      });
      options.onNote(`${bench.name}, ${label.case}: ${rounds} rounds of each`);
      if (operations === undefined) return report({ ...label, ...ms, unit: 'ms', better: 'lower' });
      const rate = (spent: number): number => (operations * 1000) / spent;
      return report({ ...label, ours: rate(ms.ours), peer: rate(ms.peer), unit: 'op/s', better: 'higher' });
    },
    report,
    note: options.onNote,
    [Symbol.dispose]() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

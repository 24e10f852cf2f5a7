// One run of real nodes: they join, writers publish and revoke, and what arrives where is noted. The same for virtual time (T1) and for the
// machine's (T0). Imported once the clock, or the sockets, are what the tier wants them to be.

import type { Topology } from '../net/topology.ts';
import type { CheckResult, Metrics, Sample, Scenario, TraceLine } from '../scenario/index.ts';
import { Arrivals } from './arrivals.ts';
import { scheduleChurn } from './churn.ts';
import { Fleet, type Site } from './fleet.ts';
import type { FromRun } from './messages.ts';
import type { Timeline } from './timeline.ts';
import { scheduleWork } from './work.ts';

const SECOND_US = 1_000_000;
/** Trace lines that are told together. */
const LINES_AT_ONCE = 500;
/** Trace lines of one run: some 100 bytes each through the pipe. */
const LINES_MAX = 2_000_000;
/** Samples of one run at most. */
const SAMPLES_MAX = 1_000;

export interface RealRunOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly topology: Topology;
  readonly time: Timeline;
  readonly site: Site;
  /** Told when the nodes stand and the scenario's own time begins, in microseconds. */
  readonly onBegin: (at: number) => void;
  readonly events: () => number;
  /** What the site carried since then: pieces of any size, as they were written. */
  readonly carried: () => { readonly pieces: number; readonly bytes: number };
  readonly tell: (message: FromRun) => void;
}

/** What came of it. */
export interface RealOutcome {
  readonly seconds: number;
  readonly metrics: Metrics;
  readonly samples: readonly Sample[];
  readonly checks: readonly CheckResult[];
}

/** Gathers trace lines and tells them by the bunch; nothing before the scenario begins. */
export class Tracer {
  readonly #tell: (message: FromRun) => void;
  readonly #time: Timeline;
  #lines: TraceLine[] = [];
  #told = 0;
  #origin: number | undefined;

  constructor(time: Timeline, tell: (message: FromRun) => void) {
    this.#time = time;
    this.#tell = tell;
  }

  begin(at: number): void {
    this.#origin = at;
  }

  end(): void {
    this.#origin = undefined;
  }

  add(line: Omit<TraceLine, 'at'>): void {
    if (this.#origin === undefined || this.#told++ >= LINES_MAX) return;
    this.#lines.push({ at: this.#time.nowUs - this.#origin, ...line });
    if (this.#lines.length >= LINES_AT_ONCE) this.flush();
  }

  flush(): void {
    if (this.#lines.length > 0) this.#tell({ kind: 'trace', lines: this.#lines });
    this.#lines = [];
  }
}

/** Runs it to its end. */
export async function runReal(options: RealRunOptions, tracer: Tracer | undefined): Promise<RealOutcome> {
  const { scenario, seed, site, tell, time, topology } = options;
  const fleet = new Fleet({ scenario, seed, topology, time, site });
  try {
    await fleet.start();
    // From here on the scenario's own time counts.
    const origin = time.nowUs;
    options.onBegin(origin);
    tracer?.begin(origin);
    const trace = (line: Omit<TraceLine, 'at'>) => tracer?.add(line);
    const arrivals = new Arrivals(fleet.nodes, time, trace);
    fleet.onOpened = (n, node) => arrivals.watch(n, node);
    scheduleChurn({ scenario, seed, fleet, time, trace });
    const work = scheduleWork({ scenario, seed, fleet, time, arrivals });
    const samples: Sample[] = [];
    const every = Math.max(scenario.measure.everySeconds, scenario.seconds / SAMPLES_MAX);
    for (let at = 0; at < scenario.seconds; at += every) {
      await time.pass(origin + Math.min(scenario.seconds, at + every) * SECOND_US);
      const now = (time.nowUs - origin) / SECOND_US;
      samples.push(
        { at: now, metric: 'nodes.here', value: fleet.nodes.filter((_, n) => fleet.isHere(n)).length },
        ...arrivals.samples(now),
        { at: now, metric: 'messages.sent', value: options.carried().pieces },
      );
      tell({ kind: 'progress', virtualSeconds: now, events: options.events() });
    }
    const seconds = (time.nowUs - origin) / SECOND_US;
    const checks = work.judge();
    const { bytes, pieces } = options.carried();
    const metrics = {
      ...arrivals.metrics(),
      'messages.sent': pieces,
      'messages.bytesPerNodeSecond': bytes / topology.nodes / seconds,
    };
    return { seconds, metrics, samples, checks };
  } finally {
    await fleet.stop();
    tracer?.flush();
  }
}

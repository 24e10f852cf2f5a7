// One run of real nodes: they join, writers publish and revoke, and what arrives where is noted. The same for virtual time (T1) and for the
// machine's (T0). Imported once the clock, or the sockets, are what the tier wants them to be.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { Topology } from '../net/topology.ts';
import {
  type CheckResult,
  type Metrics,
  type Sample,
  type Scenario,
  sampleEvery,
  type TraceLine,
} from '../scenario/index.ts';
import { Arrivals } from './arrivals.ts';
import { scheduleChurn } from './churn.ts';
import { Fleet, type Site } from './fleet.ts';
import { scheduleLies } from './lies.ts';
import type { FromRun } from './messages.ts';
import type { Timeline } from './timeline.ts';
import { scheduleWork } from './work.ts';

const SECOND_US = 1_000_000;
/** Trace lines that are told together. */
const LINES_AT_ONCE = 500;
/** Trace lines of one run: some 100 bytes each through the pipe. */
const LINES_MAX = 2_000_000;
/** Share of a step by which a time may miss it: time is in whole microseconds. */
const ROUNDING = 1e-3;

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

/** A run that stands: its nodes are joined, and the scenario's own time has begun. */
export class RealRun {
  readonly #options: RealRunOptions;
  readonly #tracer: Tracer | undefined;
  readonly #fleet: Fleet;
  readonly #origin: number;
  readonly #arrivals: Arrivals;
  readonly #judge: (isEnd: boolean) => CheckResult[];
  readonly #forks: () => Metrics;
  readonly #samples: Sample[] = [];
  readonly #every: number;

  private constructor(options: RealRunOptions, tracer: Tracer | undefined, fleet: Fleet) {
    const { scenario, seed, time } = options;
    this.#options = options;
    this.#tracer = tracer;
    this.#fleet = fleet;
    this.#every = sampleEvery(scenario);
    this.#origin = time.nowUs;
    options.onBegin(this.#origin);
    tracer?.begin(this.#origin);
    const trace = (line: Omit<TraceLine, 'at'>) => tracer?.add(line);
    this.#arrivals = new Arrivals(fleet.nodes, (n) => fleet.cast.isHonest(n), time, trace);
    fleet.onOpened = (n, node) => this.#arrivals.watch(n, node);
    scheduleChurn({ scenario, seed, fleet, time, trace });
    const work = scheduleWork({ scenario, seed, fleet, time, arrivals: this.#arrivals });
    this.#judge = work.judge;
    this.#forks = scheduleLies(fleet, scenario, time);
  }

  /** Opens the nodes and waits until they are joined. */
  static async start(options: RealRunOptions, tracer: Tracer | undefined): Promise<RealRun> {
    const fleet = new Fleet(options);
    try {
      await fleet.start();
      return new RealRun(options, tracer, fleet);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Seconds of the scenario's time. */
  get now(): number {
    return (this.#options.time.nowUs - this.#origin) / SECOND_US;
  }

  /** Lets time pass up to a second of the scenario, its end at most. Answers false at the end. */
  async advance(untilSeconds: number): Promise<boolean> {
    const { events, scenario, tell, time } = this.#options;
    const until = Math.min(untilSeconds, scenario.seconds);
    while (this.now < until) {
      const sampled = (Math.floor(this.now / this.#every + ROUNDING) + 1) * this.#every;
      const next = Math.min(sampled, scenario.seconds);
      await time.pass(this.#origin + Math.min(next, until) * SECOND_US);
      if (next <= until) this.#sample();
      this.#tracer?.flush();
      tell({ kind: 'progress', virtualSeconds: this.now, events: events() });
    }
    return this.now < scenario.seconds;
  }

  /** What has come of it so far; what must hold at the end is looked at only there. */
  outcome(): RealOutcome {
    const { carried, scenario, topology } = this.#options;
    const seconds = this.now;
    const { bytes, pieces } = carried();
    return {
      seconds,
      metrics: {
        ...this.#arrivals.metrics(),
        ...this.#forks(),
        'messages.sent': pieces,
        'messages.bytesPerNodeSecond': bytes / topology.nodes / Math.max(seconds, 1 / SECOND_US),
      },
      samples: this.#samples,
      checks: this.#judge(seconds >= scenario.seconds),
    };
  }

  /** What a node holds, for people. Throws SCENARIO_INVALID for one that there is not. */
  inspect(n: number): Readonly<Record<string, unknown>> {
    const { topology } = this.#options;
    if (!(n < topology.nodes))
      throw new ZeroError('SCENARIO_INVALID', `there are nodes 0 to ${topology.nodes - 1}`);
    return { node: n, here: this.#fleet.isHere(n), ...this.#fleet.inspect(n) };
  }

  /** How many nodes there are, and how many are up. */
  get nodes(): { readonly nodes: number; readonly here: number } {
    const here = this.#fleet.nodes.filter((_, n) => this.#fleet.isHere(n)).length;
    return { nodes: this.#fleet.nodes.length, here };
  }

  /** Stops the nodes and removes what they stored. */
  async stop(): Promise<void> {
    await this.#fleet.stop();
    this.#tracer?.flush();
  }

  #sample(): void {
    const at = this.now;
    // What breaks is noted with the moment at which it was seen first.
    this.#judge(false);
    this.#samples.push({ at, metric: 'nodes.here', value: this.nodes.here }, ...this.#arrivals.samples(at), {
      at,
      metric: 'messages.sent',
      value: this.#options.carried().pieces,
    });
  }
}

/** Runs it to its end. */
export async function runReal(options: RealRunOptions, tracer: Tracer | undefined): Promise<RealOutcome> {
  const run = await RealRun.start(options, tracer);
  try {
    await run.advance(options.scenario.seconds);
    return run.outcome();
  } finally {
    await run.stop();
  }
}

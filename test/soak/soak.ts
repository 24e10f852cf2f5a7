// A soak: a network of nodes in several processes under load, with faults all the time, and the verdict at its end. Seeded: the same seed asks
// the same and breaks the same, as far as the clock of the machine lets it.

import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../sim/random.ts';
import type { Figure } from '../chaos/rig.ts';
import { Fleet } from '../fleet/fleet.ts';
import { SoakFaults } from './faults.ts';
import { SoakLoad } from './load.ts';
import { type HeapSample, heapSlope, type Slope } from './slope.ts';

/** Nodes that answer searches: in the first process, which no fault ends. */
const INDEXES = 1;
/** Time before memory is watched, as a share of the soak: caches fill and code is compiled (a tenth, at most ten minutes). */
const WARM_UP_SHARE = 0.1;
const WARM_UP_MS_MAX = 600_000;
/** Between two looks at memory, at least: a collection stops the process. */
const LOOK_MS_MIN = 5_000;
const LOOKS = 200;
/** From the end of the faults until all nodes know the same. */
const CONVERGE_SECONDS_MAX = 120;
/** For the first answer of discovery, before the soak begins (ms). */
const ANSWERS_MS_MAX = 60_000;
const CRASH_FREE_MIN = 0.999;
const DROPS_MAX = 0.001;
const HEAP_SLOPE_MAX = 1_048_576;
/** A slope is judged when its standard error is below the bound: before, it is only told. */
const JUDGED_ERROR_MAX: number = HEAP_SLOPE_MAX;

export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
  /** Processes that share them. */
  readonly hosts: number;
  readonly seed: number;
  /** Host program of another version, on which all but the first process begin. */
  readonly from?: string;
  readonly note: (text: string) => void;
  /** Ends it before its time, with the verdict of the time that it had. */
  readonly signal?: AbortSignal;
}

/** What a soak came to. */
export interface SoakResult {
  readonly figures: Figure[];
  readonly slope: Slope;
}

/** Runs a soak. Resolves with its figures, whatever they are; throws where the network did not even start. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { from, hosts, minutes, nodes, note, seed } = options;
  const cuttable = { cuttable: true };
  const roles = Object.fromEntries(
    Array.from({ length: INDEXES }, (_, n) => [
      `n-${n * hosts}`,
      { roles: n === 0 ? ['boot', 'index'] : ['index'] },
    ]),
  );
  note(`starting ${nodes} nodes in ${hosts} processes`);
  await using fleet = await Fleet.start({
    nodes,
    hosts,
    configs: roles,
    hostOptions: from === undefined ? cuttable : { ...cuttable, program: from },
  });
  if (!(await answers(fleet))) note('no search is answered yet');
  const watch = new Watch(fleet, minutes * 60_000, note);
  const load = new SoakLoad(fleet, randomStream(seed, 'soak-load'));
  const faults = new SoakFaults({
    fleet,
    random: randomStream(seed, 'soak-faults'),
    lengthMs: Math.min(30_000, (minutes * 60_000) / 12),
    upgraded: cuttable,
    note: (text) => note(`fault: ${text}`),
    onEnd: (at) => watch.expected.add(fleet.hosts[at]!),
  });
  const until = performance.now() + minutes * 60_000;
  const isOver = () => performance.now() >= until || options.signal?.aborted === true;
  const ends = { load: load.run(isOver), faults: faults.run(isOver), watch: watch.run(isOver) };
  await Promise.all(
    Object.entries(ends).map(async ([name, end]) => {
      await end;
      note(`${name} over`);
    }),
  );
  note(
    `load: ${JSON.stringify(load.counts)}; faults: ${JSON.stringify(faults.counts)}; waiting for convergence`,
  );
  for (const [why, times] of load.refusals) note(`  ${times} times: ${why}`);
  // A crash is counted, and what its nodes had acknowledged is still theirs to have.
  for (const at of watch.crashed()) {
    note(`starting process ${at} again`);
    await fleet.replaceHost(at, 'kill', cuttable);
  }
  const converged = await fleet.until(
    (all) => all.length === nodes && new Set(all.map(({ state }) => state)).size === 1,
    CONVERGE_SECONDS_MAX * 1_000,
  );
  const lost = await lostOf(fleet, load);
  return verdict({ nodes, watch, load, faults, converged, lost });
}

/** Waits until a search is answered by the last node that started: the embedder is loaded with the first one. */
async function answers(fleet: Fleet): Promise<boolean> {
  const name = fleet.names.at(-1)!;
  const until = performance.now() + ANSWERS_MS_MAX;
  while (performance.now() < until) {
    const { error } = await fleet.on(name, 'find', { name, text: 'anybody', limit: 1 });
    if (error === null) return true;
    await delay(1_000);
  }
  return false;
}

/** Looks at processes and memory while the soak runs. */
class Watch {
  /** Processes that a fault ends: their end is no crash. */
  readonly expected = new Set<unknown>();
  readonly samples: HeapSample[] = [];
  readonly #fleet: Fleet;
  readonly #totalMs: number;
  readonly #note: (text: string) => void;
  readonly #crashed = new Set<unknown>();
  #crashes = 0;

  constructor(fleet: Fleet, totalMs: number, note: (text: string) => void) {
    this.#fleet = fleet;
    this.#totalMs = totalMs;
    this.#note = note;
  }

  /** Nodes that ended with their process, unasked. */
  get crashes(): number {
    this.#look();
    return this.#crashes;
  }

  /** Numbers of the processes that ended unasked and were not started again since. */
  crashed(): number[] {
    this.#look();
    return [...this.#fleet.hosts.keys()].filter((at) => this.#crashed.has(this.#fleet.hosts[at]));
  }

  #look(): void {
    for (const [at, host] of this.#fleet.hosts.entries()) {
      if (!host.isOver || this.expected.has(host) || this.#crashed.has(host)) continue;
      this.#crashed.add(host);
      const nodes = this.#fleet.namesOf(at).length;
      this.#crashes += nodes;
      this.#note(`process ${at} with ${nodes} nodes ended unasked`);
    }
  }

  async run(isOver: () => boolean): Promise<void> {
    const started = performance.now();
    const warmUpMs = Math.min(WARM_UP_MS_MAX, this.#totalMs * WARM_UP_SHARE);
    const pauseMs = Math.max(LOOK_MS_MIN, this.#totalMs / LOOKS);
    const host = this.#fleet.hosts[0]!;
    while (!isOver()) {
      await delay(Math.min(pauseMs, Math.max(0, this.#totalMs - (performance.now() - started))));
      this.#look();
      const age = performance.now() - started;
      if (age < warmUpMs || host.isOver) continue;
      const looked = await Promise.all([host.do('memory', null), host.do('standing', null)]).catch(
        () => undefined,
      );
      // It has just ended: the next look counts that.
      if (looked === undefined) continue;
      const [memory, standing] = looked;
      const entries = standing.reduce((sum, { state }) => sum + entriesOf(state), 0);
      this.samples.push({ hours: age / 3_600_000, entries, bytes: memory.held });
      const minutes = (age / 60_000).toFixed(1);
      this.#note(
        `${minutes} min: ${(memory.held / 1_048_576).toFixed(1)} MiB held by ${memory.nodes} nodes, ${entries} entries`,
      );
    }
  }
}

/** Entries of all logs that a node holds, from its state as text. */
function entriesOf(state: string): number {
  return state.split('\n').reduce((sum, line) => sum + Number(line.split(' ')[1] ?? 0), 0);
}

interface Lost {
  readonly cards: number;
  readonly revocations: number;
  readonly tasks: number;
  /** Things that some node should know and does not, and how many such pairs there are. */
  readonly missing: number;
  readonly deliveries: number;
}

async function lostOf(fleet: Fleet, { acknowledged }: SoakLoad): Promise<Lost> {
  const { agents, revoked, tasks } = acknowledged;
  const cards = new Set<string>();
  const revocations = new Set<string>();
  let missing = 0;
  for (const name of fleet.names) {
    const has = await fleet.on(name, 'agents', { name });
    const known = new Set(has.known);
    const refused = new Set(has.refused);
    for (const [agentId, home] of agents) {
      if (known.has(agentId)) continue;
      missing += 1;
      if (home === name) cards.add(agentId);
    }
    for (const agentId of revoked) {
      if (refused.has(agentId)) continue;
      missing += 1;
      if (agents.get(agentId) === name) revocations.add(agentId);
    }
  }
  let unknown = 0;
  for (const [name, taskIds] of tasks) {
    const phases = await fleet.on(name, 'phases', { name, taskIds });
    unknown += phases.filter((phase) => phase !== 'completed').length;
  }
  const deliveries = (agents.size + revoked.size) * fleet.names.length;
  return { cards: cards.size, revocations: revocations.size, tasks: unknown, missing, deliveries };
}

function verdict(said: {
  nodes: number;
  watch: Watch;
  load: SoakLoad;
  faults: SoakFaults;
  converged: number;
  lost: Lost;
}): SoakResult {
  const { converged, faults, load, lost, nodes, watch } = said;
  const { crashes, samples } = watch;
  const sessions = nodes + faults.counts.ended;
  const slope = heapSlope(samples);
  const { counts } = load;
  const isJudged = slope.error <= JUDGED_ERROR_MAX;
  // Twice the error: a slope that only chance puts above the bound is not held against it.
  const least = slope.perHour - 2 * slope.error;
  const MIB = 1_048_576;
  const made = counts.published + counts.revoked + counts.ran;
  const figures: Figure[] = [
    { name: 'sessions of nodes', value: sessions, unit: 'sessions', min: nodes },
    { name: 'crash-free sessions', value: 1 - crashes / sessions, unit: 'share', min: CRASH_FREE_MIN },
    { name: 'nodes that did not come back', value: faults.counts.failed, unit: 'faults', max: 0 },
    { name: 'acknowledged', value: made, unit: 'writes', min: 1 },
    { name: 'refused or failed meanwhile', value: counts.refused, unit: 'requests' },
    { name: 'acknowledged cards lost', value: lost.cards, unit: 'cards', max: 0 },
    { name: 'acknowledged revocations lost', value: lost.revocations, unit: 'revocations', max: 0 },
    { name: 'acknowledged tasks lost', value: lost.tasks, unit: 'tasks', max: 0 },
    {
      name: 'unexplained drops',
      value: lost.missing / Math.max(1, lost.deliveries),
      unit: 'share',
      max: DROPS_MAX,
    },
    { name: 'all know the same, after', value: converged / 1_000, unit: 's', max: CONVERGE_SECONDS_MAX },
    { name: 'memory looked at', value: samples.length, unit: 'times' },
    { name: 'heap slope, total', value: slope.total / MIB, unit: 'MiB/h a process' },
    { name: 'heap kept an entry', value: slope.perEntry, unit: 'bytes' },
    { name: 'heap slope at constant state', value: slope.perHour / MIB, unit: 'MiB/h a process' },
    { name: 'its standard error', value: slope.error / MIB, unit: 'MiB/h' },
    ...(isJudged
      ? [{ name: 'heap slope less twice its error', value: least / MIB, unit: 'MiB/h', max: 1 }]
      : []),
  ];
  return { figures: figures.filter(({ value }) => !Number.isNaN(value)), slope };
}

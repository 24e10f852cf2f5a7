// A soak: a network of nodes in several processes under load, with faults all the time, and the verdict at its end. Seeded: the same seed asks
// the same and breaks the same, as far as the clock of the machine lets it.

import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../sim/random.ts';
import { Fleet } from '../fleet/fleet.ts';
import { HOST_PROGRAM } from '../fleet/fleet-host.ts';
import { converge, lostOf, revive } from './end.ts';
import { SoakFaults } from './faults.ts';
import { RATE, SoakLoad } from './load.ts';
import { CONVERGE_SECONDS_MAX, type SoakResult, verdict } from './verdict.ts';
import { Waits } from './waits.ts';
import { Watch } from './watch.ts';

/** Nodes that answer searches: in the first process, which no fault touches. */
const INDEXES = 1;
/** Processes that no fault ends, so that their memory can be watched: one that is left in peace, one whose links, clock and disk fail. */
const WATCHED = 2;
/**
 * Of their engine: it keeps what it compiled, and what it learned of a function from its first call on. Both make it hold more and never less,
 * and hold still once everything has run, where it would let go at some looks what it compiles again after.
 */
const WATCHED_FLAGS = ['--no-flush-bytecode', '--no-lazy-feedback-allocation'];
/** For all nodes to start and to find each other. */
const START_MS_MAX = 600_000;
/** For the first answer of discovery, before the soak begins. */
const ANSWERS_MS_MAX = 60_000;
/** For the end of all processes, which are killed where they do not end. */
const END_MS_MAX = 60_000;

export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
  /** Processes that share them. */
  readonly hosts: number;
  readonly seed: number;
  /** Things that are asked a second. */
  readonly rate?: number;
  /** Host program of another version, on which all but the first process begin. */
  readonly from?: string;
  readonly note: (text: string) => void;
  /** Ends it before its time, with the verdict of the time that it had. */
  readonly signal?: AbortSignal;
}

/** Runs a soak. Resolves with its figures, whatever they are; throws where the network did not even start. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  using waits = new Waits(options.note);
  const { nodes, hosts } = options;
  waits.note(`starting ${nodes} nodes in ${hosts} processes`);
  const starting = startFleet(options);
  const fleet = await waits.for('the start of all nodes', START_MS_MAX, starting).catch((error: unknown) => {
    // What starts later than that is ended all the same.
    void starting.then(
      (late) => late[Symbol.asyncDispose](),
      () => undefined,
    );
    throw error;
  });
  try {
    return await run(fleet, options, waits);
  } finally {
    waits.note('ending all processes');
    await waits.for('the end of all processes', END_MS_MAX, fleet[Symbol.asyncDispose]());
  }
}

/** Where all but the first have to be upgraded, only the first lives all the time. */
function watchedOf({ from, hosts }: SoakOptions): number {
  return from === undefined && hosts > WATCHED ? WATCHED : 1;
}

function startFleet(options: SoakOptions): Promise<Fleet> {
  const { from, hosts, nodes } = options;
  const configs = Object.fromEntries(
    Array.from({ length: INDEXES }, (_, n) => [`n-${n}`, { roles: n === 0 ? ['boot', 'index'] : ['index'] }]),
  );
  const hostOptions = { cuttable: true, ...(from === undefined ? {} : { program: from }) };
  const aloneOptions = { flags: WATCHED_FLAGS, program: HOST_PROGRAM };
  return Fleet.start({ nodes, hosts, configs, hostOptions, alone: watchedOf(options), aloneOptions });
}

async function run(fleet: Fleet, options: SoakOptions, waits: Waits): Promise<SoakResult> {
  const { minutes, nodes, rate = RATE, seed, signal } = options;
  await waits
    .for('the first answer to a search', ANSWERS_MS_MAX, answers(fleet))
    .catch(() => waits.note('no search is answered yet'));
  const watched = watchedOf(options);
  const started = performance.now();
  const totalMs = minutes * 60_000;
  const watch = new Watch({ fleet, totalMs, watched, waits });
  const load = new SoakLoad({
    fleet,
    random: randomStream(seed, 'soak-load'),
    waits,
    rate,
    totalMs,
    watched: Array.from({ length: watched }, (_, at) => fleet.namesOf(at)).flat(),
  });
  const faults = new SoakFaults({
    fleet,
    random: randomStream(seed, 'soak-faults'),
    lengthMs: Math.min(30_000, totalMs / 12),
    upgraded: { cuttable: true, program: HOST_PROGRAM },
    watched,
    waits,
    onEnd: (at) => watch.expected.add(fleet.hosts[at]!),
    onRest: async () => {
      const isSeen = await load.calmly(() => watch.weigh());
      if (!isSeen) waits.note('no look at memory: something stays under way');
    },
  });
  const isOver = () => performance.now() - started >= totalMs || signal?.aborted === true;
  const ends = { load: load.run(isOver), faults: faults.run(isOver), watch: watch.run(isOver) };
  await Promise.all(
    Object.entries(ends).map(async ([name, end]) => {
      await end;
      waits.note(`${name} over`);
    }),
  );
  const ranMinutes = Math.min(minutes, (performance.now() - started) / 60_000);
  waits.note(`load: ${JSON.stringify(load.counts)}; faults: ${JSON.stringify(faults.counts)}`);
  for (const [why, times] of load.refusals) waits.note(`  ${times} times: ${why}`);
  await revive(fleet, watch.ended(), waits);
  const converged = await converge(fleet, nodes, CONVERGE_SECONDS_MAX * 1_000, waits);
  waits.note('asking all nodes what they have of what was acknowledged');
  const lost = await lostOf(fleet, load, waits);
  return verdict({
    nodes,
    minutes: ranMinutes,
    crashes: watch.crashes,
    load: load.counts,
    faults: faults.counts,
    converged,
    lost,
    processes: watch.processes,
  });
}

/** Resolves when a search is answered by the last node that started: the embedder is loaded with the first one. */
async function answers(fleet: Fleet): Promise<void> {
  const name = fleet.names.at(-1)!;
  const until = performance.now() + ANSWERS_MS_MAX;
  while (performance.now() < until) {
    const { error } = await fleet.on(name, 'find', { name, text: 'anybody', limit: 1 });
    if (error === null) return;
    await delay(1_000);
  }
  throw new Error('no search is answered');
}

// Looks at the processes of a soak: all the time which of them end unasked, and between two faults, while nothing is asked of any node, what
// memory those hold that no fault ends.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import type { Memory } from '../fleet/memory.ts';
import type { NodeStanding } from '../fleet/orders.ts';
import type { HeapSample } from './slope.ts';
import type { Waits } from './waits.ts';

/** Time before memory is watched, as a share of the soak: caches fill and code is compiled (a fifth, at most ten minutes). */
const WARM_UP_SHARE = 0.2;
const WARM_UP_MS_MAX = 600_000;
/** For one process to collect its garbage and say what it holds. */
const MEMORY_MS_MAX = 60_000;
/** Looks one after another, of which the one that sees least counts, and the pause between two: what has just been done is let go meanwhile. */
const LOOKS = 3;
const LOOK_MS = 3_000;
/** Between two looks at whether it is over. */
const STEP_MS = 1_000;
const MIB = 1_048_576;

/** What was seen of one process. */
export interface Watched {
  readonly at: number;
  /** What it held at a look, without compiled code. */
  readonly samples: HeapSample[];
  /** The compiled code. */
  readonly code: HeapSample[];
  /** The same with the resident bytes, which hold what native code keeps. */
  readonly resident: HeapSample[];
}

/** One look at a process. */
interface Look {
  readonly memory: Memory & { readonly nodes: number };
  readonly data: Omit<HeapSample, 'bytes'>;
}

/** What is held without compiled code, which has a figure of its own. */
const dataOf = ({ code, held }: Memory): number => held - code;
const mib = (bytes: number): string => (bytes / MIB).toFixed(2);

export interface WatchOptions {
  readonly fleet: Fleet;
  readonly totalMs: number;
  /** The first processes, so many of them, whose memory is looked at. */
  readonly watched: number;
  readonly waits: Waits;
}

/** Looks at processes and memory. */
export class Watch {
  /** Processes that a fault ends: their end is no crash. */
  readonly expected = new Set<unknown>();
  readonly processes: readonly Watched[];
  readonly warmUpMs: number;
  readonly #options: WatchOptions;
  readonly #crashed = new Set<unknown>();
  readonly #started = performance.now();
  #crashes = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.warmUpMs = Math.min(WARM_UP_MS_MAX, options.totalMs * WARM_UP_SHARE);
    this.processes = Array.from({ length: options.watched }, (_, at) => ({
      at,
      samples: [],
      code: [],
      resident: [],
    }));
  }

  /** Nodes that ended with their process, unasked. */
  get crashes(): number {
    this.#look();
    return this.#crashes;
  }

  /** Numbers of the processes that ended and were not started again since, asked or unasked. */
  ended(): number[] {
    this.#look();
    const { hosts } = this.#options.fleet;
    return [...hosts.keys()].filter((at) => hosts[at]!.isOver);
  }

  #look(): void {
    const { fleet, waits } = this.#options;
    for (const [at, host] of fleet.hosts.entries()) {
      if (!host.isOver || this.expected.has(host) || this.#crashed.has(host)) continue;
      this.#crashed.add(host);
      const nodes = fleet.namesOf(at).length;
      this.#crashes += nodes;
      waits.note(`process ${at} with ${nodes} nodes ended unasked`);
    }
  }

  /** Looks for processes that ended again and again until it is told to stop. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await delay(STEP_MS);
      this.#look();
    }
  }

  /** Looks at memory, after warm-up. Nothing should be asked of any node meanwhile: what is under way is held as well. */
  async weigh(): Promise<void> {
    const age = performance.now() - this.#started;
    if (age < this.warmUpMs) return;
    const { waits } = this.#options;
    const looks: (Look | Error)[][] = [];
    for (let n = 0; n < LOOKS; n++) {
      if (n > 0) await waits.for('the next look at memory', 2 * LOOK_MS, delay(LOOK_MS));
      looks.push(await Promise.all(this.processes.map((one) => this.#see(one, age))));
    }
    const words = this.processes.map((one, n) =>
      this.#take(
        one,
        looks.map((all) => all[n]!),
      ),
    );
    waits.note(`${(age / 60_000).toFixed(1)} min: ${words.join('; ')}`);
  }

  /** Looks at the memory of one process. */
  async #see({ at }: Watched, age: number): Promise<Look | Error> {
    const { fleet, waits } = this.#options;
    const host = fleet.hosts[at]!;
    const work = Promise.all([host.do('memory', null), host.do('standing', null)]);
    try {
      const [memory, standing] = await waits.for(`memory of process ${at}`, MEMORY_MS_MAX, work);
      const sum = (of: (node: NodeStanding) => number) => standing.reduce((all, node) => all + of(node), 0);
      const cards = sum((node) => node.cards);
      const others = sum(({ state }) => entriesOf(state)) - cards;
      const held = {
        connections: sum((node) => node.connections),
        results: sum((node) => node.results),
      };
      return { memory, data: { hours: age / 3_600_000, cards, others, ...held } };
    } catch (error) {
      // Where it has just ended the next look counts that.
      return error as Error;
    }
  }

  /** Keeps the look of those that saw least: what is kept is in each of them. Answers what it saw, in words. */
  #take({ at, code, resident, samples }: Watched, looks: readonly (Look | Error)[]): string {
    const seen = looks.filter((look): look is Look => !(look instanceof Error));
    const error = looks.find((look) => look instanceof Error);
    const least = seen.sort((a, b) => dataOf(a.memory) - dataOf(b.memory))[0];
    if (least === undefined || error !== undefined)
      return `process ${at} did not say what it holds (${error?.message.split('\n')[0]})`;
    const { data, memory } = least;
    samples.push({ ...data, bytes: dataOf(memory) });
    code.push({ ...data, bytes: memory.code });
    resident.push({ ...data, bytes: memory.resident });
    const all = seen.map((one) => mib(dataOf(one.memory))).join(' ');
    const words = `${data.cards} cards, ${data.others} other entries, ${data.connections} connections, ${data.results} results in ${memory.nodes} nodes`;
    return `process ${at} holds ${all} MiB (external ${mib(memory.external)}) and ${mib(memory.code)} of code, ${words}`;
  }
}

/** Entries of all logs that a node holds, from its state as text. */
function entriesOf(state: string): number {
  return state.split('\n').reduce((sum, line) => sum + Number(line.split(' ')[1] ?? 0), 0);
}

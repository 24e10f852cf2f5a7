// The faults of a soak: one after another, in an order that the seed decides, every kind before any comes again, those that end a process first.
// The first process is spared all of them, so that there is always one to join by, and those whose memory is watched are spared kills and restarts.

import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostOptions } from '../fleet/fleet-host.ts';
import type { Waits } from './waits.ts';

/** Kinds of faults that end a process. Its peers hold what they knew of it for a minute, and what its nodes fetch when they are back. */
const ENDING = ['kill', 'upgrade'] as const;
/** Kinds of faults that none ends by. */
const BORNE = ['partition', 'clock', 'disk'] as const;
/** Kinds of faults. */
export const FAULTS = [...ENDING, ...BORNE] as const;
export type FaultKind = (typeof FAULTS)[number];

/**
 * For what a fault takes beyond its length (ms): a process is started, and its nodes one after another. Half a minute each have been seen where
 * twenty other programs wanted the same two processors.
 */
const FAULT_MS_MAX = 600_000;
/** How wrong a clock is set (ms): within the ten minutes that must be borne, and an hour back. */
const CLOCKS_MS = [600_000, -600_000, -3_600_000];

/** What was done. */
export interface FaultCounts extends Record<FaultKind, number> {
  /** Lives of nodes that a fault ended on purpose. */
  ended: number;
  /** Nodes that did not come back by themselves. */
  failed: number;
  /** Processes that were told to end in order, did not in time, and were killed. */
  late: number;
}

export interface FaultOptions {
  readonly fleet: Fleet;
  readonly random: RandomStream;
  /** How long a fault lasts (ms). */
  readonly lengthMs: number;
  /** How a process is started after an upgrade. */
  readonly upgraded: HostOptions;
  /** The first processes, so many of them, that no fault ends. */
  readonly watched: number;
  readonly waits: Waits;
  /** Told of every process that ends because of a fault, before it does. */
  readonly onEnd: (at: number) => void;
  /** Done between two faults, when the last one is over and no process has just started. */
  readonly onRest: () => Promise<void>;
}

const isEnding = (kind: FaultKind): boolean => (ENDING as readonly FaultKind[]).includes(kind);

/** Makes faults happen. */
export class SoakFaults {
  readonly counts: FaultCounts = {
    kill: 0,
    partition: 0,
    clock: 0,
    disk: 0,
    upgrade: 0,
    ended: 0,
    failed: 0,
    late: 0,
  };
  readonly #options: FaultOptions;
  #upgrading: number;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.#upgrading = options.watched;
  }

  /** One fault after another until it is told to stop; each is over when this resolves. */
  async run(isOver: () => boolean): Promise<void> {
    const { lengthMs, onRest, waits } = this.#options;
    while (!isOver()) {
      for (const kind of [...this.#shuffled(ENDING), ...this.#shuffled(BORNE)]) {
        if (isOver()) return;
        await this.#one(kind).catch((error: Error) => {
          this.counts.failed += 1;
          waits.note(`${kind} went wrong: ${error.message.split('\n')[0]}`);
        });
        await delay(lengthMs / 4);
        if (!isEnding(kind)) await onRest();
      }
    }
  }

  #shuffled(kinds: readonly FaultKind[]): FaultKind[] {
    const order = [...kinds];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.#options.random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** Any process from this one on. */
  #victim(least: number): number {
    const { fleet, random } = this.#options;
    return least + random.below(fleet.hosts.length - least);
  }

  async #one(kind: FaultKind): Promise<void> {
    const { fleet, lengthMs, waits, watched } = this.#options;
    let at = this.#victim(kind === 'kill' ? watched : 1);
    if (kind === 'upgrade') {
      at = this.#upgrading;
      this.#upgrading = at + 1 < fleet.hosts.length ? at + 1 : watched;
    }
    const what = `${kind} of process ${at}`;
    waits.note(`fault: ${what}`);
    this.counts[kind] += 1;
    const far = () => {
      const names = fleet.namesOf(at);
      const started = names.filter((name) => fleet.living.includes(name));
      return `${what}, ${started.length} of its ${names.length} nodes run`;
    };
    await waits.for(far, lengthMs + FAULT_MS_MAX, this.#make(kind, at));
  }

  async #make(kind: FaultKind, at: number): Promise<void> {
    const { fleet, lengthMs, random } = this.#options;
    switch (kind) {
      case 'kill':
        return await this.#replace(at, 'kill');
      case 'upgrade':
        return await this.#replace(at, 'end');
      case 'partition':
        fleet.hosts[at]!.cut(true);
        await delay(lengthMs);
        return fleet.hosts[at]!.cut(false);
      case 'disk':
        await fleet.hosts[at]!.do('disk', { broken: true });
        await delay(lengthMs);
        await fleet.hosts[at]!.do('disk', { broken: false });
        return;
      case 'clock': {
        const names = fleet.namesOf(at);
        const name = names[random.below(names.length)]!;
        const offsetMs = CLOCKS_MS[random.below(CLOCKS_MS.length)]!;
        await fleet.on(name, 'clock', { name, offsetMs });
        await delay(lengthMs);
        await fleet.on(name, 'clock', { name, offsetMs: 0 });
      }
    }
  }

  async #replace(at: number, how: 'end' | 'kill'): Promise<void> {
    const { fleet, lengthMs, onEnd, upgraded, waits } = this.#options;
    this.counts.ended += fleet.namesOf(at).length;
    onEnd(at);
    const asTold = await fleet.replaceHost(at, how, upgraded, how === 'kill' ? lengthMs / 2 : 0);
    if (asTold) return;
    this.counts.late += 1;
    waits.note(`process ${at} did not end in order in time, and was killed`);
  }
}

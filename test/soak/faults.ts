// The faults of a soak: one after another, in an order that the seed decides, every kind before any comes again. Nodes of the first process
// are spared kills and restarts: they are the ones whose memory is watched.

import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostOptions } from '../fleet/fleet-host.ts';

/** Kinds of faults. */
export const FAULTS = ['kill', 'partition', 'clock', 'disk', 'upgrade'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** How wrong a clock is set (ms): within the ten minutes that must be borne, and an hour back. */
const CLOCKS_MS = [600_000, -600_000, -3_600_000];

/** What was done. */
export interface FaultCounts extends Record<FaultKind, number> {
  /** Lives of nodes that a fault ended on purpose. */
  ended: number;
  /** Nodes that did not come back by themselves. */
  failed: number;
}

export interface FaultOptions {
  readonly fleet: Fleet;
  readonly random: RandomStream;
  /** How long a fault lasts (ms). */
  readonly lengthMs: number;
  /** How a process is started after an upgrade. */
  readonly upgraded: HostOptions;
  readonly note: (text: string) => void;
  /** Told of every process that ends because of a fault, before it does. */
  readonly onEnd: (at: number) => void;
}

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
  };
  readonly #options: FaultOptions;
  #upgrading = 1;

  constructor(options: FaultOptions) {
    this.#options = options;
  }

  /** One fault after another until it is told to stop; each is over when this resolves. */
  async run(isOver: () => boolean): Promise<void> {
    const { lengthMs, note, random } = this.#options;
    while (!isOver()) {
      const order = [...FAULTS];
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      for (const kind of order) {
        if (isOver()) return;
        note(kind);
        this.counts[kind] += 1;
        await this.#make(kind).catch((error: Error) => {
          this.counts.failed += 1;
          note(`${kind} went wrong: ${error.message.split('\n')[0]}`);
        });
        await delay(lengthMs / 4);
      }
    }
  }

  /** Any process but the first. */
  #victim(): number {
    const { fleet, random } = this.#options;
    return 1 + random.below(fleet.hosts.length - 1);
  }

  async #make(kind: FaultKind): Promise<void> {
    const { fleet, lengthMs, random } = this.#options;
    const at = this.#victim();
    switch (kind) {
      case 'kill':
        return await this.#replace(at, 'kill');
      case 'upgrade':
        this.#upgrading = (this.#upgrading % (fleet.hosts.length - 1)) + 1;
        return await this.#replace(this.#upgrading, 'end');
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
    const { fleet, lengthMs, onEnd, upgraded } = this.#options;
    this.counts.ended += fleet.namesOf(at).length;
    onEnd(at);
    await fleet.replaceHost(at, how, upgraded, how === 'kill' ? lengthMs / 2 : 0);
  }
}

// Row 7: three of ten nodes are replaced every minute, half of them by their own return and half by newcomers, while those that stay publish
// to each other.

import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../sim/random.ts';
import { Fleet } from '../fleet/fleet.ts';
import { deliveryFigures, measureDelivery } from './delivery.ts';
import type { ChaosRow } from './rig.ts';

const NODES = 100;
const NODES_PER_PROCESS = 10;
const MINUTES = 2;
/** Share of all nodes that is replaced in a minute. */
const CHURN_A_MINUTE = 0.3;
/** Share of the nodes that stay. */
const STABLE = 0.5;
/** Pause between two replacements in the small form, which does not last a minute. */
const QUICK_CHURN_MS = 1_500;
const P95_SECONDS_MAX = 2;

export const row07: ChaosRow = {
  row: 7,
  title: 'churn: 30 % of the nodes are replaced every minute',
  pass: 'at least 99.9 % delivered to those that stay, p95 at most 2 s',
  async run({ quick, nodes, minutes }) {
    const count = quick ? 4 : (nodes ?? NODES);
    const seconds = quick ? 8 : (minutes ?? MINUTES) * 60;
    const hosts = Math.ceil(count / NODES_PER_PROCESS);
    await using fleet = await Fleet.start({ nodes: count, hosts });
    const { names } = fleet;
    const stable = names.filter((_, n) => n < count * STABLE);
    const churn = new Churn(
      fleet,
      names.slice(stable.length),
      quick ? QUICK_CHURN_MS : 60_000 / (CHURN_A_MINUTE * count),
    );
    const replacing = churn.run();
    const delivery = await measureDelivery(fleet, {
      names: stable,
      seconds,
      everyMs: quick ? 500 : 1_000,
    }).finally(() => churn.stop());
    const { gone, returned, newcomers } = await replacing;
    return [
      { name: 'nodes', value: count, unit: 'nodes', min: count },
      { name: 'of these stay', value: stable.length, unit: 'nodes', min: 2 },
      { name: 'nodes that went', value: gone, unit: 'nodes', min: 1 },
      { name: 'came back', value: returned, unit: 'nodes' },
      { name: 'newcomers', value: newcomers, unit: 'nodes' },
      ...deliveryFigures(delivery, quick ? undefined : P95_SECONDS_MAX),
    ];
  },
};

/** Replaces one node after another. */
class Churn {
  readonly #fleet: Fleet;
  readonly #there: string[];
  readonly #everyMs: number;
  readonly #stream = randomStream(7, 'churn');
  readonly #stopping = new AbortController();

  constructor(fleet: Fleet, names: readonly string[], everyMs: number) {
    this.#fleet = fleet;
    this.#there = [...names];
    this.#everyMs = everyMs;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Goes on until `stop`; answers what it did. */
  async run(): Promise<{ gone: number; returned: number; newcomers: number }> {
    const done = { gone: 0, returned: 0, newcomers: 0 };
    for (;;) {
      await delay(this.#everyMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return done;
      const [name] = this.#there.splice(Math.floor(this.#stream.unit() * this.#there.length), 1);
      const at = done.gone % this.#fleet.hosts.length;
      const home = await this.#fleet.stopNode(name!);
      done.gone += 1;
      const isNew = done.gone % 2 === 0;
      const next = isNew ? `new-${done.gone}` : name!;
      await this.#fleet.startNode(next, isNew ? at : home);
      this.#there.push(next);
      done[isNew ? 'newcomers' : 'returned'] += 1;
    }
  }
}

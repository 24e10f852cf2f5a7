// How surely and how fast publications reach nodes while something goes wrong: cards at a steady pace, whatever became of the ones before.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import type { Published } from '../fleet/orders.ts';
import { type Figure, percentile } from './rig.ts';

/** What is not there this long after the last publication counts as lost. */
const WAIT_SECONDS_MAX = 60;
const LOOK_MS = 250;

export interface Delivery {
  readonly published: number;
  /** Deliveries that there should be: each card at each receiver but its own publisher. */
  readonly wanted: number;
  /** Milliseconds from publish until each that there was. */
  readonly ms: readonly number[];
}

/** Publishes one card after each pause, on one of `names` after the other, and counts at which of `names` each arrives. */
export async function measureDelivery(
  fleet: Fleet,
  options: { readonly names: readonly string[]; readonly seconds: number; readonly everyMs: number },
): Promise<Delivery> {
  const { names, seconds, everyMs } = options;
  const count = Math.max(1, Math.round((seconds * 1_000) / everyMs));
  const begun = performance.now();
  const publishing: Promise<Published[]>[] = [];
  for (let n = 0; n < count; n++) {
    const name = names[n % names.length]!;
    const published = fleet.on(name, 'publish', { name, labels: [`Delivered ${n}`] });
    // Awaited below: until then it must not count as unhandled.
    published.catch(() => undefined);
    publishing.push(published);
    await delay(Math.max(0, begun + (n + 1) * everyMs - performance.now()));
  }
  const cards = (await Promise.all(publishing)).flat();
  const receivers = new Set(names);
  const wanted = cards.length * (names.length - 1);
  const until = performance.now() + WAIT_SECONDS_MAX * 1_000;
  for (;;) {
    const ms = (await Promise.all(cards.map((card) => arrivals(fleet, card, receivers)))).flat();
    if (ms.length >= wanted || performance.now() > until) return { published: cards.length, wanted, ms };
    await delay(LOOK_MS);
  }
}

async function arrivals(fleet: Fleet, card: Published, receivers: ReadonlySet<string>): Promise<number[]> {
  const seen = (await fleet.all('seen', { what: `card ${card.agentId}` })).flat();
  return seen
    .filter(({ name }) => name !== card.name && receivers.has(name))
    .map(({ atMs }) => atMs - card.startedMs);
}

/** The figures of a delivery, with the seconds that 95 of a hundred may take; in the small form, beside other tests, that is not judged. */
export function deliveryFigures(
  { published, wanted, ms }: Delivery,
  p95SecondsMax: number | undefined,
): Figure[] {
  return [
    { name: 'publications', value: published, unit: 'cards', min: 1 },
    { name: 'deliveries', value: ms.length, unit: `of ${wanted}` },
    { name: 'delivered', value: (100 * ms.length) / wanted, unit: '%', min: 99.9 },
    { name: 'p50 from publish to disk', value: percentile(ms, 0.5) / 1_000, unit: 's' },
    {
      name: 'p95',
      value: percentile(ms, 0.95) / 1_000,
      unit: 's',
      ...(p95SecondsMax === undefined ? {} : { max: p95SecondsMax }),
    },
    { name: 'slowest', value: percentile(ms, 1) / 1_000, unit: 's' },
  ];
}

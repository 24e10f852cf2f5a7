// Rows 5 and 6 over network namespaces: two sites of processes, cut by a router in both directions or in one, and healed.

import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../fleet/fleet.ts';
import { TwoSites } from './namespaces.ts';
import type { ChaosOptions, Figure } from './rig.ts';

export const CONVERGE_SECONDS_MAX = 60;
const PLACES_EACH = 2;
const SETTLE_MS_MAX = 60_000;

/** Cuts the network `both` ways or only towards the second site while every node publishes; answers what came of it. */
export async function cutSites(cut: 'both' | 'one', options: ChaosOptions): Promise<Figure[]> {
  const { quick, minutes, nodes: count = quick ? 4 : 8 } = options;
  using sites = new TwoSites(PLACES_EACH);
  const { places } = sites;
  await using fleet = await Fleet.start({ nodes: count, hosts: places.length, places });
  const far = (await Promise.all(fleet.hosts.slice(PLACES_EACH).map((host) => host.do('standing', null))))
    .flat()
    .map(({ name }) => name);
  const isFar = (name: string) => far.includes(name);
  await fleet.publish(count, 'Before');
  await fleet.until((all) => all.every(({ cards }) => cards === count), SETTLE_MS_MAX);
  const cuts = cut === 'both' ? ([0, 1] as const) : ([1] as const);
  for (const site of cuts) sites.cutTo(site);
  await fleet.publish(count, 'Apart');
  await delay(minutes === undefined ? (quick ? 5_000 : 30_000) : minutes * 60_000);
  const apart = await fleet.standing();
  // What the second site sends still arrives, on connections that are open: those who hear it are no sign that the cut leaks.
  const heardAcross = apart.filter(({ name, cards }) =>
    isFar(name) ? cards > count + far.length : cut === 'both' && cards > 2 * count - far.length,
  );
  for (const site of cuts) sites.heal(site);
  const total = 2 * count;
  const ms = await fleet.until(
    (all) => all.every(({ cards }) => cards === total) && new Set(all.map(({ state }) => state)).size === 1,
    (CONVERGE_SECONDS_MAX + 30) * 1_000,
  );
  const after = await fleet.standing();
  return [
    { name: 'nodes', value: count, unit: 'nodes' },
    { name: 'nodes that heard across the cut', value: heardAcross.length, unit: 'nodes', max: 0 },
    { name: 'time to identical state', value: ms / 1_000, unit: 's', max: CONVERGE_SECONDS_MAX },
    {
      name: 'statements lost',
      value: Math.max(...after.map(({ cards }) => total - cards)),
      unit: 'cards',
      max: 0,
    },
    {
      name: 'honest peers shut out',
      value: after.reduce((sum, { penalized }) => sum + penalized, 0),
      unit: 'peers',
      max: 0,
    },
  ];
}

// Row 21: a node joins after a thousand publications and two hundred revocations by all the others. A second one joins beside it with
// anti-entropy taken out: what it has in the end is what gossip alone gives to those who come late.

import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../fleet/fleet.ts';
import { type ChaosRow, MIB, secondsUntil } from './rig.ts';

const JOIN_SECONDS_MAX = 60;
const NODES = 50;
const NODES_PER_PROCESS = 10;
const SPREAD_MS_MAX = 150_000;

export const row21: ChaosRow = {
  row: 21,
  title: 'joins late, after many publications and revocations',
  pass: 'sees every one within 60 s',
  async run({ quick, nodes }) {
    const count = quick ? 4 : (nodes ?? NODES);
    const publications = quick ? 60 : 1_000;
    const revocations = quick ? 12 : 200;
    const hosts = Math.max(1, Math.ceil(count / NODES_PER_PROCESS));
    await using fleet = await Fleet.start({ nodes: count, hosts });
    const cards = await fleet.publish(publications, 'Agent');
    for (let n = 0; n < revocations; n += count)
      await Promise.all(
        cards.slice(n, Math.min(n + count, revocations)).map((card) => fleet.on(card.name, 'revoke', card)),
      );
    const complete = ({ cards: known, revocations: revoked }: { cards: number; revocations: number }) =>
      known >= publications && revoked >= revocations;
    const spreadMs = await fleet.until((all) => all.every(complete), SPREAD_MS_MAX);
    const [joiner, deaf] = [await fleet.addHost(), await fleet.addHost({ antiEntropy: false })];
    await fleet.startNode('deaf', deaf);
    const started = performance.now();
    await fleet.startNode('late', joiner);
    const late = async () => (await fleet.hosts[joiner]!.do('standing', null))[0]!;
    const seconds = await secondsUntil(async () => complete(await late()), JOIN_SECONDS_MAX);
    const sinceStart = Number.isFinite(seconds) ? (performance.now() - started) / 1_000 : seconds;
    const held = await late();
    // The deaf one has had at least as long as the other.
    await delay(2_000);
    const [gossiped] = await fleet.hosts[deaf]!.do('standing', null);
    const heads = await fleet.hosts[joiner]!.do('metric', {
      name: 'zerostate_gossip_messages_total',
      labels: 'topic="heads"',
    });
    const memory = await Promise.all(fleet.hosts.slice(0, hosts).map((host) => host.do('memory', null)));
    const residents = memory.reduce((sum, { resident }) => sum + resident, 0);
    return [
      { name: 'nodes before', value: count, unit: 'nodes', min: count },
      { name: 'processes', value: hosts, unit: 'processes' },
      { name: 'until all of them had all', value: spreadMs / 1_000, unit: 's' },
      { name: 'publications seen', value: held.cards, unit: 'cards', min: publications },
      { name: 'revocations seen', value: held.revocations, unit: 'revocations', min: revocations },
      { name: 'from start until all were seen', value: sinceStart, unit: 's', max: JOIN_SECONDS_MAX },
      { name: 'heads that gossip brought it', value: heads, unit: 'messages' },
      { name: 'by gossip alone: publications', value: gossiped!.cards, unit: 'cards', max: 0 },
      { name: 'by gossip alone: revocations', value: gossiped!.revocations, unit: 'revocations', max: 0 },
      { name: 'peers of the one without', value: gossiped!.peers, unit: 'peers', min: 1 },
      { name: 'memory, ten in a process', value: residents / count / MIB, unit: 'MiB a node' },
    ];
  },
};

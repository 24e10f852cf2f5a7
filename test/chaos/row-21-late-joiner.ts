// Row 21: a node joins after a thousand publications and two hundred revocations by all the others. A second one joins beside it with
// anti-entropy taken out: what it has in the end is what gossip alone gives to those who come late.

import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../fleet/fleet.ts';
import type { FleetHost } from '../fleet/fleet-host.ts';
import { type ChaosRow, MIB, secondsUntil } from './rig.ts';

const JOIN_SECONDS_MAX = 60;
const NODES = 50;
const NODES_PER_PROCESS = 10;
/**
 * The joiner starts when all have all, or after this in any case. All nodes publish at once, and on two cores the checking of what 50 of
 * them store takes some minutes, whoever joins.
 */
const SPREAD_MS_MAX = 300_000;

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
    const cpuOf = async (some: readonly FleetHost[]) =>
      (await Promise.all(some.map((host) => host.do('profile', { file: '' })))).reduce(
        (sum, ms) => sum + ms,
        0,
      );
    const idle = await cpuOf(fleet.hosts);
    const begun = performance.now();
    const secondsSince = (from: number): number => (performance.now() - from) / 1_000;
    const cards = await fleet.publish(publications, 'Agent');
    const publishSeconds = secondsSince(begun);
    const share = Math.ceil(cards.length / revocations);
    const revoked = cards.filter((_, n) => n % share === 0).slice(0, revocations);
    await Promise.all(revoked.map((card) => fleet.on(card.name, 'revoke', card)));
    const revokeSeconds = secondsSince(begun) - publishSeconds;
    const complete = (held: { cards: number; revocations: number }) =>
      held.cards >= publications && held.revocations >= revocations;
    await fleet.until((all) => all.every(complete), SPREAD_MS_MAX);
    const spreadSeconds = secondsSince(begun);
    const spent = (await cpuOf(fleet.hosts)) - idle;
    const behind = (await fleet.standing()).filter((one) => !complete(one)).length;
    const [joiner, deaf] = [await fleet.addHost(), await fleet.addHost({ antiEntropy: false })];
    await fleet.startNode('deaf', deaf);
    const started = performance.now();
    await fleet.startNode('late', joiner);
    let firstPeer = Number.POSITIVE_INFINITY;
    const late = async () => {
      const [standing] = await fleet.hosts[joiner]!.do('standing', null);
      if (standing!.peers > 0) firstPeer = Math.min(firstPeer, secondsSince(started));
      return standing!;
    };
    const seconds = await secondsUntil(async () => complete(await late()), JOIN_SECONDS_MAX);
    const sinceStart = Number.isFinite(seconds) ? secondsSince(started) : seconds;
    const held = await late();
    const joining = await cpuOf([fleet.hosts[joiner]!]);
    const refused = await fleet.on('late', 'refused', { name: 'late' });
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
      { name: 'to publish, on all at once', value: publishSeconds, unit: 's' },
      { name: 'to revoke, on all at once', value: revokeSeconds, unit: 's' },
      { name: 'waited for all of them to have all', value: spreadSeconds, unit: 's' },
      { name: 'nodes that did not have all yet', value: behind, unit: 'nodes' },
      // Of work these tell on any machine, however busy.
      { name: 'CPU of the nodes, a copy', value: spent / count / (publications + revocations), unit: 'ms' },
      { name: 'CPU of the joiner, a statement', value: joining / (publications + revocations), unit: 'ms' },
      { name: 'from start until its first peer', value: firstPeer, unit: 's' },
      { name: 'publications seen', value: held.cards, unit: 'cards', min: publications },
      { name: 'revocations seen', value: held.revocations, unit: 'revocations', min: revocations },
      { name: 'cards it refuses as revoked', value: refused, unit: 'cards', min: revocations },
      { name: 'from start until all were seen', value: sinceStart, unit: 's', max: JOIN_SECONDS_MAX },
      { name: 'heads that gossip brought it', value: heads, unit: 'messages' },
      { name: 'by gossip alone: publications', value: gossiped!.cards, unit: 'cards', max: 0 },
      { name: 'by gossip alone: revocations', value: gossiped!.revocations, unit: 'revocations', max: 0 },
      { name: 'peers of the one without', value: gossiped!.peers, unit: 'peers', min: 1 },
      { name: 'memory, ten in a process', value: residents / count / MIB, unit: 'MiB a node' },
    ];
  },
};

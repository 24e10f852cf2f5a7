// Row 14: strangers from three addresses dial in until they are every peer that a node has. It must keep peers of its own choice.

import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, secondsUntil, timeMax } from './rig.ts';

const HONEST_OUTBOUND_MIN = 8;
const HONEST = 9;
const FIND_SECONDS_MAX = 30;
const FIND_AGAIN_SECONDS_MAX = 60;
/** Dials under way at once: the attackers share two cores with their victim. */
const PARALLEL = 10;

/** A host that only connects. */
function bareHost(ip: string) {
  return createLibp2p({
    addresses: { listen: [] },
    transports: [tcp({ dialOpts: { localAddress: ip } as object })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
}

export const row14: ChaosRow = {
  row: 14,
  title: 'eclipse: 200 inbound dials from 3 addresses',
  pass: 'at least 8 honest outbound peers kept',
  async run({ quick }) {
    await using nodes = new TestNodes();
    await using hosts = new AsyncDisposableStack();
    const honest = await Promise.all(
      Array.from({ length: HONEST }, async (_, i) =>
        // One that dials the victim itself would be no outbound peer of it, and the victim would rest.
        hosts.use(await startRogue({ ip: `127.${30 + i}.0.1`, isPassive: true })),
      ),
    );
    // The victim must find its honest peers while every place that strangers can take is taken.
    const victim = await nodes.start('victim', {
      peers: { groupPrivate: true, max: 64 },
      join: honest.map(({ host }) => String(host.getMultiaddrs()[0])),
    });
    const { host } = victim.node;
    const target = multiaddr(addressOf(victim));
    const attack = async (dials: number): Promise<number> => {
      const todo = Array.from({ length: dials }, (_, i) => `127.66.${i % 3}.1`).values();
      let inside = 0;
      const worker = async () => {
        for (const ip of todo) {
          const attacker = await bareHost(ip);
          hosts.defer(() => attacker.stop() as Promise<void>);
          const connection = await attacker.dial(target).catch(() => undefined);
          if (connection?.status === 'open') inside += 1;
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, worker));
      return inside;
    };
    const outbound = () => {
      const ids = new Set(honest.map(({ peerId }) => peerId));
      const mine = host.getConnections().filter(({ direction }) => direction === 'outbound');
      return new Set(mine.map(({ remotePeer }) => remotePeer.toString()).filter((id) => ids.has(id))).size;
    };
    const inbound = () => host.getConnections().filter(({ direction }) => direction === 'inbound').length;
    const dials = quick ? 60 : 200;
    const [firstMax, againMax] = [
      timeMax(FIND_SECONDS_MAX, { quick }),
      timeMax(FIND_AGAIN_SECONDS_MAX, { quick }),
    ];
    await attack(dials);
    const first = await secondsUntil(() => outbound() >= HONEST_OUTBOUND_MIN, firstMax);
    const atWorst = inbound();
    // Every honest connection is lost at once: the victim must find them again among the attackers.
    await Promise.all(honest.map(({ host: other }) => host.hangUp(other.peerId)));
    const again = await secondsUntil(() => outbound() >= HONEST_OUTBOUND_MIN, againMax);
    return [
      { name: 'attacking dials', value: dials, unit: 'dials' },
      { name: 'attackers inside', value: atWorst, unit: 'connections', max: 57 },
      { name: 'honest outbound peers', value: outbound(), unit: 'peers', min: HONEST_OUTBOUND_MIN },
      { name: 'time to 8 honest peers', value: first, unit: 's', max: firstMax },
      { name: 'time to 8 honest peers again', value: again, unit: 's', max: againMax },
    ];
  },
};

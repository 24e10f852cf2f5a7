// Puts the network under the services together: the libp2p host, requests and answers, gossip, and the records this node holds for others.

import type { PrivateKey } from '@libp2p/interface';
import { sha256 } from '../../protocol/crypto/index.ts';
import type { Ground, Net } from '../context.ts';
import { RecordStore } from '../dht/record-store.ts';
import { cardRules } from '../dht/rules.ts';
import { Gossip, topicsOf } from '../gossip/index.ts';
import { GossipWatchdog } from '../gossip/watchdog.ts';
import { Rpc } from '../rpc/index.ts';
import type { Service } from '../services.ts';
import { VERSION } from '../version.ts';
import { type Carrier, createHost } from './create.ts';
import type { ConnectionPolicy } from './gater.ts';
import { Listening } from './listening.ts';
import { RelayWatch } from './relay-watch.ts';

/** The network of a node, not started. `watch` is started once the services that use the host are up. */
export async function makeNet(
  ground: Ground,
  privateKey: PrivateKey,
  policy?: ConnectionPolicy,
  relayWatch: RelayWatch = new RelayWatch(),
  carrier?: Carrier,
): Promise<{ net: Net; services: Service[]; watch: Service[] }> {
  const { admission, book, clock, config, db, log, metrics } = ground;
  const { network } = config;
  const dhtRules = cardRules(book);
  const dhtStore = new RecordStore({ db, rules: dhtRules, caps: config.dht, admission, clock, log, metrics });
  const listening = new Listening();
  const start = async () => {
    await host.start();
    listening.check();
  };
  const host = await createHost({
    privateKey,
    records: dhtStore,
    admission,
    metrics,
    network,
    listen: config.listen,
    announce: config.announce,
    listening,
    maxConnections: config.peers.max,
    relay: config.roles.includes('relay'),
    relayWatch,
    groupPrivate: config.peers.groupPrivate,
    mdns: config.mdns,
    nat: config.nat,
    vouched: config.roles.includes('relay') || config.roles.includes('boot'),
    policy,
    dhtRules,
    topics: topicsOf(network),
    messageId: sha256,
    version: VERSION,
    libraryLog: config.log.level === 'trace',
    carrier,
  });
  const rpc = new Rpc({ host, log, metrics, admission });
  const gossip = new Gossip({ host, network, log, metrics, admission });
  const watchdog = new GossipWatchdog({ host, clock, log, metrics });
  return {
    net: { host, peerId: host.peerId.toString(), rpc, gossip, dhtStore },
    services: [
      { name: 'dht-records', start: () => dhtStore.start(), stop: () => dhtStore.stop() },
      { name: 'host', start, stop: () => host.stop() },
    ],
    watch: [{ name: 'gossip-watchdog', start: () => watchdog.start(), stop: () => watchdog.stop() }],
  };
}

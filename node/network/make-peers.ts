// Puts together who is out there: the directory of announcements, and the keeper of connections.

import { multiaddr } from '@multiformats/multiaddr';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Config } from '../config/index.ts';
import type { Ground, Net } from '../context.ts';
import type { OwnLog } from '../log/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Service } from '../services.ts';
import { VERSION } from '../version.ts';
import { networkView } from '../views.ts';
import { Directory } from './directory.ts';
import type { BootSource } from './first-contact.ts';
import { PeerKeeper } from './peer-keeper.ts';

/** Changes of the network within this time are told to watchers as one. */
const VIEW_PAUSE_MS = 250;

/** The parts, not started. */
export function makePeers(
  deps: Ground &
    Net & {
      readonly seed: Uint8Array;
      readonly ownLog: OwnLog;
      readonly revocations: RevocationService;
      readonly boot: BootSource | undefined;
    },
) {
  const { clock, config, events, gossip, host, log, metrics } = deps;
  const directory: Directory = new Directory({
    host,
    gossip,
    clock,
    log,
    seed: deps.seed,
    self: { name: config.name, region: config.region, roles: config.roles, version: VERSION },
    ownLog: () => deps.ownLog.state(),
    onHeard: (entry) => deps.revocations.heard(entry),
    onChange: () => {
      soon();
      keeper.wake();
    },
    onPeers: () => metrics.set('zerostate_peers_connected', host.getPeers().length),
  });
  let cancelView: (() => void) | undefined;
  /** Many changes are one event: who watches gets the whole network with each, and every node that speaks is a change. */
  function soon(): void {
    cancelView ??= clock.after(VIEW_PAUSE_MS, () => {
      cancelView = undefined;
      events.emit('peer', () => networkView({ clock, directory, host }));
    });
  }
  const { target, groupPrivate } = config.peers;
  const keeper: PeerKeeper = new PeerKeeper({
    host,
    directory,
    clock,
    log,
    target,
    groupPrivate,
    join: config.join,
    boot: deps.boot,
  });
  const services: Service[] = [
    {
      name: 'directory',
      start: () => directory.start(),
      stop: () => {
        cancelView?.();
        directory.stop();
      },
    },
    { name: 'peers', start: () => keeper.start(), stop: () => keeper.stop() },
  ];
  return { directory, services };
}

/** Throws CONFIG_INVALID when an address of the configuration cannot be read, before anything is made. */
export function checkAddresses(config: Pick<Config, 'join' | 'listen' | 'announce'>): void {
  for (const key of ['join', 'listen', 'announce'] as const)
    for (const address of config[key])
      try {
        multiaddr(address);
      } catch (cause) {
        throw new ZeroError('CONFIG_INVALID', `configuration: ${key}: ${address} is no multiaddr`, {
          cause,
          hint: 'It looks like /ip4/203.0.113.7/tcp/7580; "zerostate status" of the other node prints its own.',
        });
      }
}

// Reachability from outside: AutoNAT and hole punching (DCUtR), and which of its own addresses a node announces before anybody has tried them.
// None of it can be seen on loopback or in a private network, whose addresses the library passes over: scripts/nat-rig.ts makes a public one.

import { autoNAT } from '@libp2p/autonat';
import { dcutr } from '@libp2p/dcutr';
import type { Connection, Listener, TypedEventTarget } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { facade, type GuardDeps, guarded } from './guard.ts';
import * as limits from './limits.ts';
import type { OuterPort } from './outer-port.ts';

/** Both services, guarded. */
export function natServices(guard: GuardDeps, network: string, outer: OuterPort) {
  const streams = {
    maxInboundStreams: limits.NAT_STREAMS_MAX,
    maxOutboundStreams: limits.NAT_STREAMS_MAX,
    timeout: limits.DIAL_MS_MAX,
  };
  return {
    autonat: guarded(guard, dialledAnew(autoNAT({ protocolPrefix: `zerostate/${network}`, ...streams }))),
    dcutr: guarded(guard, outer.punches(dcutr(streams))),
  };
}

interface Dials {
  openConnection(target: unknown, options?: object): Promise<Connection>;
}

/**
 * Wraps AutoNAT's factory, so that whoever is asked to try an address dials it. The library takes the connection that the question came over, takes
 * that for an answer, and closes it: two nodes with public addresses hang up on each other as often as they connect.
 */
export function dialledAnew<C extends object, S>(factory: (components: C) => S): (components: C) => S {
  return (components) => {
    const { connectionManager } = components as unknown as { readonly connectionManager: Dials };
    const dialling = facade(connectionManager, {
      // One address is one to try; a list is a peer that it looks for on its own walk, where a connection that is up will do.
      openConnection: (target, options) =>
        connectionManager.openConnection(
          target,
          Array.isArray(target) ? options : { ...options, force: true },
        ),
    });
    return factory(facade(components, { connectionManager: dialling } as unknown as Partial<C>));
  };
}

interface AddressComponents {
  readonly events: TypedEventTarget<{ 'transport:listening': CustomEvent<Listener> }>;
  readonly addressManager: { confirmObservedAddr(address: Multiaddr, options: { type: 'transport' }): void };
}

const ANY_HOST = new Set(['0.0.0.0', '::']);

/**
 * A service that announces public addresses of this machine as soon as they are listened on: all where `all` says so, and else those that `listen`
 * names. The library waits until another node has tried them, which nobody can who does not know them. AutoNAT takes back what eight networks cannot reach.
 */
export function ownAddresses(listen: readonly string[], all: boolean): (components: unknown) => object {
  const named = new Set(listen.map(hostOf).filter((host) => host !== undefined && !ANY_HOST.has(host)));
  return (components) => {
    const { addressManager, events } = components as AddressComponents;
    events.addEventListener('transport:listening', ({ detail }) => {
      for (const address of detail.getAddrs()) {
        const host = hostOf(address.toString());
        if (host !== undefined && (all || named.has(host)))
          addressManager.confirmObservedAddr(address, { type: 'transport' });
      }
    });
    return {};
  };
}

/** The address of an interface; undefined: a circuit's or another machine's. */
function hostOf(address: string): string | undefined {
  return address.includes('/p2p-circuit') ? undefined : /^\/ip[46]\/([^/]+)\//.exec(address)?.[1];
}

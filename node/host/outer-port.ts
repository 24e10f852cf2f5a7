// Punches holes through two NATs over TCP. A node without a public address dials everybody outside from one local port, which it does not listen on: where its
// NAT keeps the mapping of a port, what its peers see of it is then the address that others reach it at. DCUtR tells it to the other side, both dial at
// once from there, and their first packets cross (a simultaneous open). The library dials from a new port each time, has no address to tell, and both
// ends of such a connection take themselves for the one who dialled.

import { createServer } from 'node:net';
import type { Connection, Transport, Upgrader } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { ipOf, isGloballyRoutable } from './address-group.ts';
import { facade } from './guard.ts';
import { OBSERVERS_MAX, PUNCHED_ADDRESSES_MAX } from './limits.ts';

/** Why a dial from the port may fail where one from another may not: a listener has it, this system shares none, or the same two ends were connected just now. */
const PORT_REFUSED: ReadonlySet<unknown> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

interface Addresses {
  getAddresses(): Multiaddr[];
  getAddressesWithMetadata(): readonly { readonly multiaddr: Multiaddr }[];
}
interface TransportComponents {
  readonly addressManager: Addresses;
  readonly events: EventTarget;
}
interface DialOptions {
  readonly upgrader: Upgrader;
  readonly initiator?: boolean;
}
type Dials = Pick<Transport, 'dial'>;

interface PunchComponents {
  readonly addressManager: Addresses;
  readonly connectionManager: { openConnection(target: unknown, options?: object): Promise<Connection> };
  readonly transportManager: { dial(address: Multiaddr, options: object): Promise<Connection> };
}
interface PunchOptions {
  readonly signal: AbortSignal;
  /** Said of the dials that are to cross, and of no other. */
  readonly priority?: number;
  /** False: this end waits for the other's greeting. */
  readonly initiator?: boolean;
}

/** The port that a host dials from to peers outside, and what they see of it. */
export class OuterPort {
  #port: Promise<number | undefined> | undefined;
  readonly #dialled = new WeakSet<Connection>();
  /** What is seen at the other end of connections from the port that are open. */
  readonly #seen = new Map<Connection, string>();

  /** The same TCP transport, which dials from the port whom it can be of use with. */
  watch<C, T extends Dials>(make: (components: C) => T): (components: C) => T {
    return (components) => {
      const { addressManager, events } = components as unknown as TransportComponents;
      const transport = make(components);
      const dial = transport.dial.bind(transport) as (
        address: Multiaddr,
        options: object,
      ) => Promise<Connection>;
      transport.dial = async (address: Multiaddr, options: object) => {
        const given = answering(options as DialOptions);
        const localPort = isOutside(address) && isHidden(addressManager) ? await this.#choose() : undefined;
        if (localPort === undefined) return dial(address, given);
        try {
          const connection = await dial(address, { ...given, localPort });
          this.#dialled.add(connection);
          return connection;
        } catch (error) {
          if (!PORT_REFUSED.has((error as NodeJS.ErrnoException).code)) throw error;
          return dial(address, given);
        }
      };
      events.addEventListener('peer:identify', (event) => {
        const { detail } = event as CustomEvent<{ connection: Connection; observedAddr?: Multiaddr }>;
        this.#saw(detail.connection, detail.observedAddr);
      });
      return transport;
    };
  }

  /** Addresses that others may reach the port at: for each family the one that most peers see, unless each sees another: then the NAT keeps no mapping. */
  addresses(): Multiaddr[] {
    const offered: Multiaddr[] = [];
    for (const family of ['/ip4/', '/ip6/']) {
      const seen = [...this.#seen.values()].filter((text) => text.startsWith(family));
      const [most] = [...Map.groupBy(seen, (text) => text)].sort(([, a], [, b]) => b.length - a.length);
      if (most !== undefined && (most[1].length > 1 || seen.length === 1)) offered.push(multiaddr(most[0]));
    }
    return offered;
  }

  /** Wraps DCUtR's factory, so that it tells these addresses, and its dials cross where there are some. */
  punches<C extends object, S>(factory: (components: C) => S): (components: C) => S {
    return (components) => {
      const { addressManager, connectionManager, transportManager } =
        components as unknown as PunchComponents;
      const members: Pick<PunchComponents, 'addressManager' | 'connectionManager'> = {
        addressManager: facade(addressManager, {
          getAddresses: () => [...addressManager.getAddresses(), ...this.addresses()],
        }),
        connectionManager: facade(connectionManager, {
          openConnection: (target, options) => {
            const { priority, signal, initiator } = (options ?? {}) as PunchOptions;
            if (priority === undefined || this.addresses().length === 0)
              return connectionManager.openConnection(target, options);
            // Not through the queue of dials: it forgets who is to greet first, and waits for others. Whom the gater shuts out the upgrade asks.
            const dial = (address: Multiaddr, ending: AbortSignal) =>
              transportManager.dial(address, { signal: ending, initiator: initiator ?? true });
            return first((target as Multiaddr[]).filter(namesPeer), signal, dial);
          },
        }),
      };
      return factory(facade(components, members as unknown as Partial<C>));
    };
  }

  #saw(connection: Connection, address: Multiaddr | undefined): void {
    if (address === undefined || !isOutside(address) || connection.status !== 'open') return;
    if (!this.#dialled.has(connection) || this.#seen.size >= OBSERVERS_MAX) return;
    this.#seen.set(connection, address.toString());
    connection.addEventListener('close', () => this.#seen.delete(connection), { once: true });
  }

  /** A port that is free now. */
  #choose(): Promise<number | undefined> {
    this.#port ??= new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen(0, () => {
        const at = server.address();
        server.close(() => resolve(typeof at === 'object' ? at?.port : undefined));
      });
    });
    return this.#port;
  }
}

/** Dials all at once; the first that is up ends the others. */
async function first(
  addresses: readonly Multiaddr[],
  signal: AbortSignal,
  dial: (address: Multiaddr, signal: AbortSignal) => Promise<Connection>,
): Promise<Connection> {
  const under = new Set<AbortController>();
  const end = () => {
    for (const one of under) one.abort();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.any(
      addresses.slice(0, PUNCHED_ADDRESSES_MAX).map(async (address) => {
        const one = new AbortController();
        under.add(one);
        const connection = await dial(address, one.signal);
        // What is up must not hear of the end of the others.
        under.delete(one);
        return connection;
      }),
    );
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** An address of TCP that the whole internet routes, and no relay's. */
function isOutside(address: Multiaddr): boolean {
  const ip = ipOf(address);
  if (ip === undefined || !isGloballyRoutable(ip)) return false;
  const [, transport, ...rest] = address.getComponents();
  return transport?.name === 'tcp' && rest.every(({ name }) => name === 'p2p');
}

/** One that the upgrade can hold the other side to. */
function namesPeer(address: Multiaddr): boolean {
  return isOutside(address) && address.getComponents().some(({ name }) => name === 'p2p');
}

/** True where the node has no address that others may reach it at without a relay. */
function isHidden(addresses: Addresses): boolean {
  return addresses.getAddressesWithMetadata().every((one) => {
    const ip = ipOf(one.multiaddr);
    return ip === undefined ? one.multiaddr.toString().includes('/p2p-circuit') : !isGloballyRoutable(ip);
  });
}

/** Where the other end greets first, the connection is one that came in, also to the muxer: it looks at the connection itself. */
function answering<O extends DialOptions>(options: O): O {
  if (options.initiator !== false) return options;
  const { upgrader } = options;
  const upgrade: Upgrader['upgradeOutbound'] = (connection, given) => {
    connection.direction = 'inbound';
    return upgrader.upgradeOutbound(connection, given);
  };
  return { ...options, upgrader: facade(upgrader, { upgradeOutbound: upgrade }) };
}

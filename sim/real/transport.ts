// A libp2p transport over the simulated wire. Hosts have addresses as on a private network; a dial takes a round trip.

import {
  type ComponentLogger,
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type ListenerEvents,
  serviceCapabilities,
  type Transport,
  transportSymbol,
  type Upgrader,
} from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { TypedEventEmitter } from 'main-event';
import { type EndInit, SimulatedEnd, type SimulatedWire } from './connection.ts';
import type { World } from './world.ts';

/** Bytes of a segment that opens a connection. */
const SYN_BYTES = 60;
const PORT = 4_001;
const HOST_BITS = 8;
const HOST_MASK = 255;

/** Address of host `n`: each has one of its own in 10.0.0.0/8. */
export function addressOfHost(n: number): string {
  const number = n + 1;
  const parts = [
    10,
    (number >> (2 * HOST_BITS)) & HOST_MASK,
    (number >> HOST_BITS) & HOST_MASK,
    number & HOST_MASK,
  ];
  return `/ip4/${parts.join('.')}/tcp/${PORT}`;
}

function hostOfAddress(address: Multiaddr): number | undefined {
  const match = /^\/ip4\/10\.(\d+)\.(\d+)\.(\d+)\/tcp\/4001(?:\/p2p\/\w+)?$/.exec(address.toString());
  if (match === null) return undefined;
  const [, a, b, c] = match;
  return ((Number(a) << (2 * HOST_BITS)) | (Number(b) << HOST_BITS) | Number(c)) - 1;
}

/** What all hosts of a run share. */
export class SimulatedNetwork {
  readonly world: World;
  readonly wire: SimulatedWire;
  readonly listeners: Map<number, SimulatedListener> = new Map();
  readonly onPiece: EndInit['onPiece'];
  /** Connections that were opened so far. */
  opened = 0;

  constructor(world: World, wire: SimulatedWire, onPiece: EndInit['onPiece'] = () => {}) {
    this.world = world;
    this.wire = wire;
    this.onPiece = onPiece;
  }

  /** The transport of one host. */
  transport(host: number): (components: { readonly logger: ComponentLogger }) => Transport {
    return ({ logger }) => new SimulatedTransport(this, host, logger);
  }
}

class SimulatedListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #network: SimulatedNetwork;
  readonly #host: number;
  readonly upgrader: Upgrader;

  constructor(network: SimulatedNetwork, host: number, upgrader: Upgrader) {
    super();
    this.#network = network;
    this.#host = host;
    this.upgrader = upgrader;
  }

  async listen(): Promise<void> {
    this.#network.listeners.set(this.#host, this);
    this.safeDispatchEvent('listening');
  }

  getAddrs(): Multiaddr[] {
    return [multiaddr(addressOfHost(this.#host))];
  }

  async close(): Promise<void> {
    this.#network.listeners.delete(this.#host);
    this.safeDispatchEvent('close');
  }

  updateAnnounceAddrs(): void {}
}

class SimulatedTransport implements Transport {
  readonly #logger: ComponentLogger;
  readonly [transportSymbol] = true;
  readonly [Symbol.toStringTag] = 'simulated';
  readonly [serviceCapabilities]: string[] = ['@libp2p/transport'];
  readonly #network: SimulatedNetwork;
  readonly #host: number;

  constructor(network: SimulatedNetwork, host: number, logger: ComponentLogger) {
    this.#network = network;
    this.#host = host;
    this.#logger = logger;
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    options.signal.throwIfAborted();
    const { onPiece, wire, world } = this.#network;
    const from = this.#host;
    const to = hostOfAddress(address) ?? -1;
    if (to < 0 || !wire.reaches(from, to)) throw new Error(`${address} is out of reach`);
    await this.#wait(wire.delay(from, to, SYN_BYTES, world.loop.now), options.signal);
    const listener = this.#network.listeners.get(to);
    await this.#wait(wire.delay(to, from, SYN_BYTES, world.loop.now), options.signal);
    if (listener === undefined) throw new Error(`${address} refused the connection`);
    const common = { world, wire, logger: this.#logger, onPiece };
    const near = new SimulatedEnd({ ...common, from, to, direction: 'outbound', remoteAddr: address });
    const far = new SimulatedEnd({
      ...common,
      from: to,
      to: from,
      direction: 'inbound',
      remoteAddr: multiaddr(addressOfHost(from)),
    });
    this.#network.opened += 1;
    const open = wire.delay(from, to, SYN_BYTES, world.loop.now);
    if (!Number.isFinite(open)) throw new Error(`${address} did not answer`);
    SimulatedEnd.tie(near, far, world.loop.now + open);
    world.deliver(open, this.#network.opened, () => void accept(listener, far));
    try {
      return await options.upgrader.upgradeOutbound(near, options);
    } catch (error) {
      near.abort(error as Error);
      throw error;
    }
  }

  createListener(options: CreateListenerOptions): Listener {
    return new SimulatedListener(this.#network, this.#host, options.upgrader);
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => hostOfAddress(address) !== undefined);
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return this.listenFilter(addresses);
  }

  /** Waits so many microseconds, or for ever: the signal ends it. */
  async #wait(us: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      if (!Number.isFinite(us)) return;
      this.#network.world.deliver(us, this.#host, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }
}

async function accept(listener: SimulatedListener, end: SimulatedEnd): Promise<void> {
  const signal = listener.upgrader.createInboundAbortSignal(new AbortController().signal);
  try {
    await listener.upgrader.upgradeInbound(end, { signal });
  } catch (error) {
    end.abort(error as Error);
  } finally {
    signal.clear();
  }
}

// What a relay passes on, seen from the host: every forwarded byte is told to whoever meters, and whoever meters may refuse a peer.
// Must not: know prices, or look at what is forwarded (it is encrypted end to end).

import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import type {
  Connection,
  MultiaddrConnection,
  PeerId,
  Stream,
  StreamHandler,
  StreamHandlerOptions,
} from '@libp2p/interface';
import type { ZeroError } from '../../protocol/errors/index.ts';
import { facade } from './guard.ts';

/** Meters a relay, and decides whom it serves. */
export interface RelayDesk {
  /** May the peer reserve a slot, or be connected through this relay? */
  allows(peerId: string): boolean;
  /** Is it for what the peer owes that it is not served? */
  isUnpaid?(peerId: string): boolean;
  /** Bytes passed on for the peer that asked for the connection: from it (up), to it (down). */
  forwarded(peerId: string, up: number, down: number): void;
}

/** Counts what this node itself sends and receives over relays, and says which of them it cannot or will not pay. */
export interface RelayCustomer {
  /** Bytes of this node's own over a relay, as the relay counts them for it: towards the relay (up), and back (down). */
  used(relay: string, up: number, down: number): void;
  /** Why nothing shall go over a relay now; undefined: nothing stands against it. */
  refusal(relay: string): string | undefined;
  /** A relay refused a stream because it is not paid. */
  refused(relay: string): void;
  /** So much is owed to a relay that it may end what it carries. */
  owes(relay: string): boolean;
  /** Told when a relay is left: what goes over it is to be ended with this reason. */
  onLeave: (relay: string, why: ZeroError) => void;
}

/** The desk of a relay and what counts for its customers, which are made after the host. Until then everybody is served and nothing counted. */
export class RelayWatch implements RelayDesk {
  desk: RelayDesk | undefined;
  customer: RelayCustomer | undefined;

  isUnpaid(peerId: string): boolean {
    return this.desk?.isUnpaid?.(peerId) ?? false;
  }

  allows(peerId: string): boolean {
    return this.desk?.allows(peerId) ?? true;
  }

  forwarded(peerId: string, up: number, down: number): void {
    this.desk?.forwarded(peerId, up, down);
  }
}

/** What a relay's host has of slots. */
interface SlotHost {
  addEventListener(type: 'peer:disconnect', listener: (event: { readonly detail: PeerId }) => void): void;
  readonly services: { readonly relay?: CircuitRelayService };
}

/**
 * Gives back the slot of a peer that has left: no circuit reaches it any more. The library keeps it for as long as a slot lasts, so that keys, which
 * cost nothing, could hold all slots of a relay one after another over one connection.
 */
export function freeSlots(host: SlotHost): void {
  const { services } = host;
  host.addEventListener('peer:disconnect', ({ detail }) => {
    const held = services.relay?.reservations.get(detail);
    // Its end must not take away a slot that the peer is given later.
    held?.signal.clear();
    services.relay?.reservations.delete(detail);
  });
}

interface Registrar {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>;
}

/** Wraps the relay server's factory, so that what its streams carry is counted. */
export function watchedRelay<C extends object, S>(
  watch: RelayWatch,
  factory: (components: C) => S,
): (components: C) => S {
  return (components) => {
    const { registrar } = components as unknown as { readonly registrar: Registrar };
    const counting = facade(registrar, {
      handle: (protocol, handler, options) =>
        registrar.handle(
          protocol,
          (stream: Stream, connection: Connection) => {
            count(watch, stream, connection.remotePeer.toString());
            return handler(stream, connection);
          },
          options,
        ),
    });
    return factory(facade(components, { registrar: counting } as unknown as Partial<C>));
  };
}

/** A stream of this node's own to or over a relay: tells of what it carries from here on. */
export function countOwn(
  stream: Pick<MultiaddrConnection, 'addEventListener' | 'send'>,
  tell: (up: number, down: number) => void,
): void {
  const send = stream.send.bind(stream);
  stream.send = (data) => {
    tell(data.byteLength, 0);
    return send(data);
  };
  stream.addEventListener('message', ({ data }) => tell(0, data.byteLength));
}

interface CircuitUpgrader {
  upgradeOutbound(connection: MultiaddrConnection, options: object): Promise<unknown>;
}

/** Wraps the circuit transport's factory, so that what this node sends and receives over circuits that it asked for is counted, as their relays do. */
export function watchedCircuits<C extends object, T>(
  watch: RelayWatch,
  factory: (components: C) => T,
): (components: C) => T {
  return (components) => {
    const { upgrader } = components as unknown as { readonly upgrader: CircuitUpgrader };
    const counting = facade(upgrader, {
      upgradeOutbound: (connection, options) => {
        const [before] = connection.remoteAddr.toString().split('/p2p-circuit');
        const relay = before?.split('/p2p/').at(-1);
        if (relay !== undefined) countOwn(connection, (up, down) => watch.customer?.used(relay, up, down));
        return upgrader.upgradeOutbound(connection, options);
      },
    });
    return factory(facade(components, { upgrader: counting } as unknown as Partial<C>));
  };
}

/** Counts from the relay's first answer on: what comes before it, and that answer, are the talk with the relay itself. */
function count(watch: RelayWatch, stream: Stream, peerId: string): void {
  let joined = false;
  const send = stream.send.bind(stream);
  stream.send = (data) => {
    if (joined) watch.forwarded(peerId, 0, data.byteLength);
    joined = true;
    return send(data);
  };
  stream.addEventListener('message', ({ data }) => {
    if (joined) watch.forwarded(peerId, data.byteLength, 0);
  });
}

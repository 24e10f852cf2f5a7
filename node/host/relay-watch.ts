// What a relay passes on, seen from the host: every forwarded byte is told to whoever meters, and whoever meters may refuse a peer.
// Must not: know prices, or look at what is forwarded (it is encrypted end to end).

import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import type { Connection, PeerId, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface';
import { facade } from './guard.ts';

/** Meters a relay, and decides whom it serves. */
export interface RelayDesk {
  /** May the peer reserve a slot, or be connected through this relay? */
  allows(peerId: string): boolean;
  /** Bytes passed on for the peer that asked for the connection: from it (up), to it (down). */
  forwarded(peerId: string, up: number, down: number): void;
}

/** The desk of a relay, which is made after the host. Until then everybody is served and nothing counted. */
export class RelayWatch implements RelayDesk {
  desk: RelayDesk | undefined;

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

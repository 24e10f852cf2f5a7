// Stands between a libp2p service and the host: every stream that a peer opens is charged to it before the service sees it.
// (The library's own stream middleware adds a handler for each stream, so it cannot be used for this.)

import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface';
import { type Admission, servingPeer } from '../admission/index.ts';
import type { Metrics } from '../metrics/index.ts';

interface Registrar {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>;
}
interface Components {
  readonly registrar: Registrar;
}

export interface GuardDeps {
  readonly admission: Admission;
  readonly metrics: Metrics;
}

/**
 * A handler that serves only peers within their budgets, and books the bytes they send. `urgent`: a peer's other streams do not count against it; the
 * protocol has a budget of its own, and its requests are small.
 */
export function guardHandler(
  deps: GuardDeps,
  protocol: string,
  handler: StreamHandler,
  options: { readonly urgent?: boolean } = {},
): (stream: Stream, connection: Connection) => void | Promise<void> {
  return (stream, connection) => {
    const peer = connection.remotePeer.toString();
    if (options.urgent !== true && !deps.admission.charge(peer, 'streams')) {
      deps.metrics.count('zerostate_inbound_refused_total', { protocol, reason: 'streams' });
      stream.abort(new Error('too many streams from this peer'));
      return;
    }
    if (!bookBytes(deps, protocol, stream, peer, options.urgent === true)) return;
    return servingPeer(peer, () => handler(stream, connection));
  };
}

/** Wraps a service's factory, so that what it registers is guarded. */
export function guarded<C extends object, S>(
  deps: GuardDeps,
  factory: (components: C) => S,
): (components: C) => S {
  return (components) => {
    const { registrar } = components as unknown as Components;
    const guardedRegistrar = facade(registrar, {
      handle: (protocol, handler, options) =>
        registrar.handle(protocol, guardHandler(deps, protocol, handler), options),
    });
    return factory(facade(components, { registrar: guardedRegistrar } as unknown as Partial<C>));
  };
}

/** The object with some members replaced; the rest is its own. */
export function facade<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

interface Readable {
  onData?(data: { byteLength: number }): void;
}

/**
 * Books what has arrived with the naming of the protocol, and what arrives from here on; a peer out of bytes loses the stream, unless it is urgent:
 * that is small, and bounded by its own budget. Answers whether the stream is to be served.
 */
function bookBytes(
  { admission, metrics }: GuardDeps,
  protocol: string,
  stream: Stream,
  peer: string,
  isUrgent: boolean,
): boolean {
  const book = (bytes: number): boolean => {
    if (admission.charge(peer, 'bytes', bytes) || isUrgent) return true;
    metrics.count('zerostate_inbound_refused_total', { protocol, reason: 'bytes' });
    stream.abort(new Error('too many bytes from this peer'));
    return false;
  };
  const readable = stream as unknown as Readable;
  const onData = readable.onData?.bind(stream);
  if (onData !== undefined)
    readable.onData = (data) => {
      if (book(data.byteLength)) onData(data);
    };
  return !(stream.readBufferLength > 0) || book(stream.readBufferLength);
}

interface Muxed {
  readonly muxer?: { addEventListener(type: 'stream', listener: () => void): void };
}

/** Books every stream that a peer begins on a connection, also one that it resets at once; a peer far over its budget loses the connection. */
export function guardConnection({ admission, metrics }: GuardDeps, connection: Connection): void {
  const peer = connection.remotePeer.toString();
  (connection as unknown as Muxed).muxer?.addEventListener('stream', () => {
    if (admission.charge(peer, 'opens') || connection.status !== 'open') return;
    metrics.count('zerostate_inbound_refused_total', { protocol: 'connection', reason: 'opens' });
    connection.abort(new Error('too many streams begun by this peer'));
  });
}

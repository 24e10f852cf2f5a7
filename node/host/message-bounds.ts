// Bounds a message of the library's own protocols where the library does not: its DHT and its relays read up to 4 MiB, and make an object of every two bytes of
// them, which is seconds of the one thread and gigabytes. What a stream brings is one message until something is said back.

import type { Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface';
import { facade } from './guard.ts';
import { CIRCUIT_MESSAGE_BYTES_MAX, DHT_MESSAGE_BYTES_MAX } from './limits.ts';

interface Registrar {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>;
}

/** How long a stream brings messages: always, or until it was answered once, from when on it carries what others say. */
export type Talk = 'always' | 'greeting';

/** What a stream is read by. */
interface Reading {
  onData(data: { readonly byteLength: number }): void;
}

/** Ends a stream that brings more than so many bytes before it is answered. Answers whether it is to be served. */
export function boundMessages(stream: Stream, bytesMax: number, talk: Talk): boolean {
  const reading = stream as unknown as Reading;
  const onData = reading.onData.bind(stream);
  const send = stream.send.bind(stream);
  let bytes = stream.readBufferLength;
  let isOver = false;
  const isTooMuch = (): boolean => {
    if (isOver || bytes <= bytesMax) return false;
    stream.abort(new Error('a message of this protocol is not so large'));
    return true;
  };
  reading.onData = (data) => {
    bytes += data.byteLength;
    if (!isTooMuch()) onData(data);
  };
  stream.send = (data) => {
    bytes = 0;
    isOver = talk === 'greeting';
    return send(data);
  };
  return !isTooMuch();
}

/** Wraps the DHT's factory, so that the requests that it is sent are bounded. */
export const boundedDht = <C extends object, S>(factory: (components: C) => S) =>
  boundedMessages(factory, DHT_MESSAGE_BYTES_MAX, 'always');

/** Wraps the factory of a relay or of the circuits' transport, so that what they are asked for is bounded, and not what circuits carry. */
export const boundedCircuits = <C extends object, S>(factory: (components: C) => S) =>
  boundedMessages(factory, CIRCUIT_MESSAGE_BYTES_MAX, 'greeting');

function boundedMessages<C extends object, S>(
  factory: (components: C) => S,
  bytesMax: number,
  talk: Talk,
): (components: C) => S {
  return (components) => {
    const { registrar } = components as unknown as { readonly registrar: Registrar };
    const bounding = facade(registrar, {
      handle: (protocol, handler, options) =>
        registrar.handle(
          protocol,
          (stream, connection) =>
            boundMessages(stream, bytesMax, talk) ? handler(stream, connection) : undefined,
          options,
        ),
    });
    return factory(facade(components, { registrar: bounding } as unknown as Partial<C>));
  };
}

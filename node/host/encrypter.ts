// Noise, over connections that write whole frames. The library hands a socket the parts of a frame (length, header, body, tag) one by one,
// and each becomes a system call, a packet and an event at the other end: most of the work of a busy host. Here the parts are joined, and
// what is sent within one turn of the event loop leaves together.

import type { MessageStream } from '@libp2p/interface';
import { type NoiseInit, noise } from '@libp2p/noise';

/** Bytes of a frame's length. */
const LENGTH_BYTES = 2;

/** The parts of what is to be sent, as the library's transports read them. */
interface Parts extends Iterable<Uint8Array> {
  readonly byteLength: number;
}
interface Writing {
  sendData(data: Parts & { subarray(): Uint8Array }): unknown;
  /** Of a TCP connection. */
  readonly socket?: { cork(): void; uncork(): void };
  /** Of a WebSocket connection. */
  readonly websocket?: object;
}

/** Makes a connection write each frame at once. A connection of another kind, as one through a relay, stays as it is. */
export function joinWrites(connection: MessageStream): void {
  const writing = connection as unknown as Writing;
  const { socket, websocket } = writing;
  if (socket === undefined && websocket === undefined) return;
  const send = writing.sendData.bind(connection) as (data: Parts) => unknown;
  let corked = false;
  const uncork = (): void => {
    corked = false;
    socket?.uncork();
  };
  writing.sendData = (data) => {
    if (!corked && socket !== undefined) {
      corked = true;
      socket.cork();
      // After the microtasks of this turn: an answer and what is passed on to others are sent in those.
      process.nextTick(uncork);
    }
    const joined = data.subarray();
    return send(Object.assign([joined], { byteLength: joined.byteLength }));
  };
}

interface Decoding {
  readonly decoder?: { lengthDecoder(data: { readonly length: number }): number };
}

/** Says that a length is not whole yet. One for all: the library asks after every packet, and to make an error with its stack takes long. */
const NOT_YET = new RangeError('the length of the frame is still to come');

/** Makes a secured connection see cheaply that all that came is read. */
export function endReadsCheaply(connection: MessageStream): void {
  const { decoder } = connection as unknown as Decoding;
  if (decoder === undefined) return;
  const decode = decoder.lengthDecoder;
  decoder.lengthDecoder = (data) => {
    if (data.length < LENGTH_BYTES) throw NOT_YET;
    return decode(data);
  };
}

/** The connection encrypter of a host. Options as those of `noise`. */
export function encrypter(init: NoiseInit = {}): ReturnType<typeof noise> {
  const make = noise(init);
  return (components) => {
    const encrypting = make(components);
    const { secureInbound, secureOutbound } = encrypting;
    encrypting.secureInbound = async (connection, options) => {
      joinWrites(connection);
      const secured = await secureInbound.call(encrypting, connection, options);
      endReadsCheaply(secured.connection);
      return secured;
    };
    encrypting.secureOutbound = async (connection, options) => {
      joinWrites(connection);
      const secured = await secureOutbound.call(encrypting, connection, options);
      endReadsCheaply(secured.connection);
      return secured;
    };
    return encrypting;
  };
}

// The frames that two ends exchange over a sealed path: data, what has been received, and the end. A link outlives the path below it:
// each new path begins with a greeting that says how much has arrived, and what is missing is sent again.

import { ZeroError } from '../errors/index.ts';
import { FORWARD_VERSION, LINK_FRAME_BYTES_MAX, STREAM_ID_BYTES } from './limits.ts';

export const FRAME = { greeting: 1, data: 2, ack: 3, ping: 4, close: 5, refuse: 6 } as const;

/** How a path begins, from both ends. */
export interface Greeting {
  readonly link: Uint8Array;
  /** The caller has not yet heard of the other end: the link may be made now. */
  readonly fresh: boolean;
  /** Bytes of the link that have arrived. */
  readonly received: number;
}

/** What a decoder hands out. Data may come in several pieces. */
export type LinkFrame =
  | { readonly kind: 'greeting'; readonly greeting: Greeting }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'ack'; readonly received: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' }
  | { readonly kind: 'refuse' };

/** Bytes of each kind of frame after its first byte, data left out. */
const GREETING_BYTES = 2 + STREAM_ID_BYTES + 8;
/** Bytes of a greeting, its first one included: the called reads them before it knows which link it is. */
export const GREETING_FRAME_BYTES = 1 + GREETING_BYTES;
const BODY_BYTES: Readonly<Record<number, number>> = {
  [FRAME.greeting]: GREETING_BYTES,
  [FRAME.data]: 4,
  [FRAME.ack]: 8,
  [FRAME.ping]: 0,
  [FRAME.close]: 0,
  [FRAME.refuse]: 0,
};

/** "This is link `link`, and I have `received` bytes of it." */
export function greetingFrame({ fresh, link, received }: Greeting): Uint8Array {
  const bytes = new Uint8Array(GREETING_FRAME_BYTES);
  bytes[0] = FRAME.greeting;
  bytes[1] = FORWARD_VERSION;
  bytes[2] = fresh ? 1 : 0;
  bytes.set(link, 3);
  new DataView(bytes.buffer).setBigUint64(3 + STREAM_ID_BYTES, BigInt(received));
  return bytes;
}

/** Reads a greeting. Throws DECODE_FAILED. */
export function readGreeting(bytes: Uint8Array): Greeting {
  if (bytes.length !== GREETING_FRAME_BYTES || bytes[0] !== FRAME.greeting)
    throw new ZeroError('DECODE_FAILED', 'a path does not begin with a greeting');
  if (bytes[1] !== FORWARD_VERSION || bytes[2]! > 1)
    throw new ZeroError('DECODE_FAILED', 'a link is of another version');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    link: bytes.slice(3, 3 + STREAM_ID_BYTES),
    fresh: bytes[2] === 1,
    received: count(view.getBigUint64(3 + STREAM_ID_BYTES)),
  };
}

/** The head of a frame of data with `length` bytes, at most LINK_FRAME_BYTES_MAX. */
export function dataHead(length: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = FRAME.data;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

/** "I have handed on `received` bytes." */
export function ackFrame(received: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = FRAME.ack;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(received));
  return bytes;
}

/** A frame without a body. */
export function bareFrame(kind: 'ping' | 'close' | 'refuse'): Uint8Array {
  return Uint8Array.of(FRAME[kind]);
}

/** Reads frames as their bytes come. Holds at most one head; data is handed out as it arrives. */
export class LinkDecoder {
  readonly #head = new Uint8Array(1 + GREETING_BYTES);
  #have = 0;
  #data = 0;

  /** The frames in these bytes. Throws DECODE_FAILED: then the path is of no use any more. */
  *read(bytes: Uint8Array): Generator<LinkFrame> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#data > 0) {
        const piece = bytes.subarray(at, at + this.#data);
        this.#data -= piece.length;
        at += piece.length;
        yield { kind: 'data', bytes: piece };
        continue;
      }
      const need = this.#have === 0 ? 1 : 1 + this.#bodyBytes();
      const piece = bytes.subarray(at, at + need - this.#have);
      this.#head.set(piece, this.#have);
      this.#have += piece.length;
      at += piece.length;
      if (this.#have < 1 + this.#bodyBytes()) continue;
      this.#have = 0;
      const frame = this.#frame();
      if (frame !== undefined) yield frame;
    }
  }

  #bodyBytes(): number {
    const length = BODY_BYTES[this.#head[0]!];
    if (length === undefined) throw new ZeroError('DECODE_FAILED', 'a frame of a link is of an unknown kind');
    return length;
  }

  #frame(): LinkFrame | undefined {
    const view = new DataView(this.#head.buffer);
    switch (this.#head[0]) {
      case FRAME.greeting:
        return { kind: 'greeting', greeting: readGreeting(this.#head) };
      case FRAME.data: {
        const length = view.getUint32(1);
        if (length === 0 || length > LINK_FRAME_BYTES_MAX)
          throw new ZeroError('DECODE_FAILED', 'a frame of a link is empty or too long');
        this.#data = length;
        return undefined;
      }
      case FRAME.ack:
        return { kind: 'ack', received: count(view.getBigUint64(1)) };
      case FRAME.ping:
        return { kind: 'ping' };
      case FRAME.close:
        return { kind: 'close' };
      default:
        return { kind: 'refuse' };
    }
  }
}

function count(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZeroError('DECODE_FAILED', 'a count is too large');
  return Number(value);
}

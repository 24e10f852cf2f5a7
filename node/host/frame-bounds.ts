// Bounds what a connection's muxer takes of its peer before any stream hears of it, which the library does not. It gathers a frame of data whole, up to the
// four gigabytes that its head may promise, before it looks whether the stream has room for so much; it answers every ping; and its answers wait without
// bound for a peer that does not read them. Must not: look at what streams carry, which is charged to the peer (guard.ts).

import { FRAMES_WAITING_MAX, PINGS_BURST, PINGS_PER_SECOND_MAX } from './limits.ts';

/** Of yamux 1.0: bytes of a frame's head, where it names its stream and its length, the type of frames of data, and the flag of a question. */
const HEAD_BYTES = 12;
const [STREAM_AT, LENGTH_AT] = [4, 8];
const DATA = 0;
const SYN = 1;

interface Head {
  readonly type: number;
  readonly flag: number;
}

/** What is bounded of the library's muxer. */
interface Muxing {
  readonly decoder: {
    readonly buffer: { readonly byteLength: number; getUint32(at: number): number };
    readFrame(): unknown;
  };
  readonly streams: readonly { readonly streamId: number; readonly recvWindowCapacity: number }[];
  handlePing(head: Head): void;
  sendFrame(head: Head, data?: unknown): boolean;
}

/** What a muxer writes to. */
interface Carrying {
  readonly status: string;
  /** True while what was written waits for the peer. */
  readonly writableNeedsDrain?: boolean;
  abort(error: Error): void;
}

/** Bounds a muxer in place; another one than yamux stays as it is. `windowMax`: bytes that a stream may ever have under way. `now` in milliseconds. */
export function boundFrames(
  muxer: unknown,
  connection: Carrying,
  windowMax: number,
  now: () => number,
): void {
  const muxing = muxer as Muxing;
  if (muxing.decoder === undefined) return;
  boundLengths(muxing, windowMax);
  boundPings(muxing, now);
  boundWaiting(muxing, connection);
}

/** A frame is refused by its head: what its stream has no room for is not gathered. */
function boundLengths(muxing: Muxing, windowMax: number): void {
  const { decoder } = muxing;
  const read = decoder.readFrame.bind(decoder);
  decoder.readFrame = () => {
    const frame = read();
    const { buffer } = decoder;
    // What is not whole, and has its head: a frame of data.
    if (frame !== undefined || buffer.byteLength < HEAD_BYTES) return frame;
    const id = buffer.getUint32(STREAM_AT);
    // Of a stream that has ended here something may still be under way.
    const room = muxing.streams.find(({ streamId }) => streamId === id)?.recvWindowCapacity ?? windowMax;
    if (buffer.getUint32(LENGTH_AT) > room) throw new Error('a frame of data is larger than its window');
    return undefined;
  };
}

function boundPings(muxing: Muxing, now: () => number): void {
  const handle = muxing.handlePing.bind(muxing);
  let left = PINGS_BURST;
  let at = now();
  muxing.handlePing = (head) => {
    if (head.flag === SYN) {
      const since = now() - at;
      at += since;
      left = Math.min(PINGS_BURST, left + (since / 1_000) * PINGS_PER_SECOND_MAX) - 1;
      if (left < 0) throw new Error('too many pings from this peer');
    }
    handle(head);
  };
}

/** Frames without data are counted while the peer takes nothing; those with data wait in their streams, which have bounds of their own. */
function boundWaiting(muxing: Muxing, connection: Carrying): void {
  const send = muxing.sendFrame.bind(muxing);
  let waiting = 0;
  muxing.sendFrame = (head, data) => {
    if (connection.writableNeedsDrain !== true) waiting = 0;
    else if (head.type !== DATA) waiting += 1;
    if (waiting <= FRAMES_WAITING_MAX) return send(head, data);
    // Not thrown: whoever ends a stream or a muxer says so with such a frame.
    connection.abort(new Error('this peer asks, and does not read the answers'));
    return false;
  };
}

// Yamux, with six things mended. It opens an outgoing stream in a microtask, and when the connection has closed by then it throws where
// nobody can catch, which ends the process: here that stream is aborted instead, as any stream of a closed connection is. And it answers
// every frame of data with a window update, a frame of its own: here the update waits until half the window is used, as in go-yamux. When
// a connection can be written again it says so to all streams: here not to one whose reader is stalled, as whoever waits for that word would write a
// piece each time, until the stream is reset for holding too much. A reader that stops again at the first of what waited for it has stopped, which the
// library forgets: the other side would be let go on, and all that it sends held here. And when a connection is lost, its streams end as in peace: here,
// where the connection says why (a link over relays does), they say it too. What it takes of a peer before any stream hears of it is bounded
// (frame-bounds.ts).

import type { MessageStream } from '@libp2p/interface';
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux';
import { isZeroError } from '../../protocol/errors/index.ts';
import { openEarly } from './early-protocol.ts';
import { boundFrames } from './frame-bounds.ts';
import { STREAM_WINDOW_BYTES_MAX } from './limits.ts';

/** States of a stream whose next frame says that it is opened or accepted: that one must not wait. */
const UNSAID: ReadonlySet<unknown> = new Set([0, 2]);

interface MuxedStream {
  sendWindowUpdate(): void;
  sendResume?(): void;
  readonly readStatus?: string;
  abort(error: Error): void;
  readonly state?: unknown;
  /** Bytes that the other side may have under way, and how many of them it has not used. */
  readonly recvWindow?: number;
  readonly recvWindowCapacity?: number;
  /** Bytes that the other side still takes. */
  readonly sendWindowCapacity?: number;
  readonly writeBufferLength?: number;
  onMuxerDrain?(): void;
}

interface MuxerInternals {
  _newStream?: (...args: unknown[]) => MuxedStream;
  onTransportClosed?(): void;
  readonly streams?: readonly { onTransportClosed(error: Error): void }[];
}

/** True when the other side can go on for long without being told that its data was read. */
function hasRoom({ recvWindow, recvWindowCapacity, state }: MuxedStream): boolean {
  if (recvWindow === undefined || recvWindowCapacity === undefined || UNSAID.has(state)) return false;
  return 2 * recvWindowCapacity > recvWindow;
}

/** True while something waits for the other side to take more: it will say so itself. */
function isStalled({ sendWindowCapacity, writeBufferLength }: MuxedStream): boolean {
  return sendWindowCapacity === 0 && (writeBufferLength ?? 0) > 0;
}

/**
 * Makes the window updates of a stream few, and makes one that fails fail into the stream; tells it of a drain only where it can go on, and the other side
 * to go on only where it is read on.
 */
function tame(stream: MuxedStream): MuxedStream {
  const send = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    if (hasRoom(stream)) return;
    try {
      send();
    } catch (error) {
      stream.abort(error as Error);
    }
  };
  const resumed = stream.sendResume?.bind(stream);
  if (resumed !== undefined)
    stream.sendResume = () => {
      if (stream.readStatus !== 'paused') resumed();
    };
  const drained = stream.onMuxerDrain?.bind(stream);
  if (drained !== undefined)
    stream.onMuxerDrain = () => {
      if (!isStalled(stream)) drained();
    };
  return stream;
}

/** The stream muxer of a host. Options as those of `yamux`; `now` tells milliseconds. */
export function streamMuxer(
  init: YamuxMuxerInit,
  now: () => number = () => performance.now(),
): ReturnType<typeof yamux> {
  const make = yamux(init);
  const windowMax = init.streamOptions?.maxStreamWindowSize ?? STREAM_WINDOW_BYTES_MAX;
  return () => {
    const factory = make();
    const create = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection: MessageStream) => {
      let why: Error | undefined;
      // Before the muxer hears of it.
      connection.addEventListener('close', ({ error }) => {
        if (isZeroError(error)) why = error;
      });
      const muxer = create(connection);
      boundFrames(muxer, connection as never, windowMax, now);
      const internals = muxer as unknown as MuxerInternals;
      const open = internals._newStream?.bind(muxer);
      if (open !== undefined) internals._newStream = (...args) => tame(open(...args));
      const closed = internals.onTransportClosed?.bind(muxer);
      if (closed !== undefined)
        internals.onTransportClosed = () => {
          if (why !== undefined)
            for (const stream of [...(internals.streams ?? [])]) stream.onTransportClosed(why);
          closed();
        };
      return openEarly(muxer);
    };
    return factory;
  };
}

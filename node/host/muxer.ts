// Yamux, with two things mended. It opens an outgoing stream in a microtask, and when the connection has closed by then it throws where
// nobody can catch, which ends the process: here that stream is aborted instead, as any stream of a closed connection is. And it answers
// every frame of data with a window update, a frame of its own: here the update waits until half the window is used, as in go-yamux.

import { type YamuxMuxerInit, yamux } from '@libp2p/yamux';
import { openEarly } from './early-protocol.ts';

/** States of a stream whose next frame says that it is opened or accepted: that one must not wait. */
const UNSAID: ReadonlySet<unknown> = new Set([0, 2]);

interface MuxedStream {
  sendWindowUpdate(): void;
  abort(error: Error): void;
  readonly state?: unknown;
  /** Bytes that the other side may have under way, and how many of them it has not used. */
  readonly recvWindow?: number;
  readonly recvWindowCapacity?: number;
}

interface MuxerInternals {
  _newStream?: (...args: unknown[]) => MuxedStream;
}

/** True when the other side can go on for long without being told that its data was read. */
function hasRoom({ recvWindow, recvWindowCapacity, state }: MuxedStream): boolean {
  if (recvWindow === undefined || recvWindowCapacity === undefined || UNSAID.has(state)) return false;
  return 2 * recvWindowCapacity > recvWindow;
}

/** Makes the window updates of a stream few, and makes one that fails fail into the stream. */
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
  return stream;
}

/** The stream muxer of a host. Options as those of `yamux`. */
export function streamMuxer(init: YamuxMuxerInit): ReturnType<typeof yamux> {
  const make = yamux(init);
  return () => {
    const factory = make();
    const create = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection);
      const internals = muxer as unknown as MuxerInternals;
      const open = internals._newStream?.bind(muxer);
      if (open !== undefined) internals._newStream = (...args) => tame(open(...args));
      return openEarly(muxer);
    };
    return factory;
  };
}

// Yamux, with one thing mended: it opens an outgoing stream in a microtask, and when the connection has closed by then it throws where
// nobody can catch, which ends the process. Here that stream is aborted instead, as any stream of a closed connection is.

import { type YamuxMuxerInit, yamux } from '@libp2p/yamux';

interface Opening {
  sendWindowUpdate(): void;
  abort(error: Error): void;
}

interface MuxerInternals {
  _newStream?: (...args: unknown[]) => Opening;
}

/** Makes the window update of a stream fail into the stream. */
function tame(stream: Opening): Opening {
  const send = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
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
      return muxer;
    };
    return factory;
  };
}

// Streams of the DHT's own requests, used again. The library opens one for each request: a round trip more, and on a busy node most of a request's
// work. Its server answers any number of requests on one stream, one after another. A stream is used again only after a whole answer; after
// anything else it ends as it would have.

import type { PeerId, Stream } from '@libp2p/interface';
import { facade } from '../host/guard.ts';
import { DHT_MESSAGE_BYTES_MAX } from '../host/limits.ts';
import { boundMessages } from '../host/message-bounds.ts';
import { WaitingStreams } from './waiting-streams.ts';

/** How long a stream waits for its next request, in milliseconds. The other side ends it when it has heard nothing for ten seconds. */
export const KEPT_MS = 3_000;

type OpenStream = (peer: PeerId, protocol: string, options: object) => Promise<Stream>;

/** The part of the library that sends requests. */
export interface DhtNetwork {
  components: { readonly connectionManager: { openStream: OpenStream } };
}

/** Has `network` use its streams again. Answers what ends those that wait. */
export function keepStreams(network: DhtNetwork): { stop(): void } {
  const kept = new WaitingStreams(KEPT_MS);
  const { connectionManager } = network.components;
  const opened: OpenStream = async (peer, protocol, options) => {
    const stream = await connectionManager.openStream(peer, protocol, options);
    boundMessages(stream, DHT_MESSAGE_BYTES_MAX, 'always');
    return stream;
  };
  const openStream: OpenStream = async (peer, protocol, options) => {
    const key = `${peer} ${protocol}`;
    const stream = waitingAt(kept, key) ?? (await opened(peer, protocol, options));
    return lent(stream, () => kept.keep(key, stream));
  };
  network.components = facade(network.components, {
    connectionManager: facade(connectionManager, { openStream }),
  });
  return kept;
}

/** A stream that waits; one on which something came that nobody asked for is not used. */
function waitingAt(kept: WaitingStreams, key: string): Stream | undefined {
  const stream = kept.take(key);
  if (stream === undefined || stream.readBufferLength === 0) return stream;
  stream.abort(new Error('an answer without a request'));
  return undefined;
}

/** The stream for one request: what listens to it is taken off at the end, and with an answer it is given back instead of being closed. */
function lent(stream: Stream, giveBack: () => void): Stream {
  const listeners: Parameters<Stream['removeEventListener']>[] = [];
  let isAnswered = false;
  const answered = () => {
    isAnswered = true;
  };
  const addEventListener = (...[type, listener, options]: Parameters<Stream['addEventListener']>) => {
    listeners.push([type, listener] as never);
    stream.addEventListener(type, listener, options);
    // Not before: what comes while nobody listens is kept for who will.
    if (type === 'message') stream.addEventListener('message', answered, { once: true });
  };
  const letGo = () => {
    stream.removeEventListener('message', answered);
    for (const [type, listener] of listeners) stream.removeEventListener(type, listener);
  };
  return facade(stream, {
    addEventListener: addEventListener as Stream['addEventListener'],
    close: async (options) => {
      if (!isAnswered || stream.status !== 'open' || stream.readBufferLength > 0)
        return await stream.close(options);
      letGo();
      giveBack();
    },
    abort: (error) => {
      letGo();
      stream.abort(error);
    },
  });
}

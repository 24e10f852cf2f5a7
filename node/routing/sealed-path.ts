// Seals a forwarded stream between its two ends: Noise, with the keys of both nodes, inside what the relays pass on. They see sizes and times.

import type { MessageStream, PeerId, Stream } from '@libp2p/interface';
import type { NoiseInit, noise } from '@libp2p/noise';
import { byteStream } from '@libp2p/utils';
import { ZeroError } from '../../protocol/errors/index.ts';
import { GREETING_FRAME_BYTES, type Greeting, readGreeting } from '../../protocol/forward/index.ts';
import { encrypter } from '../host/encrypter.ts';

/** What a sealer needs of the host: its key above all. */
export type SealComponents = Parameters<ReturnType<typeof noise>>[0];

/** The calling and the called end. */
export class Sealer {
  readonly #noise: ReturnType<ReturnType<typeof noise>>;

  constructor(components: SealComponents, init: NoiseInit = {}) {
    this.#noise = encrypter(init)(components);
  }

  /** Seals a path to a peer; nobody else can be at its end. Throws ROUTE_LOST. */
  async call(stream: Stream, peer: PeerId, signal: AbortSignal): Promise<MessageStream> {
    try {
      const { connection } = await this.#noise.secureOutbound(stream, {
        remotePeer: peer,
        signal,
        skipStreamMuxerNegotiation: true,
      });
      return connection as unknown as MessageStream;
    } catch (cause) {
      stream.abort(cause as Error);
      throw new ZeroError(
        'ROUTE_LOST',
        `the other end of the path did not prove itself: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }

  /** The called end: who called, the sealed path, and which link it carries. Throws ROUTE_LOST or DECODE_FAILED. */
  async answer(
    stream: Stream,
    signal: AbortSignal,
  ): Promise<{ peer: PeerId; path: MessageStream; greeting: Greeting }> {
    try {
      const { connection, remotePeer } = await this.#noise.secureInbound(stream, {
        signal,
        skipStreamMuxerNegotiation: true,
      });
      const reading = byteStream(connection as unknown as MessageStream);
      const bytes = await reading.read({ bytes: GREETING_FRAME_BYTES, signal });
      return { peer: remotePeer, path: reading.unwrap(), greeting: readGreeting(bytes.subarray()) };
    } catch (cause) {
      stream.abort(cause as Error);
      throw new ZeroError('ROUTE_LOST', `a path to here was not sealed: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

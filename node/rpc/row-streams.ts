// One request, many answers over a libp2p stream: each row leaves when it is there, so that the first need not wait for the last. Bounded in
// size, number, time and rate. For requests that may be repeated: they leave before the other side has agreed to the protocol.

import type { PeerId, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { type Admission, overloadedText, RETRY_MS, type WorkClass } from '../admission/index.ts';
import type { Host } from '../host/create.ts';
import { isUnconfirmed } from '../host/early-protocol.ts';
import { guardHandler } from '../host/guard.ts';
import { STREAMS_PER_CONNECTION_MAX } from '../host/limits.ts';
import { openStream } from '../host/open-stream.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { isTraceFrame, traceFrame, withServerSpan } from '../tracing/index.ts';

/** How long a stream may be open before its request has arrived whole. */
const REQUEST_MS_MAX = 30_000;
/** How long the polite end of a stream may take. */
const CLOSE_MS_MAX = 5_000;

/** The bounds of one protocol. */
export interface RowProtocol {
  /** libp2p protocol id. */
  readonly id: string;
  readonly requestBytesMax: number;
  readonly rowBytesMax: number;
  /** Bytes of all rows of one answer: what an asker reads at most. */
  readonly answerBytesMax: number;
  /** Longest time for the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /** Requests a second that one peer may send, and how many at once. */
  readonly perSecond: number;
  readonly burst: number;
  /** What gives way first when there is too much; timed where it is not said. */
  readonly sheds?: WorkClass;
  /** The row that tells an asker that its request gives way, and when to come back. Absent: the stream ends without a word. */
  readonly refusal?: (message: string, retryMs: number) => Uint8Array;
}

/** Answers one request row by row; what it throws ends the stream without a word. `peer` is authenticated by the connection. */
export type RowHandler = (
  request: Uint8Array,
  peer: PeerId,
  send: (row: Uint8Array) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

export interface RowStreamsDeps {
  readonly host: Host;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly admission: Admission;
}

/** Both sides of such protocols on one host. */
export class RowStreams {
  readonly #deps: RowStreamsDeps;

  constructor(deps: RowStreamsDeps) {
    this.#deps = deps;
  }

  /** Registers a handler. Refuses peers over their rate before it reads a byte. */
  async handle(protocol: RowProtocol, handler: RowHandler): Promise<void> {
    const { admission, host, log, metrics } = this.#deps;
    const limits = {
      maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
      maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
      runOnLimitedConnection: true,
    };
    const serve = guardHandler({ admission, metrics }, protocol.id, async (stream, { remotePeer }) => {
      try {
        const confined = admission.confined(remotePeer.toString());
        if (confined !== undefined) throw new Error(confined);
        if (!admission.ask(remotePeer.toString(), protocol))
          throw new Error('too many requests from this peer');
        const framed = frames(stream, protocol.requestBytesMax, protocol.rowBytesMax);
        const reading = AbortSignal.timeout(Math.min(protocol.timeoutMs, REQUEST_MS_MAX));
        const first = (await framed.read({ signal: reading })).subarray();
        const trace = isTraceFrame(first) ? first : undefined;
        const request = trace === undefined ? first : (await framed.read({ signal: reading })).subarray();
        const signal = AbortSignal.timeout(protocol.timeoutMs);
        const send = (row: Uint8Array) => framed.write(row, { signal });
        // Once the request is here: a stream that waits for one is no work that keeps other work away.
        const work = protocol.sheds ?? 'timed';
        const leave = admission.overload.enter(work, remotePeer.toString());
        if (leave === undefined) {
          const why = overloadedText(work);
          if (protocol.refusal === undefined) throw new Error(why);
          await send(protocol.refusal(why, RETRY_MS[work]));
        } else {
          try {
            await withServerSpan(protocol.id, trace, () => handler(request, remotePeer, send, signal));
          } finally {
            leave();
          }
        }
        await stream.close({ signal });
      } catch (error) {
        log.debug(
          { protocol: protocol.id, peer: remotePeer.toString(), error: (error as Error).message },
          'rows ended',
        );
        stream.abort(error as Error);
      }
    });
    await host.handle(protocol.id, serve, limits);
  }

  /**
   * Asks a peer; rows come as they arrive, until the caller leaves the loop or the peer ends the stream. Throws PEER_UNREACHABLE when the
   * stream ends in another way, LIMIT_EXCEEDED when the answer is too large.
   */
  async *ask(
    peer: PeerId,
    protocol: RowProtocol,
    request: Uint8Array,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let stream: Stream | undefined;
    let early = true;
    let bytes = 0;
    // Of whoever asked for the first row: where the rest is read says nothing of who asked.
    const trace = traceFrame();
    try {
      for (;;) {
        stream = await openStream(this.#deps.host, peer, protocol.id, signal, { early });
        const framed = frames(stream, protocol.rowBytesMax, protocol.rowBytesMax);
        try {
          await framed.writeV(trace === undefined ? [request] : [trace, request], { signal });
          for (;;) {
            const row = (await framed.read({ signal })).subarray();
            bytes += row.length;
            if (bytes > protocol.answerBytesMax)
              throw new ZeroError('LIMIT_EXCEEDED', 'the answer is too large');
            yield row;
          }
        } catch (error) {
          stream.abort(error as Error);
          // The connection may have ended unseen; nothing of an answer came over it. Asked anew, and this time not before the other side agrees.
          if (!isUnconfirmed(stream) || signal.aborted) throw error;
          early = false;
        }
      }
    } catch (cause) {
      if (isZeroError(cause)) throw cause;
      throw new ZeroError(
        'PEER_UNREACHABLE',
        `${protocol.id} with ${peer.toString()} failed: ${(cause as Error).message}`,
        { cause },
      );
    } finally {
      // The caller has what it wanted: how the stream ends is nobody's concern but its own.
      const ending = stream;
      ending?.close({ signal: AbortSignal.timeout(CLOSE_MS_MAX) }).catch((error) => ending.abort(error));
    }
  }
}

function frames(stream: Stream, readBytesMax: number, writeBytesMax: number) {
  const bytesMax = Math.max(readBytesMax, writeBytesMax);
  return lpStream(stream, { maxDataLength: readBytesMax, maxBufferSize: bytesMax + 16 });
}

// One request, one answer over a libp2p stream: length-prefixed DAG-CBOR, bounded in size, time and rate.

import { encode } from '@ipld/dag-cbor';
import type { Connection, PeerId, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { SpanKind } from '@opentelemetry/api';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { type Admission, overloadedText, RETRY_MS, type WorkClass } from '../admission/index.ts';
import type { Host } from '../host/create.ts';
import { isUnconfirmed } from '../host/early-protocol.ts';
import { guardHandler } from '../host/guard.ts';
import { STREAMS_PER_CONNECTION_MAX } from '../host/limits.ts';
import { openStream } from '../host/open-stream.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { isTraceFrame, traceFrame, withServerSpan, withSpan } from '../tracing/index.ts';
import { type Answer, MESSAGE_CHARS_MAX, refusalOf, unwrap } from './answer.ts';
import { AnswersWaiting } from './answers-waiting.ts';
import { awakeTimeout } from './awake-timeout.ts';

/** How long the polite end of a stream may take. */
const CLOSE_MS_MAX = 5_000;
/** How long a stream may be open before its request has arrived whole. */
const REQUEST_MS_MAX = 30_000;
const FRAME_BYTES = 64; // what the answer's wrapper adds to its body

/** The bounds of one protocol. */
export interface RpcProtocol {
  /** libp2p protocol id. */
  readonly id: string;
  readonly requestBytesMax: number;
  readonly responseBytesMax: number;
  /** Longest time for the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /** Requests a second that one peer may send, and how many at once. */
  readonly perSecond: number;
  readonly burst: number;
  /** What gives way first when there is too much; timed where it is not said. */
  readonly sheds?: WorkClass;
  /** Served to peers in quarantine too, and asked of them: how logs travel, which is how they hear of their release. */
  readonly evenConfined?: boolean;
  /** Requests may be repeated: they leave before the other side has agreed to the protocol, which saves a round trip. */
  readonly repeatable?: boolean;
}

/** Answers one request. `peer` is authenticated by the connection. Throw a ZeroError to refuse. */
export type RpcHandler = (request: Uint8Array, peer: PeerId) => Promise<Uint8Array>;

/** Client and server side of request/answer protocols on one host. */
export class Rpc {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #admission: Admission;
  readonly #waiting = new AnswersWaiting();

  constructor(deps: { host: Host; log: Logger; metrics: Metrics; admission: Admission }) {
    this.#admission = deps.admission;
    this.#host = deps.host;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
  }

  get #guard() {
    return { admission: this.#admission, metrics: this.#metrics };
  }

  /** Registers a handler. Refuses peers over their rate before it reads a byte. */
  async handle(protocol: RpcProtocol, handler: RpcHandler): Promise<void> {
    await this.#host.handle(
      protocol.id,
      guardHandler(
        this.#guard,
        protocol.id,
        async (stream: Stream, connection: Connection) => {
          const peer = connection.remotePeer;
          try {
            const framed = frames(stream, protocol.requestBytesMax);
            const signal = AbortSignal.timeout(protocol.timeoutMs);
            const reading = AbortSignal.timeout(Math.min(protocol.timeoutMs, REQUEST_MS_MAX));
            const read = async () => (await framed.read({ signal: reading })).subarray();
            const answer = encode(await this.#answer(protocol, handler, peer, read));
            const written = this.#waiting.enter(peer.toString(), answer.length);
            try {
              await framed.write(written === undefined ? encode(this.#unread(protocol)) : answer, { signal });
              await stream.close({ signal });
            } finally {
              written?.();
            }
          } catch (error) {
            this.#log.debug(
              { protocol: protocol.id, peer: peer.toString(), error: (error as Error).message },
              'rpc stream failed',
            );
            stream.abort(error as Error);
          }
        },
        { urgent: protocol.sheds === 'urgent' },
      ),
      {
        maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
        maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
        runOnLimitedConnection: true,
      },
    );
  }

  async #answer(
    protocol: RpcProtocol,
    handler: RpcHandler,
    peer: PeerId,
    read: () => Promise<Uint8Array>,
  ): Promise<Answer> {
    if (!this.#admission.ask(peer.toString(), protocol)) {
      this.#metrics.count('zerostate_inbound_refused_total', { protocol: protocol.id, reason: 'rate' });
      const retryMs = Math.ceil(1_000 / protocol.perSecond);
      return { error: { code: 'BUSY', message: 'too many requests from this peer', retryMs } };
    }
    const refused = this.#confinement(protocol, peer);
    if (refused !== undefined) return refused;
    const first = await read();
    const trace = isTraceFrame(first) ? first : undefined;
    const request = trace === undefined ? first : await read();
    // The request may have been long in coming: its peer may be confined since, and until it was here it was no work that keeps other work away.
    const refusedNow = this.#confinement(protocol, peer);
    if (refusedNow !== undefined) return refusedNow;
    const work = protocol.sheds ?? 'timed';
    const leave = this.#admission.overload.enter(work, peer.toString());
    if (leave === undefined) {
      return { error: { code: 'OVERLOADED', message: overloadedText(work), retryMs: RETRY_MS[work] } };
    }
    try {
      return await this.#handled(protocol, handler, peer, request, trace);
    } finally {
      leave();
    }
  }

  /** Said in place of an answer for which there is no room while others are not read. */
  #unread(protocol: RpcProtocol): Answer {
    const work = protocol.sheds ?? 'timed';
    this.#admission.overload.refuse(work);
    const message = `${overloadedText(work)}: answers wait to be read`;
    return { error: { code: 'OVERLOADED', message, retryMs: RETRY_MS[work] } };
  }

  #confinement(protocol: RpcProtocol, peer: PeerId): Answer | undefined {
    const why = protocol.evenConfined === true ? undefined : this.#admission.confined(peer.toString());
    if (why === undefined) return undefined;
    this.#metrics.count('zerostate_inbound_refused_total', { protocol: protocol.id, reason: 'QUARANTINED' });
    return { error: { code: 'QUARANTINED', message: why.slice(0, MESSAGE_CHARS_MAX) } };
  }

  async #handled(
    protocol: RpcProtocol,
    handler: RpcHandler,
    peer: PeerId,
    request: Uint8Array,
    trace: Uint8Array | undefined,
  ): Promise<Answer> {
    const started = performance.now();
    try {
      // What runs before the first wait is the checking of the request: that is charged, waiting is not.
      const handled = withServerSpan(protocol.id, trace, () => handler(request, peer));
      this.#admission.charge(peer.toString(), 'cpuMs', performance.now() - started);
      return { ok: await handled };
    } catch (error) {
      const { code, isOurs, message } = refusalOf(error);
      if (isOurs) this.#log.error({ protocol: protocol.id, err: error }, 'rpc handler failed');
      this.#metrics.count('zerostate_inbound_refused_total', { protocol: protocol.id, reason: code });
      return { error: { code, message } };
    }
  }

  /** Asks a peer. Throws QUARANTINED, PEER_UNREACHABLE, DECODE_FAILED, or the typed error that the peer answered. */
  async call(
    peer: PeerId,
    protocol: RpcProtocol,
    request: Uint8Array,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<Uint8Array> {
    const confined = protocol.evenConfined === true ? undefined : this.#admission.confined(peer.toString());
    if (confined !== undefined) throw new ZeroError('QUARANTINED', `${peer.toString()} is ${confined}`);
    // One timer that is cleared: composed timeout signals are kept alive by the runtime until they fire.
    const controller = new AbortController();
    const callOff = awakeTimeout(options.timeoutMs ?? protocol.timeoutMs, () =>
      controller.abort(new Error('timed out')),
    );
    const onAbort = () => controller.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await withSpan(
        protocol.id,
        async () => unwrap(await this.#exchange(peer, protocol, request, controller.signal)),
        { kind: SpanKind.CLIENT },
      );
    } finally {
      callOff();
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  async #exchange(
    peer: PeerId,
    protocol: RpcProtocol,
    request: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    let stream: Stream | undefined;
    try {
      stream = await openStream(this.#host, peer, protocol.id, signal, {
        early: protocol.repeatable === true,
      });
      return await this.#ask(stream, protocol, request, signal);
    } catch (cause) {
      // The connection may have ended unseen, or the other side not yet speak the protocol: asked anew, and this time not before it agrees.
      if (stream !== undefined && isUnconfirmed(stream) && !signal.aborted)
        return await this.#exchange(peer, { ...protocol, repeatable: false }, request, signal);
      if (isZeroError(cause)) throw cause;
      throw new ZeroError(
        'PEER_UNREACHABLE',
        `${protocol.id} with ${peer.toString()} failed: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  async #ask(
    stream: Stream,
    protocol: RpcProtocol,
    request: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    try {
      const framed = frames(stream, protocol.responseBytesMax + FRAME_BYTES);
      const trace = traceFrame();
      await (trace === undefined
        ? framed.write(request, { signal })
        : framed.writeV([trace, request], { signal }));
      const answer = (await framed.read({ signal })).subarray();
      // The answer is whole: how the stream ends is nobody's concern but its own.
      stream.close({ signal: AbortSignal.timeout(CLOSE_MS_MAX) }).catch((error) => stream.abort(error));
      return answer;
    } catch (cause) {
      stream.abort(cause as Error);
      throw cause;
    }
  }
}

function frames(stream: Stream, bytesMax: number) {
  return lpStream(stream, { maxDataLength: bytesMax, maxBufferSize: bytesMax + 16 });
}

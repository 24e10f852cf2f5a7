// Bitswap 1.2.0 on our host, both sides: asks peers for blocks and serves theirs. Every byte is verified against the id that was asked
// for; a peer that sends what nobody asked it for is answered by leaving it. Interoperates with the public implementations.

import type { Connection, PeerId, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import type { CID } from 'multiformats/cid';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Admission, servingPeer } from '../admission/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { STREAM_IDLE_MS_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { traceFrame } from '../tracing/index.ts';
import { decodeMessage, encodeMessage, type MessageBlock } from './bitswap-message.ts';
import { cidOf, RAW, readCid, SHA2_256 } from './blocks.ts';
import {
  BLOCK_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  STREAMS_MAX,
  UNREAD_BYTES_MAX,
  WANT_MS_MAX,
  WANTS_BYTES_MAX,
  WANTS_MAX,
} from './limits.ts';
import { BITSWAP, Outbox } from './outbox.ts';
import { BlockServer } from './server.ts';
import { Wants } from './wants.ts';

const DAG_PB = 0x70;

export interface ExchangeDeps {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly read: (cid: CID) => Promise<Uint8Array | undefined>;
}

/** Asks for blocks and serves them. */
export class Exchange {
  readonly #deps: ExchangeDeps;
  readonly #wants = new Wants();
  readonly #outbox: Outbox;
  readonly #server: BlockServer;
  /** Wants of this turn of the event loop, sent as one message a peer. */
  readonly #unsent = new Map<string, { peer: PeerId; cids: CID[] }>();

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
    this.#outbox = new Outbox(deps);
    const send = (peer: PeerId, message: Uint8Array) => this.#outbox.send(peer, message);
    this.#server = new BlockServer({ ...deps, overload: deps.admission.overload, send });
  }

  async start(): Promise<void> {
    const { admission, host, metrics } = this.#deps;
    await host.handle(
      BITSWAP,
      (stream: Stream, connection: Connection) => {
        const peer = connection.remotePeer.toString();
        if (admission.confined(peer) !== undefined || !admission.charge(peer, 'streams')) {
          metrics.count('zerostate_inbound_refused_total', { protocol: BITSWAP, reason: 'streams' });
          stream.abort(new Error('too many streams from this peer'));
          return;
        }
        return servingPeer(peer, () => this.#receive(stream, connection.remotePeer));
      },
      { maxInboundStreams: STREAMS_MAX, maxOutboundStreams: STREAMS_MAX, runOnLimitedConnection: true },
    );
  }

  async stop(): Promise<void> {
    await this.#deps.host.unhandle(BITSWAP);
    this.#wants.clear(new ZeroError('PEER_UNREACHABLE', 'the node stops'));
    this.#server.stop();
    this.#outbox.close();
  }

  /**
   * Asks one peer for one block: the verified bytes, or undefined when it has none.
   * Throws PEER_UNREACHABLE when it does not answer in time, ARTIFACT_REFUSED when it sends other bytes.
   */
  async want(
    peer: PeerId,
    cid: CID,
    options: { signal?: AbortSignal } = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    const [name, key] = [peer.toString(), cid.toString()];
    const wait = this.#wants.wait(name, key);
    this.#queue(name, peer, cid);
    const giveUp = (message: string) => wait.giveUp(new ZeroError('PEER_UNREACHABLE', message));
    const timer = setTimeout(() => giveUp(`${name} did not answer in time`), WANT_MS_MAX);
    const onAbort = () => giveUp('given up');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await wait.block;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  #queue(name: string, peer: PeerId, cid: CID): void {
    const unsent = this.#unsent.get(name);
    if (unsent !== undefined) {
      unsent.cids.push(cid);
      return;
    }
    this.#unsent.set(name, { peer, cids: [cid] });
    setImmediate(() => {
      const { cids } = this.#unsent.get(name) as { cids: CID[] };
      this.#unsent.delete(name);
      for (let i = 0; i < cids.length; i += WANTS_MAX) void this.#ask(peer, cids.slice(i, i + WANTS_MAX));
    });
  }

  async #ask(peer: PeerId, cids: readonly CID[]): Promise<void> {
    const wants = cids.map(({ bytes }) => ({ cid: bytes, cancel: false, haveOnly: false, sayMissing: true }));
    try {
      // In the context of the first want of this turn of the event loop.
      await this.#outbox.send(peer, encodeMessage({ wants, trace: traceFrame() }));
    } catch (error) {
      for (const cid of cids) this.#wants.fail(peer.toString(), cid.toString(), error as ZeroError);
    }
  }

  async #receive(stream: Stream, peer: PeerId): Promise<void> {
    const { admission, log, metrics } = this.#deps;
    const name = peer.toString();
    const framed = lpStream(stream, { maxDataLength: MESSAGE_BYTES_MAX, maxBufferSize: UNREAD_BYTES_MAX });
    try {
      for (;;) {
        const bytes = await readFrame(stream, framed);
        if (bytes === undefined) break;
        const started = performance.now();
        if (!admission.charge(name, 'messages'))
          throw new ZeroError('BUSY', 'too many messages from this peer');
        // What was asked for is no burden that the sender chose; anything else is, and beyond wants there is no reason to send it.
        if (!this.#wants.owes(name) && bytes.length > WANTS_BYTES_MAX) {
          admission.charge(name, 'bytes', bytes.length);
          throw new ZeroError('LIMIT_EXCEEDED', 'more bytes than anybody asked for');
        }
        const message = decodeMessage(bytes);
        for (const block of message.blocks) this.#takeBlock(name, block);
        for (const { cid, has } of message.presences) {
          const read = readCid(cid);
          if (!has && read !== undefined) this.#wants.answer(name, read.toString(), undefined);
        }
        admission.charge(name, 'cpuMs', performance.now() - started);
        if (message.wants.length > 0) this.#server.take(peer, message.wants, message.trace);
      }
      await stream.close();
    } catch (error) {
      metrics.count('zerostate_inbound_refused_total', { protocol: BITSWAP, reason: codeOf(error) });
      log.debug({ peer: name, error: (error as Error).message }, 'bitswap stream failed');
      if (error instanceof ZeroError && error.exit === 3) {
        admission.failed(name);
        this.#wants.failAll(name, new ZeroError('ARTIFACT_REFUSED', `${name}: ${error.message}`));
      }
      stream.abort(error as Error);
    }
  }

  #takeBlock(peer: string, { prefix, data }: MessageBlock): void {
    const [version, codec, hash, length] = prefix;
    const taken =
      prefix.length === 4 &&
      version === 1 &&
      (codec === RAW || codec === DAG_PB) &&
      hash === SHA2_256 &&
      length === 32;
    if (!taken || data.length > BLOCK_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'a block of another kind, or too large');
    const key = cidOf(codec as number, data).toString();
    if (this.#wants.answer(peer, key, data)) {
      this.#deps.metrics.count('zerostate_artifact_bytes_total', { direction: 'fetched' }, data.length);
      return;
    }
    if (this.#wants.mayCome(peer, key)) return;
    this.#deps.metrics.count('zerostate_artifact_blocks_refused_total', { reason: 'unasked' });
    throw new ZeroError('ARTIFACT_REFUSED', 'bytes that are no block anybody asked for');
  }
}

/** The next message, undefined at the end of the stream. */
async function readFrame(
  stream: Stream,
  framed: ReturnType<typeof lpStream>,
): Promise<Uint8Array | undefined> {
  const timer = setTimeout(() => stream.abort(new Error('idle')), STREAM_IDLE_MS_MAX);
  try {
    return (await framed.read()).subarray();
  } catch (error) {
    if ((error as Error).name === 'UnexpectedEOFError' && stream.readBufferLength === 0) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  return error instanceof ZeroError ? error.code : 'STREAM';
}

// Sends Bitswap messages: one stream to each peer, kept for a moment so that a long transfer is not a stream a message.

import type { PeerId, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { openStream } from '../host/open-stream.ts';
import { Serial } from '../serial.ts';
import { SEND_MS_MAX, STREAM_REST_MS } from './limits.ts';

/** The protocol that every IPFS implementation speaks: its blocks are the same on every network. */
export const BITSWAP = '/ipfs/bitswap/1.2.0';

interface Open {
  readonly stream: Stream;
  readonly framed: ReturnType<typeof lpStream>;
  cancel: () => void;
}

/** Outgoing streams. */
export class Outbox {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #open = new Map<string, Open>();
  readonly #serial = new Serial();

  constructor(deps: { host: Host; clock: Clock }) {
    this.#host = deps.host;
    this.#clock = deps.clock;
  }

  /** Sends one message; messages to one peer keep their order. Throws PEER_UNREACHABLE or BUSY. */
  async send(peer: PeerId, message: Uint8Array): Promise<void> {
    const name = peer.toString();
    await this.#serial.run(name, async () => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(new Error('timed out')), SEND_MS_MAX);
      try {
        // A stream that rested may have been closed by the other side meanwhile: then one new one is tried.
        if (await this.#write(name, message, controller.signal)) return;
        const stream = await openStream(this.#host, peer, BITSWAP, controller.signal);
        this.#open.set(name, { stream, framed: lpStream(stream), cancel: () => {} });
        if (!(await this.#write(name, message, controller.signal))) throw new Error('the stream broke');
      } catch (cause) {
        throw new ZeroError('PEER_UNREACHABLE', `bitswap with ${name} failed: ${(cause as Error).message}`, {
          cause,
        });
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** Ends every stream. */
  close(): void {
    for (const name of [...this.#open.keys()]) this.#end(name);
  }

  async #write(name: string, message: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const open = this.#open.get(name);
    if (open === undefined) return false;
    open.cancel();
    try {
      if (open.stream.status !== 'open') throw new Error('the stream is closed');
      await open.framed.write(message, { signal });
    } catch (error) {
      this.#open.delete(name);
      open.stream.abort(error as Error);
      return false;
    }
    open.cancel = this.#clock.after(STREAM_REST_MS, () => this.#end(name, open));
    return true;
  }

  #end(name: string, only?: Open): void {
    const open = this.#open.get(name);
    if (open === undefined || (only !== undefined && open !== only)) return;
    this.#open.delete(name);
    open.cancel();
    open.stream.close().catch((error: Error) => open.stream.abort(error));
  }
}

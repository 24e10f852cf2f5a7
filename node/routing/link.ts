// One end of a link: a connection between two nodes that outlives the path below it. What was sent and not acknowledged is kept (a window of
// it at most) and sent again over the next path, so whatever runs on top notices nothing. Backpressure: only what the reader took is acknowledged.
// Must not: choose paths, or know who relays. The path is sealed already.

import type { AbortOptions, Logger, MessageStream, StreamMessageEvent } from '@libp2p/interface';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import type { Multiaddr } from '@multiformats/multiaddr';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  ackFrame,
  bareFrame,
  dataHead,
  type Greeting,
  greetingFrame,
  LINK_ACK_BYTES,
  LINK_FRAME_BYTES_MAX,
  LinkDecoder,
  type LinkFrame,
  Outbox,
} from '../../protocol/forward/index.ts';
import { LINK_ACK_AFTER_MS } from './limits.ts';

/** Bytes before the data of a frame. */
const DATA_HEAD_BYTES = dataHead(1).length;

/** What a stream hands out. */
type Bytes = StreamMessageEvent['data'];

/** Whom a link tells. */
export interface LinkWatcher {
  /** The path broke; the link lives on without one until `attach` or `abort`. */
  lost(link: Link, error: Error): void;
  /** A sign of life came. */
  heard(link: Link): void;
}

/** A connection over changing paths. */
export class Link extends AbstractMultiaddrConnection {
  readonly id: Uint8Array;
  readonly #watcher: LinkWatcher;
  readonly #outbox = new Outbox();
  #received = 0;
  #told = 0;
  #path: MessageStream | undefined;
  #greeted = false;
  /** Both ends know of the link. */
  #met = false;
  /** It had a path before. */
  #begun = false;
  /** On the caller's first path nothing can have arrived yet: what is sent goes behind the greeting, without waiting for the answer to it. */
  #ahead = false;
  #ackTimer: NodeJS.Timeout | undefined;
  /** Told of the next acknowledgement. */
  #answered: () => void = () => {};

  constructor(init: {
    id: Uint8Array;
    remoteAddr: Multiaddr;
    direction: 'inbound' | 'outbound';
    log: Logger;
    watcher: LinkWatcher;
  }) {
    super({ ...init, inactivityTimeout: 0 });
    this.id = init.id;
    this.#watcher = init.watcher;
  }

  /** True while a path carries it. */
  get attached(): boolean {
    return this.#path !== undefined;
  }

  /** Bytes sent and not acknowledged. */
  get pending(): number {
    return this.#outbox.pending;
  }

  /** Goes on over a new path; the one before, if any, is dropped. The caller greets first, the called with the greeting that it has read. */
  attach(path: MessageStream, greeting?: Greeting): void {
    const before = this.#path;
    this.#path = path;
    this.#greeted = false;
    this.#ahead = greeting === undefined && !this.#begun;
    this.#begun = true;
    before?.abort(new Error('the link moved to another path'));
    const decoder = new LinkDecoder();
    path.addEventListener('message', ({ data }) => {
      for (const piece of piecesOf(data)) this.#read(path, decoder, piece);
    });
    path.addEventListener('close', (event) => this.#lose(path, event.error ?? new Error('the path ended')));
    path.addEventListener('remoteCloseWrite', () => this.#lose(path, new Error('the path ended')));
    try {
      path.send(greetingFrame({ link: this.id, fresh: !this.#met, received: this.#received }));
      this.#told = this.#received;
      if (greeting !== undefined) this.#greet(greeting.received);
      if (this.#ahead) for (const piece of this.#outbox.unacked()) this.#resend(piece);
    } catch (error) {
      this.#lose(path, error as Error);
    }
  }

  /** Asks the other end for a sign of life. */
  ping(): void {
    this.#send(bareFrame('ping'));
  }

  /**
   * Milliseconds of a sign of life that is asked for now, at most `msMax`: what the path takes there and back. undefined while what was sent is not
   * acknowledged, whose answer it would be taken for, and without a path.
   */
  async roundTripMs(msMax: number): Promise<number | undefined> {
    if (!this.#greeted || this.pending > 0) return undefined;
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, msMax).unref();
      this.#answered = () => {
        clearTimeout(timer);
        resolve();
      };
      this.ping();
    });
    return performance.now() - began;
  }

  /** Gives the path up, as if it had broken. */
  drop(error: Error): void {
    const path = this.#path;
    path?.abort(error);
    if (path !== undefined) this.#lose(path, error);
  }

  /** Ends the link and tells the other end that it need not come back. */
  refuse(error: Error): void {
    this.#send(bareFrame('refuse'));
    this.#end();
    this.abort(error);
  }

  #lose(path: MessageStream, error: Error): void {
    if (this.#path !== path) return;
    this.#path = undefined;
    if (path.status === 'open') path.abort(error);
    if (this.status === 'open' || this.status === 'closing') this.#watcher.lost(this, error);
  }

  #read(path: MessageStream, decoder: LinkDecoder, bytes: Uint8Array): void {
    if (this.#path !== path) return;
    try {
      for (const frame of decoder.read(bytes)) if (this.#path === path) this.#take(frame);
    } catch (error) {
      path.abort(error as Error);
      this.#lose(path, error as Error);
      return;
    }
    this.#watcher.heard(this);
  }

  #take(frame: LinkFrame): void {
    switch (frame.kind) {
      case 'data':
        this.#received += frame.bytes.length;
        this.onData(frame.bytes);
        this.#acknowledge();
        return;
      case 'ack':
        if (this.#outbox.ack(frame.received)) this.safeDispatchEvent('drain');
        this.#answered();
        return;
      case 'ping':
        this.#send(ackFrame(this.#handed));
        return;
      case 'greeting':
        this.#greet(frame.greeting.received);
        return;
      case 'close':
        this.onTransportClosed();
        this.#end();
        return;
      case 'refuse':
        this.abort(new ZeroError('ROUTE_LOST', 'the other end knows the link no more'));
    }
  }

  /** The other end has that much: the rest goes again, then what waited. */
  #greet(received: number): void {
    if (this.#greeted) throw new ZeroError('DECODE_FAILED', 'a path was greeted twice');
    this.#outbox.ack(received);
    this.#greeted = true;
    this.#met = true;
    if (!this.#ahead) for (const piece of this.#outbox.unacked()) this.#resend(piece);
    this.#ahead = false;
    this.safeDispatchEvent('drain');
  }

  /** Bytes that the reader took, or that are on their way to it. */
  get #handed(): number {
    return this.#received - this.readBuffer.byteLength;
  }

  #acknowledge(): void {
    if (this.#handed - this.#told >= LINK_ACK_BYTES) this.#tell();
    else if (this.#handed > this.#told)
      this.#ackTimer ??= setTimeout(() => this.#tell(), LINK_ACK_AFTER_MS).unref();
  }

  #tell(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.#handed === this.#told || !this.#greeted) return;
    this.#told = this.#handed;
    this.#send(ackFrame(this.#told));
  }

  #send(frame: Uint8Array): void {
    const path = this.#path;
    if (path?.status !== 'open') return;
    try {
      path.send(frame);
    } catch (error) {
      // What lies below may have closed for writing before it says so.
      this.#lose(path, error as Error);
    }
  }

  /** Sends again what the other end lacks. */
  #resend(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; at += LINK_FRAME_BYTES_MAX) {
      const part = piece.subarray(at, at + LINK_FRAME_BYTES_MAX);
      const frame = new Uint8Array(DATA_HEAD_BYTES + part.length);
      frame.set(dataHead(part.length));
      frame.set(part, DATA_HEAD_BYTES);
      this.#send(frame);
    }
  }

  sendData(data: Parameters<AbstractMultiaddrConnection['sendData']>[0]): {
    sentBytes: number;
    canSendMore: boolean;
  } {
    const total = Math.min(data.byteLength, this.#outbox.room);
    for (let at = 0; at < total; at += LINK_FRAME_BYTES_MAX) {
      const length = Math.min(LINK_FRAME_BYTES_MAX, total - at);
      // A copy of its own: it may be sent again long after the writer reused its buffer.
      const frame = new Uint8Array(DATA_HEAD_BYTES + length);
      frame.set(dataHead(length));
      let to = DATA_HEAD_BYTES;
      for (const piece of data.sublist(at, at + length)) {
        frame.set(piece, to);
        to += piece.length;
      }
      this.#outbox.add(frame.subarray(DATA_HEAD_BYTES));
      if (this.#greeted || this.#ahead) this.#send(frame);
    }
    return { sentBytes: total, canSendMore: this.#outbox.room > 0 };
  }

  async sendClose(_options?: AbortOptions): Promise<void> {
    this.#send(bareFrame('close'));
    this.#end();
  }

  sendReset(): void {
    // Said, and not only broken off: the other end would wait for a link that never comes back.
    this.#send(bareFrame('refuse'));
    this.#end();
  }

  sendPause(): void {}

  sendResume(): void {
    this.#acknowledge();
  }

  #end(): void {
    clearTimeout(this.#ackTimer);
    const path = this.#path;
    this.#path = undefined;
    if (path === undefined) return;
    void path.close?.().catch((error: Error) => path.abort(error));
  }
}

function piecesOf(data: Bytes): Iterable<Uint8Array> {
  return data instanceof Uint8Array ? [data] : data;
}

// One end of a simulated connection. What is written within one turn leaves as one piece, as from a corked socket.

import { crc32 } from 'node:zlib';
import type { ComponentLogger, MultiaddrConnection } from '@libp2p/interface';
import { AbstractMultiaddrConnection, type SendResult } from '@libp2p/utils';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { World } from './world.ts';

/** Bytes on their way at which a writer is asked to wait: a usual socket buffer. */
const IN_FLIGHT_BYTES_MAX = 1_048_576;

/** What lies between hosts, by number. Times are virtual microseconds. */
export interface SimulatedWire {
  /** Whether these two can speak at all. */
  reaches(from: number, to: number): boolean;
  /** How long what is sent now takes to arrive; Infinity when it never does. */
  delay(from: number, to: number, bytes: number, now: number): number;
}

export interface EndInit {
  readonly world: World;
  readonly wire: SimulatedWire;
  readonly from: number;
  readonly to: number;
  readonly direction: 'inbound' | 'outbound';
  readonly remoteAddr: Multiaddr;
  readonly logger: ComponentLogger;
  /** Told of every piece that arrives. */
  readonly onPiece: (from: number, to: number, bytes: number) => void;
}

/** The bytes that a writer hands over: its own lists of buffers, whose class is not ours to name. */
type Handed = Parameters<AbstractMultiaddrConnection['sendData']>[0];

/** An end. Two of them are made and tied together by `pair`. */
export class SimulatedEnd extends AbstractMultiaddrConnection implements MultiaddrConnection {
  readonly #init: EndInit;
  #other: SimulatedEnd | undefined;
  #pieces: Uint8Array[] = [];
  #inFlight = 0;
  /** Nothing overtakes what was sent before it: virtual microseconds. */
  #lastDue = 0;

  constructor(init: EndInit) {
    super({
      direction: init.direction,
      remoteAddr: init.remoteAddr,
      log: init.logger.forComponent('libp2p:simulated'),
    });
    this.#init = init;
  }

  /** Ties two ends together; what the second sends arrives not before `openAt` (virtual microseconds). */
  static tie(dialler: SimulatedEnd, listener: SimulatedEnd, openAt: number): void {
    dialler.#other = listener;
    listener.#other = dialler;
    dialler.#lastDue = openAt;
  }

  override sendData(data: Handed): SendResult {
    const bytes = data.byteLength;
    if (this.#pieces.length === 0) process.nextTick(() => this.#flush());
    // A copy: the writer may use its buffer again.
    this.#pieces.push(Uint8Array.from(data.subarray()));
    this.#inFlight += bytes;
    return { sentBytes: bytes, canSendMore: this.#inFlight < IN_FLIGHT_BYTES_MAX };
  }

  override async sendClose(): Promise<void> {
    this.#flush();
    this.#arrive(0, 1, (other) => other.onTransportClosed());
  }

  override sendReset(): void {
    this.#pieces = [];
    this.#arrive(0, 2, (other) => other.onRemoteReset());
  }

  // A reader that pauses keeps what comes in its own bounded buffer.
  override sendPause(): void {}
  override sendResume(): void {}

  #flush(): void {
    const [first] = this.#pieces;
    if (first === undefined) return;
    const bytes = this.#pieces.length === 1 ? first : new Uint8Array(Buffer.concat(this.#pieces));
    this.#pieces = [];
    const { onPiece, from, to } = this.#init;
    this.#arrive(bytes.length, crc32(bytes) | 0, (other) => {
      const wasFull = this.#inFlight >= IN_FLIGHT_BYTES_MAX;
      this.#inFlight -= bytes.length;
      onPiece(from, to, bytes.length);
      if (other.status === 'open') other.onData(bytes);
      if (wasFull && this.#inFlight < IN_FLIGHT_BYTES_MAX) this.safeDispatchEvent('drain');
    });
  }

  #arrive(bytes: number, print: number, what: (other: SimulatedEnd) => void): void {
    const { from, to, wire, world } = this.#init;
    const now = world.loop.now;
    const due = Math.max(now + wire.delay(from, to, bytes, now), this.#lastDue);
    const other = this.#other;
    if (other === undefined || !Number.isFinite(due)) return;
    this.#lastDue = due;
    world.deliver(due - now, print, () => what(other));
  }
}

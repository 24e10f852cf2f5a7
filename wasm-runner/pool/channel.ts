// The node's end of one worker's pipe: sends one job at a time and takes its answer. Must not: choose jobs or measure time.

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { frameHead, frameLength, readFrame } from '../isolate/frame.ts';
import type { AnswerHeader, JobHeader, SaidHeader } from '../isolate/messages.ts';
import { FRAME_BYTES_MAX } from '../limits.ts';

/** Bytes of the marker that both ends look for after a worker was replaced. */
const NONCE_BYTES = 32;

const EMPTY = new Uint8Array(0);

export interface Answer {
  readonly header: AnswerHeader;
  readonly blobs: readonly Uint8Array[];
}

export class Channel {
  readonly index: number;
  /** The worker runs; false while it starts. */
  online = false;
  /** Called when the worker runs; set while a job waits for that. */
  onOnline: (() => void) | null = null;
  /** Called with every answer; set while a job runs. */
  onAnswer: ((answer: Answer) => void) | null = null;
  /** Called with what a job writes while it runs. */
  onSaid: ((stream: 'stdout' | 'stderr', bytes: Uint8Array) => void) | null = null;
  /** Called when the worker's bytes make no sense. */
  onBroken: () => void = () => {};
  readonly #pipe: Duplex;
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted = 4;
  #nonce: Buffer | null = null;
  #onReady: () => void = () => {};

  constructor(index: number, pipe: Duplex) {
    this.index = index;
    this.#pipe = pipe;
    pipe.on('data', (chunk: Buffer) => this.#take(chunk));
    pipe.on('error', () => {});
  }

  send(header: JobHeader, blobs: readonly Uint8Array[]): void {
    this.#pipe.cork();
    this.#pipe.write(frameHead(header, blobs));
    for (const blob of blobs) if (blob.length > 0) this.#pipe.write(blob);
    this.#pipe.uncork();
  }

  /** Starts over after the worker was replaced: everything until the nonce comes back is dropped. Returns the nonce in hexadecimal. */
  restart(onReady: () => void): string {
    this.onAnswer = null;
    this.onSaid = null;
    this.onOnline = null;
    this.online = false;
    this.#chunks = [];
    this.#size = 0;
    this.#nonce = randomBytes(NONCE_BYTES);
    this.#onReady = onReady;
    this.#pipe.write(this.#nonce);
    return this.#nonce.toString('hex');
  }

  #take(chunk: Buffer) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#nonce !== null) return this.#seekNonce(this.#nonce);
    while (this.#size >= this.#wanted) {
      const bytes = this.#joined();
      const length = frameLength(bytes);
      if (length > FRAME_BYTES_MAX) return this.onBroken();
      this.#wanted = length;
      if (bytes.length < length) return;
      this.#chunks = bytes.length > length ? [bytes.subarray(length)] : [];
      this.#size = bytes.length - length;
      this.#wanted = 4;
      this.#answer(bytes.subarray(0, length));
    }
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    return this.#chunks[0]!;
  }

  #answer(bytes: Buffer) {
    let frame: { readonly header: AnswerHeader | SaidHeader; readonly blobs: Uint8Array[] };
    try {
      frame = readFrame<AnswerHeader | SaidHeader>(bytes);
    } catch {
      return this.onBroken();
    }
    const { header, blobs } = frame;
    if ('said' in header) this.onSaid?.(header.said === 'stderr' ? 'stderr' : 'stdout', blobs[0] ?? EMPTY);
    else this.onAnswer?.({ header, blobs });
  }

  #seekNonce(nonce: Buffer): void {
    const bytes = this.#joined();
    const at = bytes.indexOf(nonce);
    if (at < 0) {
      const rest = bytes.subarray(Math.max(0, bytes.length - nonce.length + 1));
      this.#chunks = [rest];
      this.#size = rest.length;
      return;
    }
    const rest = bytes.subarray(at + nonce.length);
    this.#nonce = null;
    this.#chunks = [];
    this.#size = 0;
    this.#wanted = 4;
    this.#onReady();
    if (rest.length > 0) this.#take(rest);
  }
}

// Joins two streams: what comes from one goes to the other, no faster than the other takes it. Holds no buffer of its own: a stream whose
// partner is slow is paused, and the muxer's window of it fills, up to the sender. Must not: look at what passes.

import type { Stream } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';

export interface PipeOptions {
  /** Ended when nothing moves for this long. */
  readonly idleMs: number;
  /** Ended after this time in any case. */
  readonly totalMs: number;
  /** Ended after so many bytes, both ways together. */
  readonly bytesMax: number;
  /** Told of every piece: towards the destination (up), or back (down). */
  readonly onBytes: (up: number, down: number) => void;
}

/** Resolves when all that was sent has left. A connection that can be written again says so to all its streams, also to those whose own
 * window is still full: that alone would let a little more through each time. */
async function drained(to: Stream): Promise<void> {
  while (to.status === 'open' && to.writeBufferLength > 0) {
    if (to.writableNeedsDrain) await nextDrain(to);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The next time that a stream can be written again, or is over. Not `onDrain`: its promise is made once for a stream, and from the second time on it does
 * not wait, so that a relay would look again and again, with all of its processor, for as long as a reader is stalled. */
async function nextDrain(to: Stream): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      to.removeEventListener('drain', done);
      to.removeEventListener('close', done);
      resolve();
    };
    to.addEventListener('drain', done);
    to.addEventListener('close', done);
  });
}

/** Joins `near` (who asked) and `far`. Resolves when both have ended, with the error when they did not end in peace; never rejects. */
export function joinStreams(near: Stream, far: Stream, options: PipeOptions): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let bytes = 0;
    let movedAt = performance.now();
    let open = 2;
    let failure: Error | undefined;
    const end = (error: Error): void => {
      failure ??= error;
      near.abort(error);
      far.abort(error);
    };
    const total = setTimeout(
      () => end(new ZeroError('LIMIT_EXCEEDED', 'the stream was open for too long')),
      options.totalMs,
    ).unref();
    const idle = setInterval(() => {
      if (performance.now() - movedAt > options.idleMs)
        end(new ZeroError('LIMIT_EXCEEDED', 'nothing moved on the stream for too long'));
    }, options.idleMs / 4).unref();
    const count = (up: number, down: number): void => {
      movedAt = performance.now();
      bytes += up + down;
      options.onBytes(up, down);
      if (bytes > options.bytesMax) end(new ZeroError('LIMIT_EXCEEDED', 'the stream moved too many bytes'));
    };
    const one = (from: Stream, to: Stream, tell: (length: number) => void): void => {
      from.addEventListener('message', ({ data }) => {
        tell(data.byteLength);
        if (to.writeStatus !== 'writable') return;
        let goesOn = true;
        try {
          goesOn = to.send(data);
        } catch (error) {
          // What lies below it may have closed before it says so.
          end(error as Error);
        }
        if (goesOn || from.readStatus !== 'readable') return;
        from.pause();
        drained(to).then(
          () => {
            if (from.readStatus === 'paused') from.resume();
          },
          () => undefined,
        );
      });
      // "end", and not the close of the writer: what it sent before that may still wait here while the partner is slow.
      from.addEventListener('end', () => {
        if (from.status === 'open') to.close().catch((error: Error) => to.abort(error));
      });
      from.addEventListener('close', ({ error }) => {
        if (error !== undefined) {
          failure ??= error;
          to.abort(error);
        } else if (to.writeStatus === 'writable') {
          // The connection below ended in peace, as that of a process that is killed does: nobody else would tell the other side.
          to.close().catch((failed: Error) => to.abort(failed));
        }
        open -= 1;
        if (open > 0) return;
        clearTimeout(total);
        clearInterval(idle);
        resolve(failure);
      });
    };
    one(near, far, (length) => count(length, 0));
    one(far, near, (length) => count(0, length));
    // One may have ended while the other was being opened: no event comes for that.
    for (const [stream, other] of [
      [near, far],
      [far, near],
    ] as const)
      if (stream.status !== 'open') {
        open -= 1;
        failure ??= new ZeroError('ROUTE_LOST', 'an end of the stream has gone');
        other.abort(failure);
      } else if (stream.remoteWriteStatus === 'closed')
        other.close().catch((error: Error) => other.abort(error));
    if (open === 0) {
      clearTimeout(total);
      clearInterval(idle);
      resolve(failure);
    }
  });
}

// The head of a forwarded stream at whoever is asked: the header that a stranger sent, and a refusal that says why. Must not: leave a stream
// open that nobody serves.

import type { Stream } from '@libp2p/interface';
import type { LengthPrefixedStream } from '@libp2p/utils';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  decodeHeader,
  encodeReply,
  FORWARD_TTL_MAX,
  type ForwardHeader,
  type ForwardReply,
} from '../../protocol/forward/index.ts';
import { HEADER_MS_MAX, REFUSED_MS_MAX } from './limits.ts';

/** A header that says that it is longer than any, in whichever way. */
const TOO_LONG = new Set(['InvalidDataLengthError', 'InvalidDataLengthLengthError']);

/**
 * Reads the header of a stream. What is malformed is refused by an answer that says what is wrong, and told to `onBad`: then undefined.
 * Throws what the stream ended with.
 */
export async function takeHeader(
  frames: LengthPrefixedStream<Stream>,
  self: string,
  signal: AbortSignal,
  onBad: (why: Error) => void,
): Promise<ForwardHeader | undefined> {
  try {
    const header = decodeHeader((await readPiece(frames, signal)).subarray());
    // Each hop takes one off `ttl` and adds itself to `via`. Beyond the sum the next relay would find the path too long, and hold it against this one.
    if (header.to !== self && header.ttl + header.via.length > FORWARD_TTL_MAX)
      throw new ZeroError('DECODE_FAILED', 'the header of a stream asks for more hops than there may be');
    return header;
  } catch (error) {
    if (!isZeroError(error) || error.code !== 'DECODE_FAILED') throw error;
    onBad(error);
    await refuse(frames, { ok: false, code: error.code, reason: error.message, elsewhere: false });
    return undefined;
  }
}

/** Answers that a stream is not served, and ends it: its other end may read why, and not keep it open. */
export async function refuse(
  frames: LengthPrefixedStream<Stream>,
  reply: ForwardReply & { readonly ok: false },
): Promise<void> {
  const signal = AbortSignal.timeout(HEADER_MS_MAX);
  await frames.write(encodeReply(reply), { signal });
  const stream = frames.unwrap();
  const timer = setTimeout(() => stream.abort(new ZeroError(reply.code, reply.reason)), REFUSED_MS_MAX);
  timer.unref();
  stream.addEventListener('close', () => clearTimeout(timer), { once: true });
  await stream.close({ signal });
}

async function readPiece(frames: LengthPrefixedStream<Stream>, signal: AbortSignal) {
  try {
    return await frames.read({ signal });
  } catch (cause) {
    if (!TOO_LONG.has((cause as Error).name)) throw cause;
    throw new ZeroError('DECODE_FAILED', 'the header of a stream is too long', { cause });
  }
}

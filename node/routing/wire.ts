// The libp2p protocols of relays: forwarded streams, probes and reports.

import type { Stream } from '@libp2p/interface';
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils';
import { HEADER_BYTES_MAX, REPLY_BYTES_MAX } from '../../protocol/forward/index.ts';

/** libp2p protocol of forwarded streams. */
export function forwardProtocol(network: string): string {
  return `/zerostate/${network}/forward/1`;
}

/** Frames of a header and its answer; `unwrap` gives the stream back with what follows them. */
export function headFrames(stream: Stream): LengthPrefixedStream<Stream> {
  const bytesMax = Math.max(HEADER_BYTES_MAX, REPLY_BYTES_MAX);
  // What follows a header or an answer may arrive with it.
  return lpStream(stream, { maxDataLength: bytesMax, maxBufferSize: 1_048_576 });
}

// Names the protocol of a new stream without waiting for the other side's yes, so that the request leaves at once and is answered within one
// round trip. To the other side this is plain multistream-select 1.0, only quicker. Must not be used for requests that may not be repeated:
// a connection that had ended unseen shows only when the answer does not come.

import { type Stream, type StreamMuxer, UnsupportedProtocolError } from '@libp2p/interface';
import { varint } from 'multiformats';
import { concatBytes, utf8 } from '../../protocol/bytes/index.ts';

const MULTISTREAM = '/multistream/1.0.0';

/** Option of `newStream`, which hands it on to the muxer. */
export interface EarlyOption {
  readonly early?: boolean;
}

/** Streams whose other side has not said yet that it speaks the protocol. */
const unconfirmed = new WeakSet<object>();

/** True until the other side has agreed to the protocol of a stream that was opened early: then nobody may have read what was sent. */
export function isUnconfirmed(stream: Stream): boolean {
  return unconfirmed.has(stream);
}

/** Has a muxer open streams early where `newStream` is told so. */
export function openEarly<M extends Pick<StreamMuxer, 'createStream'>>(muxer: M): M {
  const create = muxer.createStream.bind(muxer);
  muxer.createStream = async (options) => {
    const stream = await create(options);
    const { early, protocol } = (options ?? {}) as EarlyOption & { readonly protocol?: string };
    if (early === true && protocol !== undefined) nameProtocol(stream, protocol);
    return stream;
  };
  return muxer;
}

interface Incoming {
  onData(data: { subarray(): Uint8Array }): void;
}

/** Says which protocol is meant, and takes the same words out of what comes back; a side that says anything else does not speak it. */
function nameProtocol(stream: Stream, protocol: string): void {
  const words = concatBytes(line(MULTISTREAM), line(protocol));
  const incoming = stream as unknown as Incoming;
  const onData = incoming.onData.bind(stream);
  let heard = 0;
  unconfirmed.add(stream);
  incoming.onData = (data) => {
    const bytes = data.subarray();
    const said = bytes.subarray(0, words.length - heard);
    if (!said.every((byte, i) => byte === words[heard + i])) {
      stream.abort(new UnsupportedProtocolError(`the other side does not speak ${protocol}`));
      return;
    }
    heard += said.length;
    if (heard < words.length) return;
    unconfirmed.delete(stream);
    incoming.onData = onData;
    if (said.length < bytes.length) onData(bytes.subarray(said.length));
  };
  stream.protocol = protocol;
  stream.send(words);
}

/** A line of multistream-select: its length, the text, a line feed. */
function line(text: string): Uint8Array {
  const bytes = utf8(`${text}\n`);
  const length = varint.encodeTo(bytes.length, new Uint8Array(varint.encodingLength(bytes.length)));
  return concatBytes(length, bytes);
}

// A host for rows: every stream that is opened on it ends at its own handler, over a real pair of streams and no network between.

import type { Connection, PeerId, Stream, StreamHandler } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import type { Host } from '../../node/host/create.ts';

/** `opening` may throw in place of a stream; `opened` sees the end at the handler, whose remote peer is `peer`. */
export function rowHost(
  peer: PeerId,
  { opened = () => {}, opening = () => {} }: { opening?: () => void; opened?: (theirs: Stream) => void } = {},
): Host {
  let serve: StreamHandler = () => {};
  const connection = {
    status: 'open',
    limits: undefined,
    newStream: async (): Promise<Stream> => {
      opening();
      const [ours, theirs] = await streamPair();
      opened(theirs);
      void serve(theirs, { remotePeer: peer } as unknown as Connection);
      return ours;
    },
  };
  return {
    handle: async (_id: string, handle: StreamHandler) => {
      serve = handle;
    },
    getConnections: () => [connection],
  } as unknown as Host;
}

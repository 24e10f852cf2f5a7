// Opens a stream to a peer on a connection that is up, a relayed one included; libp2p itself would dial anew when only a relayed one is.

import type { PeerId, Stream } from '@libp2p/interface';
import type { Host } from './create.ts';

/** A stream to a peer; dials only when no connection is up. Rejects as libp2p does. */
export async function openStream(
  host: Host,
  peer: PeerId,
  protocol: string,
  signal: AbortSignal,
): Promise<Stream> {
  const options = { signal, runOnLimitedConnection: true };
  const open = host.getConnections(peer).filter((connection) => connection.status === 'open');
  const [connection] = open.sort((a, b) => Number(a.limits !== undefined) - Number(b.limits !== undefined));
  return connection === undefined
    ? await host.dialProtocol(peer, protocol, options)
    : await connection.newStream(protocol, options);
}

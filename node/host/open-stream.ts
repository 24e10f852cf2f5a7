// Opens a stream to a peer on a connection that is up, a relayed one included; libp2p itself would dial anew when only a relayed one is. Where
// none is up it dials, and when that fails or takes long, reaches the peer through relays as well: whichever is there first.

import type { Connection, PeerId, Stream } from '@libp2p/interface';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { DIRECT_HEAD_START_MS } from '../routing/limits.ts';
import type { Host } from './create.ts';
import type { EarlyOption } from './early-protocol.ts';

/**
 * A stream to a peer; dials only when no connection is up. `early`: without waiting for the other side's yes to the protocol. Rejects as libp2p
 * does, or with PEER_UNREACHABLE, ROUTE_REFUSED, ROUTE_LOST.
 */
export async function openStream(
  host: Host,
  peer: PeerId,
  protocol: string,
  signal: AbortSignal,
  { early = false }: EarlyOption = {},
): Promise<Stream> {
  const options = { signal, runOnLimitedConnection: true, early };
  const open = host.getConnections(peer).filter((connection) => connection.status === 'open');
  const [up] = open.sort((a, b) => Number(a.limits !== undefined) - Number(b.limits !== undefined));
  if (up === undefined) return await (await connect(host, peer, signal)).newStream(protocol, options);
  try {
    return await up.newStream(protocol, options);
  } catch (error) {
    // The other end had ended the connection, which was not yet known here: nothing was asked of it, so it may be asked anew.
    if (signal.aborted || up.status === 'open') throw error;
    return await (await connect(host, peer, signal)).newStream(protocol, options);
  }
}

/** Dials; relays get their turn when the dial failed, or has not come to anything within its head start. */
async function connect(host: Host, peer: PeerId, signal: AbortSignal): Promise<Connection> {
  const { links } = host.services;
  const dialling = host.dial(peer, { signal });
  if (links?.opener === undefined) return await dialling;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), DIRECT_HEAD_START_MS);
  });
  const first = await Promise.race([dialling.catch((error: Error) => error), late]);
  clearTimeout(timer);
  if (first !== 'late' && !(first instanceof Error)) return first;
  const calling = links.call(peer, signal);
  return await Promise.any([dialling, calling]).catch(({ errors }: AggregateError) => {
    const [direct, routed] = errors as [Error, Error];
    const code = isZeroError(routed) && routed.code !== 'ROUTE_NONE' ? routed.code : 'PEER_UNREACHABLE';
    throw new ZeroError(code, `${direct.message}; through relays: ${routed.message}`, { cause: direct });
  });
}

// The library serves any number of requests on one stream, of which the guard before it sees only the beginning: here each request is charged
// to the peer that sent it. A put is charged where it is stored, and one that is refused ends its stream.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { GuardDeps } from '../host/guard.ts';

const PUT_VALUE = 'PUT_VALUE';

interface Requests {
  handleMessage(peer: PeerId, message: { readonly type: string }): Promise<unknown>;
}

/** Has every request that `rpc` is sent charged to its sender's messages; what is over them ends the stream. */
export function meterRequests(rpc: Requests, { admission, metrics }: GuardDeps, protocol: string): void {
  const handle = rpc.handleMessage.bind(rpc);
  rpc.handleMessage = async (peer, message) => {
    if (message.type !== PUT_VALUE && !admission.charge(peer.toString(), 'messages')) {
      metrics.count('zerostate_inbound_refused_total', { protocol, reason: 'messages' });
      throw new ZeroError('BUSY', 'too many requests from this peer');
    }
    return await handle(peer, message);
  };
}

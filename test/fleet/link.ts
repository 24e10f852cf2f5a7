// Slow and bad links for nodes that speak over loopback: every TCP socket of this process gets what arrives late, in order. Loss is felt
// as TCP lets it be felt: the segment, and all behind it, come later. Pipes to child processes are sockets to Node as well; no link lies
// between those, so they stay as they are.

import { slowSockets } from '../../sim/real/slow-sockets.ts';

/** What the links of a process are like. */
export interface Link {
  /** Milliseconds that everything takes in one direction. */
  readonly oneWayMs: number;
  /** Up to so many milliseconds more, drawn for each segment. */
  readonly jitterMs?: number;
  /** Share (0 to 1) of the segments that are lost and sent again. */
  readonly loss?: number;
}

/** Least time until TCP sends a lost segment again (RTO minimum of Linux). */
const RESEND_MS_MIN = 200;

/** Makes all sockets of this process slow, until disposed of. Connecting takes a round trip. `random` answers 0 to 1. */
export function slowLinks(link: Link, random: () => number = Math.random): Disposable {
  return slowSockets<Link>({
    linkOf: (socket) => ('port' in socket.address() ? link : undefined),
    pieceMs() {
      const once = () => link.oneWayMs + (link.jitterMs ?? 0) * random();
      let ms = once();
      for (let resend = RESEND_MS_MIN; random() < (link.loss ?? 0); resend *= 2) ms += resend + once();
      return ms;
    },
    connectMs: () => 2 * link.oneWayMs,
  });
}

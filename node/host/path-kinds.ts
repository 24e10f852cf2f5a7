// How this node is connected to each peer: directly, directly after a hole was punched, by a circuit of one relay, or by forwarded streams.

import type { Connection } from '@libp2p/interface';
import type { Host } from './create.ts';

export const PATH_KINDS = ['direct', 'punched', 'relayed', 'routed'] as const;
export type PathKind = (typeof PATH_KINDS)[number];

/** Keeps account of the connections of a host. */
export class PathKinds {
  readonly #host: Host;
  readonly #punched = new WeakSet<Connection>();

  constructor(host: Host) {
    this.#host = host;
    host.addEventListener('connection:open', ({ detail }) => {
      // Direct, while a circuit is up: that is what hole punching does, and nothing else. Forwarded streams are no circuit: a dial that was
      // slower than they were is still a dial.
      const others = host.getConnections(detail.remotePeer);
      const isCircuit = (one: Connection) => one.limits !== undefined && !host.services.links.has(one);
      if (detail.limits === undefined && others.some(isCircuit)) this.#punched.add(detail);
    });
  }

  /** The best way to a peer among those that are open; undefined: it is not connected. */
  of(connections: readonly Connection[]): PathKind | undefined {
    const open = connections.filter(({ status }) => status === 'open');
    if (open.length === 0) return undefined;
    const direct = open.filter(({ limits }) => limits === undefined);
    if (direct.length > 0) return direct.every((one) => this.#punched.has(one)) ? 'punched' : 'direct';
    return open.every((one) => this.#host.services.links.has(one)) ? 'routed' : 'relayed';
  }

  /** Connected peers by kind. */
  count(): Record<PathKind, number> {
    const counts: Record<PathKind, number> = { direct: 0, punched: 0, relayed: 0, routed: 0 };
    const peers = Map.groupBy(this.#host.getConnections(), ({ remotePeer }) => remotePeer.toString());
    for (const connections of peers.values()) {
      const kind = this.of(connections);
      if (kind !== undefined) counts[kind] += 1;
    }
    return counts;
  }
}

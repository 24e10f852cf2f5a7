// Makes the API's view of peers: who is connected, how, and who is limited and why. Reads only.

import { QUARANTINE_BYTES_MAX, QUARANTINE_MS_MAX, QUARANTINE_OBJECTS_MAX } from '../admission/quarantine.ts';
import type { PeersView } from '../api/views.ts';
import { rfc3339 } from '../clock/index.ts';
import type { NodeContext } from '../context.ts';

/** Peers without a connection and without an announcement that are shown because they are limited. */
const STRANGERS_MAX = 256;

/** Unproven objects that are listed, the oldest first. */
const UNPROVEN_LISTED_MAX = 100;

interface Scored {
  readonly score: { score(peer: string): number };
}

export function peersView(context: NodeContext): PeersView {
  const { admission, directory, host } = context;
  // The library's type leaves the score out.
  const { score: scores } = host.services.pubsub as unknown as Scored;
  const self = directory.self();
  const rtt = new Map(self.links.map(({ peer, rttMs }) => [peer, rttMs]));
  const announced = new Map([self, ...directory.nodes()].map((node) => [node.peerId, node]));
  const connections = Map.groupBy(host.getConnections(), ({ remotePeer }) => remotePeer.toString());
  const strangers = admission
    .list()
    .filter(({ peerId, state }) => state !== 'ok' && !announced.has(peerId) && !connections.has(peerId))
    .slice(0, STRANGERS_MAX);
  const ids = new Set([...announced.keys(), ...connections.keys(), ...strangers.map(({ peerId }) => peerId)]);
  return {
    peers: [...ids].map((peerId) => {
      const node = announced.get(peerId);
      const open = connections.get(peerId) ?? [];
      const standing = admission.standing(peerId);
      return {
        peerId,
        name: node?.name ?? '',
        region: node?.region ?? '',
        roles: node?.roles ?? [],
        self: peerId === self.peerId,
        connected: open.length > 0,
        online: peerId === self.peerId || (node !== undefined && directory.isFresh(node)),
        direction: open[0]?.direction ?? null,
        address: open[0]?.remoteAddr.toString() ?? null,
        path: context.routing.pathOf(open) ?? null,
        rttMs: rtt.get(peerId) ?? null,
        gossipScore: peerId === self.peerId ? 0 : scores.score(peerId),
        state: standing.state,
        reason: standing.reason,
        until: standing.untilMs === 0 ? null : rfc3339(standing.untilMs),
        strikes: standing.strikes,
        refused: standing.refused,
        left: { ...standing.left },
      };
    }),
    unproven: unprovenView(context),
  };
}

function unprovenView({ quarantine }: NodeContext): PeersView['unproven'] {
  return {
    ...quarantine.held,
    objectsMax: QUARANTINE_OBJECTS_MAX,
    bytesMax: QUARANTINE_BYTES_MAX,
    keptMs: QUARANTINE_MS_MAX,
    held: quarantine.list(UNPROVEN_LISTED_MAX).map(({ at, from, kind, name, size }) => ({
      kind,
      name,
      size,
      from,
      at: rfc3339(at),
      until: rfc3339(at + QUARANTINE_MS_MAX),
    })),
  };
}

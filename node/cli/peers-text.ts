// How peers are shown to people: who is there, and who is limited, why, until when and how often.

import type { PeersView } from '../api/views.ts';
import { PATH_KINDS } from '../host/path-kinds.ts';
import { plain, table } from './output.ts';

type Peer = PeersView['peers'][number];

/** The table of "zerostate peers". */
export function peersText({ peers }: PeersView): string {
  const shutOut = peers.filter(({ state }) => state === 'penalized').length;
  const limited = peers.filter(({ state }) => state === 'limited').length;
  const connected = peers.filter((peer) => peer.connected).length;
  const rows = table([
    ['NAME', 'REGION', 'ROLES', 'STATE', 'PATH', 'RTT', 'LIMITED', 'PEER ID'],
    ...peers.map((peer) => [
      plain(peer.name),
      peer.region,
      peer.roles.join('+'),
      stateOf(peer),
      peer.path ?? '',
      peer.rttMs === null ? '' : `${peer.rttMs} ms`,
      whyOf(peer),
      peer.peerId,
    ]),
  ]);
  const paths = PATH_KINDS.map((kind) => [kind, peers.filter(({ path }) => path === kind).length] as const);
  const shares = paths.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  const how = shares.length === 0 ? '' : ` (${shares.join(', ')})`;
  return `${rows}\n${connected} connected${how}, ${limited} limited, ${shutOut} shut out`;
}

function stateOf({ connected, online, self, state }: Peer): string {
  if (self) return 'this node';
  if (state === 'penalized') return 'shut out';
  return connected ? 'connected' : online ? 'heard of' : 'silent';
}

function whyOf({ address, refused, reason, state, strikes, until }: Peer): string {
  if (state === 'ok') return '';
  const parts = [
    `${reason}${until === null ? '' : `, until ${until}`}`,
    `${refused} refused`,
    ...(strikes > 1 ? [`${strikes} times`] : []),
    // A stranger has no name: where it comes from is what an operator can act on.
    ...(address === null ? [] : [`from ${address.replace(/\/p2p\/.*$/, '')}`]),
  ];
  return `${parts[0]} (${parts.slice(1).join(', ')})`;
}

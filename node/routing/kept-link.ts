// One link as its node keeps it, and the care that it takes: signs of life are asked for, a silent path is given up, an unused link closed.

import type { Connection, PeerId } from '@libp2p/interface';
import { toHex } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  LINK_CLOSING_MS,
  LINK_IDLE_MS,
  LINK_LINGER_MS,
  LINK_LOOK_MS,
  LINK_PING_BUSY_MS,
  LINK_PING_IDLE_MS,
  LINK_STALL_MS,
} from './limits.ts';
import type { Link } from './link.ts';

/** A link and what is known of it. */
export interface Kept {
  readonly link: Link;
  readonly peer: PeerId;
  readonly outgoing: boolean;
  connection: Connection | undefined;
  path: readonly string[];
  heardAt: number;
  /** Milliseconds that an asked sign of life is waited for; undefined: none is. */
  silentMs: number | undefined;
  usedAt: number;
  moves: number;
  /** No better path is looked for before. */
  staysUntil: number;
  /** Milliseconds between two looks for one. */
  staysMs: number;
  /** When the path broke, until another carries the link. */
  lostAt: number | undefined;
}

/** One link, for people. */
export interface LinkView {
  readonly id: string;
  readonly peer: string;
  readonly direction: 'inbound' | 'outbound';
  readonly path: readonly string[];
  readonly streams: number;
  readonly moves: number;
  readonly attached: boolean;
}

/** One look at a link. `now`: milliseconds of a clock that only goes forward. */
export function tend(kept: Kept, now: number): void {
  const { connection, link, outgoing } = kept;
  const busy = (connection?.streams.length ?? 0) > 0 || link.pending > 0;
  if (busy) kept.usedAt = now;
  if (kept.lostAt !== undefined) {
    if (!outgoing && now - kept.lostAt > LINK_LINGER_MS)
      link.abort(new ZeroError('ROUTE_LOST', 'the path broke, and the caller did not come back'));
    return;
  }
  if (!outgoing || connection === undefined) return;
  // Counted by looks: a process that was busy for seconds finds what came meanwhile only after this look.
  if (kept.silentMs !== undefined) kept.silentMs += LINK_LOOK_MS;
  if ((kept.silentMs ?? 0) > LINK_STALL_MS) link.drop(new Error('the path is silent'));
  else if (now - kept.usedAt > LINK_IDLE_MS)
    void connection.close().catch((error: Error) => link.abort(error));
  else if (now - kept.heardAt > (busy ? LINK_PING_BUSY_MS : LINK_PING_IDLE_MS)) {
    kept.silentMs ??= 0;
    link.ping();
  }
}

/** May a stream be begun on it at `now`? The end that was called does not choose when an unused link is closed, or where one that broke goes on. */
export function mayBegin({ connection, link, outgoing, usedAt }: Kept, now: number): boolean {
  if (connection?.status !== 'open') return false;
  return outgoing || (link.attached && now - usedAt < LINK_IDLE_MS - LINK_CLOSING_MS);
}

/** A link for people. */
export function viewOf({ connection, link, moves, outgoing, path, peer }: Kept): LinkView {
  return {
    id: toHex(link.id),
    peer: peer.toString(),
    direction: outgoing ? 'outbound' : 'inbound',
    path,
    streams: connection?.streams.length ?? 0,
    moves,
    attached: link.attached,
  };
}

/** What a link is kept under: nobody can take another's. */
export function keyOf(peer: PeerId, link: Uint8Array): string {
  return `${peer} ${toHex(link)}`;
}

export function isOpen(link: Link): boolean {
  return link.status === 'open' || link.status === 'closing';
}

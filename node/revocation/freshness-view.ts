// Makes the API's view of how fresh the knowledge of revocations is: an agent is as fresh as the log of the node it lives on. Reads only.

import { peerIdOfOrigin } from '../../protocol/log/index.ts';
import type { FreshnessView } from '../api/views.ts';
import { rfc3339 } from '../clock/index.ts';
import type { NodeContext } from '../context.ts';

/** The logs of which anything is held or awaited, the stalest first; at most `limit` of them are listed. */
export function freshnessView(
  { book, clock, directory, ownLog, peerId, revocations, store }: NodeContext,
  limit: number,
): FreshnessView {
  const now = clock.now();
  const agents = new Map<string, number>();
  for (const { card } of book.list()) {
    const origin = card.log?.origin;
    if (origin !== undefined) agents.set(origin, (agents.get(origin) ?? 0) + 1);
  }
  const origins = new Set([ownLog.origin, ...store.states().map(({ origin }) => origin), ...agents.keys()]);
  const rows = [...origins].map((origin) => {
    const { announced, asOf } = revocations.freshnessOf(origin);
    const host = peerIdOfOrigin(origin);
    const self = origin === ownLog.origin;
    const held = self ? ownLog.state().size : store.state(origin).size;
    const ageMs = asOf === null ? null : Math.max(0, now - asOf);
    return {
      origin,
      peerId: host,
      name: host === peerId ? directory.self().name : (directory.get(host)?.name ?? ''),
      self,
      held,
      announced: Math.max(held, announced ?? 0),
      agents: agents.get(origin) ?? 0,
      asOf: asOf === null ? null : rfc3339(asOf),
      ageMs,
      fresh: ageMs !== null && ageMs <= revocations.maxAgeMs,
    };
  });
  const age = (ms: number | null) => ms ?? Number.POSITIVE_INFINITY;
  rows.sort((a, b) => age(b.ageMs) - age(a.ageMs) || (a.origin < b.origin ? -1 : 1));
  return {
    maxAgeMs: revocations.maxAgeMs,
    total: rows.length,
    stale: rows.filter(({ fresh }) => !fresh).length,
    logs: rows.slice(0, limit),
  };
}

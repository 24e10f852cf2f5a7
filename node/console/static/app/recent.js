// What happened before the page was opened, read from the lists, so that the feed is never blank on a busy network.

import { originPeer } from './format.js';
import { routeTo } from './router.js';

/** Lines of the feed; older ones are in the tables. */
const LINES_MAX = 24;

/** @typedef {import('./live.js').Activity} Activity */

/**
 * Live lines and the newest of the lists, newest first, each thing once.
 * @param {Activity[]} live
 * @param {import('./store.js').Store} store
 */
export function recentActivity(live, store) {
  const seen = new Set(live.map((line) => line.key));
  const older = [
    ...newest(store.get('receipts').data?.receipts, (one) => one.issuedAt, receiptLine),
    ...newest(store.get('revocations').data?.revocations, (one) => one.receivedAt, revocationLine),
    ...newest(store.get('cards').data?.cards, (one) => one.issuedAt, cardLine),
  ].filter((line) => !seen.has(line.key));
  return [...live, ...older].sort((a, b) => b.at - a.at).slice(0, LINES_MAX);
}

/**
 * The newest rows of a list in one pass: the list may be long.
 * @param {any[] | null | undefined} rows @param {(row: any) => string} timeOf @param {(row: any, at: number) => Activity} lineOf
 */
function newest(rows, timeOf, lineOf) {
  /** @type {{ at: number, row: any }[]} */
  const kept = [];
  for (const row of rows ?? []) {
    const at = Date.parse(timeOf(row));
    if (Number.isNaN(at) || (kept.length === LINES_MAX && at <= (kept.at(-1)?.at ?? 0))) continue;
    kept.push({ at, row });
    kept.sort((a, b) => b.at - a.at);
    if (kept.length > LINES_MAX) kept.pop();
  }
  return kept.map(({ at, row }) => lineOf(row, at));
}

/** @param {any} one @param {number} at @returns {Activity} */
export function cardLine(one, at) {
  return {
    key: `card ${one.agentId}`,
    at,
    kind: 'card',
    title: 'Card published',
    detail: String(one.name ?? ''),
    href: routeTo(['cards', String(one.agentId)]),
    peer: one.host ?? null,
  };
}

/** @param {any} one @param {number} at @returns {Activity} */
export function receiptLine(one, at) {
  return {
    key: `receipt ${one.id}`,
    at,
    kind: 'receipt',
    title: `Receipt: ${one.status}`,
    detail: String(one.executorName ?? ''),
    href: routeTo(['receipts', String(one.id)]),
    peer: originPeer(one.origin),
  };
}

/** @param {any} one @param {number} at @returns {Activity} */
export function revocationLine(one, at) {
  return {
    key: `revocation ${one.statementId}`,
    at,
    kind: 'revocation',
    title: 'Revoked',
    detail: String(one.target?.name ?? one.target?.id ?? ''),
    href: routeTo(['revocations', String(one.statementId)]),
    peer: null,
  };
}

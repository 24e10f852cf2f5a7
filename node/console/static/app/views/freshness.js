// The freshness view: up to when this node knows every revocation, log by log. An agent is as fresh as the log of the node it lives on.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { digits, duration, shorten } from '../format.js';
import { badge, text } from '../parts/bits.js';
import { mountPage } from '../parts/page.js';
import { plainTable } from '../parts/plain-table.js';
import { routeTo } from '../router.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 5000;

/**
 * @typedef {{ origin: string, peerId: string, name: string, self: boolean, held: number, announced: number, agents: number,
 *   asOf: string | null, ageMs: number | null, fresh: boolean }} FreshLog
 */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountFreshness(ctx) {
  return mountPage(ctx, {
    name: 'freshness',
    title: 'Freshness',
    intro:
      'Up to when this node knows every revocation. An agent is as fresh as the log of the node it lives on.',
    what: 'the freshness',
    every: RELOAD_MS,
    on: ['logs'],
    read: (_route, signal) => apiGet('/v1/freshness', { signal }),
    draw: (
      /** @type {{ maxAgeMs: number, total: number, stale: number, logs: FreshLog[] }} */ {
        logs,
        maxAgeMs,
        stale,
        total,
      },
    ) => [
      h(
        'p',
        { class: 'count', role: 'status' },
        stale === 0
          ? `All ${digits(total)} logs are known up to ${duration(maxAgeMs / 1000)} ago or later.`
          : `${digits(stale)} of ${digits(total)} logs are staler than ${duration(maxAgeMs / 1000)}: find passes their agents over, or says that their status is unknown.`,
      ),
      plainTable(
        'Freshness of what is known of revocations, the stalest first',
        [
          {
            title: 'Log of',
            wide: true,
            cell: (log) => [
              h(
                'a',
                { href: routeTo(['network', log.peerId]) },
                text(log.name || shorten(log.peerId, 8, 6), 60),
              ),
              h(
                'span',
                { class: 'sub' },
                log.self ? 'this node' : h('code', null, shorten(log.peerId, 8, 6)),
              ),
            ],
          },
          {
            title: 'State',
            cell: (log) =>
              log.fresh ? badge('ok', 'fresh') : badge('warn', log.ageMs === null ? 'never heard' : 'stale'),
          },
          {
            title: 'Known up to',
            numeric: true,
            cell: (log) =>
              log.ageMs === null ? '–' : log.self ? 'now' : `${duration(log.ageMs / 1000)} ago`,
          },
          { title: 'Agents', numeric: true, cell: (log) => digits(log.agents) },
          { title: 'Entries held', numeric: true, cell: (log) => digits(log.held) },
          {
            title: 'Missing',
            numeric: true,
            cell: (log) => (log.announced > log.held ? badge('warn', digits(log.announced - log.held)) : '0'),
          },
        ],
        logs,
      ),
      logs.length < total
        ? h('p', { class: 'muted' }, `and ${digits(total - logs.length)} fresher logs`)
        : null,
    ],
  });
}

// The routing view: relays with what was measured of them, peers reached through relays, and for each way the candidates with their values and
// confidence, read again every two seconds.

import { apiGet } from '../api.js';
import { fill, h } from '../dom.js';
import { shorten } from '../format.js';
import { badge, pageSection, text } from '../parts/bits.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState, errorState, loadingState } from '../parts/states.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 2000;
/** Streams that are listed. */
const STREAMS_SHOWN = 20;

/**
 * @typedef {{ neighbour: string, name: string, costMs: number | null, confidence: number, terms: Record<string, number | null>, excluded: string }} Candidate
 * @typedef {{ to: string, name: string, next: string, reason: string, remainingMs: number | null, candidates: Candidate[] }} Way
 * @typedef {{ policy: string, routes: Way[] }} Ways
 * @typedef {{ peerId: string, name: string, region: string, connected: boolean, draining: boolean, backbone: boolean, rttMs: number | null,
 *   loss: number, streams: number, streamsMax: number, inFlight: number, carried: number, failed: number, reputation: number }} Relay
 * @typedef {{ peer: string, direction: string, path: string[], streams: number, moves: number, attached: boolean }} Link
 * @typedef {{ id: string, state: string, from: string, to: string, path: string[], setupMs: number | null, up: number, down: number, error: string }} Stream
 * @typedef {{ relaying: boolean, policy: string, draining: boolean, forwarding: number, relays: Relay[], paths: Record<string, number>,
 *   links: Link[], streams: Stream[] }} Status
 */

/** @param {number | null} value */
const ms = (value) => (value === null ? '' : `${Math.round(value)} ms`);

/** @param {string} caption @param {string[]} heads @param {import('../dom.js').Child[][]} rows */
const tableOf = (caption, heads, rows) =>
  plainTable(
    caption,
    heads.map((title, index) => ({
      title,
      wide: index === heads.length - 1,
      cell: (/** @type {import('../dom.js').Child[]} */ cells) => cells[index],
    })),
    rows,
  );

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountRouting(ctx) {
  const body = h('div', { class: 'routing page-body' });
  const element = h(
    'div',
    { class: 'view view-routing' },
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        h('h1', { tabindex: '-1' }, 'Routing'),
        h(
          'p',
          { class: 'lead' },
          'How streams go through relays, and why. Lower values are better; all are milliseconds.',
        ),
      ),
    ),
    body,
  );
  /** @type {AbortController | null} */
  let reading = null;
  /** @param {string} peer */
  const who = (peer) => text(ctx.nodeName(peer), 40);
  /** @param {string[]} peers */
  const path = (peers) => peers.map((peer) => ctx.nodeName(peer)).join(' → ');

  /** @param {Relay} one */
  const relayRow = (one) => [
    h('strong', null, text(one.name, 40)),
    text(one.region, 32),
    badge(
      one.draining ? 'warn' : one.connected ? 'ok' : 'plain',
      one.draining ? 'draining' : one.connected ? 'connected' : 'heard of',
    ),
    one.backbone ? 'yes' : '',
    ms(one.rttMs),
    `${Math.round(one.loss * 100)} %`,
    one.streamsMax === 0 ? '' : `${one.streams} of ${one.streamsMax}`,
    String(one.inFlight),
    `${one.carried} / ${one.failed}`,
    one.reputation.toFixed(3),
  ];

  /** @param {Way} way */
  const waySection = (way) =>
    pageSection(
      `To ${ctx.nodeName(way.to)}: ${way.next === '' ? 'no way' : `by ${ctx.nodeName(way.next)} (${way.reason}), ${ms(way.remainingMs)} to go`}`,
      tableOf(
        `Ways to ${ctx.nodeName(way.to)}`,
        ['Neighbour', 'Value', 'Confidence', 'Made of'],
        way.candidates.map((one) => [
          h('strong', null, who(one.neighbour)),
          ms(one.costMs),
          one.confidence.toFixed(2),
          one.excluded !== ''
            ? text(`not considered: ${one.excluded}`, 120)
            : Object.entries(one.terms)
                .filter(([, value]) => value !== 0)
                .map(([name, value]) => `${name} ${value === null ? 'unknown' : Math.round(value)}`)
                .join(', '),
        ]),
      ),
    );

  /** How the connected peers are reached. @param {Record<string, number>} paths */
  const shares = (paths) => {
    const counts = Object.entries(paths);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    return `${total} peers connected: ${counts.map(([kind, count]) => `${count} ${kind}`).join(', ')}.`;
  };

  /** @param {Status} status @param {Ways} ways */
  function draw(status, ways) {
    const role = status.relaying
      ? `This node relays${status.draining ? ' (draining: it takes no new streams)' : ''}; ${status.forwarding} streams pass through.`
      : 'This node uses relays and is none.';
    fill(
      body,
      h('p', null, `${role} Policy: ${status.policy}. ${shares(status.paths)}`),
      pageSection(
        'Relays',
        status.relays.length === 0
          ? emptyState('No relay is known.', 'Start one with ', h('code', null, 'zerostate relay'))
          : tableOf(
              'Relays known here',
              [
                'Relay',
                'Region',
                'State',
                'Backbone',
                'Round trip',
                'Loss',
                'Carries',
                'In flight',
                'Ours / failed',
                'Standing',
              ],
              status.relays.map(relayRow),
            ),
      ),
      ...ways.routes.map(waySection),
      pageSection(
        'Peers reached through relays',
        status.links.length === 0
          ? h('p', null, 'None now.')
          : tableOf(
              'Peers reached through relays',
              ['Peer', 'Direction', 'Path', 'Streams', 'Moved'],
              status.links.map((one) => [
                who(one.peer),
                one.direction,
                one.attached ? path(one.path) : 'finding another path',
                String(one.streams),
                String(one.moves),
              ]),
            ),
      ),
      pageSection(
        'Newest streams',
        status.streams.length === 0
          ? h('p', { class: 'muted' }, 'None yet.')
          : tableOf(
              'Newest streams',
              ['Stream', 'State', 'From', 'To', 'Path', 'Set up', 'Bytes', 'Error'],
              status.streams.map((one) => [
                h('code', null, shorten(one.id, 8, 4)),
                one.state,
                who(one.from),
                who(one.to),
                path(one.path),
                ms(one.setupMs),
                String(one.up + one.down),
                text(one.error, 120),
              ]),
            ),
      ),
    );
  }

  async function read() {
    reading?.abort();
    reading = new AbortController();
    const { signal } = reading;
    try {
      const [status, ways] = await Promise.all([
        apiGet(`/v1/routing?streams=${STREAMS_SHOWN}`, { signal }),
        apiGet('/v1/routing/routes', { signal }),
      ]);
      if (!signal.aborted) draw(status, ways);
    } catch (error) {
      if (!signal.aborted)
        fill(
          body,
          errorState(/** @type {import('../api.js').ApiError} */ (error), () => void read()),
        );
    }
  }

  fill(body, loadingState('routing'));
  void read();
  const timer = setInterval(() => void read(), RELOAD_MS);
  return {
    element,
    update: () => {},
    destroy: () => {
      clearInterval(timer);
      reading?.abort();
    },
  };
}

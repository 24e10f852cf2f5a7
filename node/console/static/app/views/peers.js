// The peers view: who is connected, who is limited and why, and what waits in quarantine for its proof.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { clean, digits, duration, shorten } from '../format.js';
import { badge, pageSection, text, when } from '../parts/bits.js';
import { rttText } from '../parts/map.js';
import { meter } from '../parts/meter.js';
import { mountPage } from '../parts/page.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 5000;
/** Peers of one table, the limited first; the rest is in the command line. */
const PEERS_SHOWN = 200;
const STATES = /** @type {const} */ ({
  ok: ['ok', 'ok'],
  limited: ['warn', 'limited'],
  penalized: ['bad', 'shut out'],
});
const RANK = /** @type {const} */ ({ penalized: 0, limited: 1, ok: 2 });

/**
 * @typedef {{ peerId: string, name: string, region: string, self: boolean, connected: boolean, direction: string | null, path: string | null,
 *   rttMs: number | null, gossipScore: number, state: keyof typeof STATES, reason: string, until: string | null, strikes: number,
 *   refused: number, left: Record<string, number> }} Peer
 * @typedef {{ objects: number, bytes: number, objectsMax: number, bytesMax: number, keptMs: number,
 *   held: { kind: string, name: string, size: number, from: string, at: string, until: string }[] }} Unproven
 */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountPeers(ctx) {
  return mountPage(ctx, {
    name: 'peers',
    title: 'Peers',
    intro: 'Who this node speaks with, who is limited and why, and what is held apart until it is proven.',
    what: 'the peers',
    every: RELOAD_MS,
    on: ['network'],
    read: (_route, signal) => apiGet('/v1/peers', { signal }),
    draw: (/** @type {{ peers: Peer[], unproven: Unproven }} */ { peers, unproven }) => {
      const others = peers
        .filter((peer) => !peer.self)
        .sort(
          (a, b) =>
            RANK[a.state] - RANK[b.state] ||
            Number(b.connected) - Number(a.connected) ||
            a.name.localeCompare(b.name),
        );
      const limited = others.filter(({ state }) => state !== 'ok').length;
      return [
        h(
          'p',
          { class: 'count', role: 'status' },
          `${digits(others.filter(({ connected }) => connected).length)} connected of ${digits(others.length)} known, ${limited === 0 ? 'none limited' : `${digits(limited)} limited or shut out`}`,
        ),
        peerTable(others),
        pageSection('Unproven objects', ...quarantine(ctx, unproven)),
      ];
    },
  });
}

/** The budget that is used up most. @param {Peer} peer @returns {[string, number]} */
function scarcest({ left }) {
  return Object.entries(left).sort(([, a], [, b]) => a - b)[0] ?? ['', 1];
}

/** @param {Peer[]} peers */
function peerTable(peers) {
  if (peers.length === 0)
    return emptyState(
      'No peer is known.',
      'Join a network with ',
      h('code', null, 'zerostate up --join ADDRESS'),
      '.',
    );
  return h(
    'div',
    null,
    plainTable(
      'Peers: connected or not, limited or not, and why',
      [
        {
          title: 'Peer',
          cell: (peer) => [
            h(
              'a',
              { href: routeTo(['network', peer.peerId]) },
              text(peer.name || shorten(peer.peerId, 8, 6), 60),
            ),
            h('span', { class: 'sub' }, clean(peer.region, 40)),
          ],
        },
        {
          title: 'Standing',
          wide: true,
          cell: (peer) => [
            badge(STATES[peer.state]?.[0] ?? 'plain', STATES[peer.state]?.[1] ?? peer.state),
            peer.state === 'ok'
              ? null
              : h(
                  'span',
                  { class: 'sub' },
                  text(peer.reason, 200),
                  peer.until === null ? null : [' until ', when(peer.until)],
                ),
          ],
        },
        {
          title: 'Connection',
          cell: (peer) =>
            peer.connected ? clean(`${peer.path ?? 'direct'}, ${peer.direction ?? ''}`, 40) : 'none',
        },
        { title: 'Round trip', numeric: true, cell: (peer) => rttText(peer.rttMs) },
        { title: 'Gossip score', numeric: true, cell: (peer) => peer.gossipScore.toFixed(1) },
        {
          title: 'Least budget left',
          cell: (peer) => {
            const [name, share] = scarcest(peer);
            return [meter(share, `Budget left of ${name}`), h('span', { class: 'sub' }, clean(name, 20))];
          },
        },
        { title: 'Refused', numeric: true, cell: (peer) => digits(peer.refused) },
        { title: 'Strikes', numeric: true, cell: (peer) => digits(peer.strikes) },
      ],
      peers.slice(0, PEERS_SHOWN),
    ),
    peers.length > PEERS_SHOWN
      ? h(
          'p',
          { class: 'muted' },
          `and ${digits(peers.length - PEERS_SHOWN)} more: `,
          h('code', null, 'zerostate peers'),
        )
      : null,
  );
}

/** @param {import('../main.js').Context} ctx @param {Unproven} unproven */
function quarantine(ctx, { bytes, bytesMax, held, keptMs, objects, objectsMax }) {
  const lead = h(
    'p',
    { class: 'muted' },
    `Objects that came well formed and without their proof. Nothing reads them; each leaves by its proof, or after ${duration(keptMs / 1000)}. `,
    `${digits(objects)} of ${digits(objectsMax)} objects, ${digits(Math.ceil(bytes / 1024))} of ${digits(bytesMax / 1024)} KiB.`,
  );
  if (held.length === 0)
    return [lead, h('p', null, 'It is empty: everything that came was proven, or was refused at the door.')];
  return [
    lead,
    plainTable(
      'Unproven objects, the oldest first',
      [
        {
          title: 'Object',
          wide: true,
          cell: (one) => [
            h('strong', null, clean(one.kind, 40)),
            h('span', { class: 'sub' }, h('code', null, shorten(one.name, 20, 10))),
          ],
        },
        {
          title: 'Brought by',
          cell: (one) => h('a', { href: routeTo(['network', one.from]) }, text(ctx.nodeName(one.from), 60)),
        },
        { title: 'Bytes', numeric: true, cell: (one) => digits(one.size) },
        { title: 'Since', cell: (one) => when(one.at) },
        { title: 'Dropped', cell: (one) => when(one.until) },
      ],
      held,
    ),
  ];
}

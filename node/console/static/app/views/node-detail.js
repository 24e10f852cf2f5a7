// One node in words: its state, addresses, log head and agents; the detail panel of the network view.

import { h } from '../dom.js';
import { clean, digits, originPeer } from '../format.js';
import { badge, cardBadge, fields, identifier, section, text, when } from '../parts/bits.js';
import { lastSeenText, rttText } from '../parts/map.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').NetworkNode} NetworkNode */

/** Agents listed in a node's detail; all of them are one click away. */
const AGENTS_SHOWN = 12;

/** Online nodes without a connection of their own are heard through others. @param {NetworkNode} node */
export const stateOf = (node) =>
  node.self ? 'this node' : node.connected ? 'connected' : node.online ? 'online' : 'silent';

/** @param {NetworkNode} node */
export function stateBadge(node) {
  return badge(node.self || node.connected || node.online ? 'ok' : 'warn', stateOf(node));
}

/** @param {import('../main.js').Context} ctx @param {NetworkNode} node @param {number | null} rtt */
export function nodeDetail(ctx, node, rtt) {
  const agents = (ctx.store.get('cards').data ?? []).filter(
    (/** @type {any} */ card) => card.host === node.peerId,
  );
  const log = (ctx.store.get('logs').data ?? []).find(
    (/** @type {any} */ one) => originPeer(one.origin) === node.peerId,
  );
  const own = node.self ? ctx.store.get('node').data : null;
  return h(
    'article',
    { class: 'detail' },
    h('div', { class: 'detail-title' }, h('h2', { tabindex: '-1' }, text(node.name, 80)), stateBadge(node)),
    fields([
      ['Region', clean(node.region, 60)],
      [
        'Roles',
        h(
          'span',
          { class: 'tags' },
          node.roles.map((role) => h('span', { class: 'tag' }, clean(role, 20))),
        ),
      ],
      ['Peer', identifier(node.peerId, 'peer id')],
      node.self ? null : ['Round trip', rttText(rtt)],
      node.self ? null : ['Last heard', lastSeenText(node.lastSeenMs)],
      own ? ['Version', clean(own.version, 40)] : null,
      own?.index ? ['Index', `${digits(own.index.cards)} cards, ${clean(own.index.graph, 40)}`] : null,
      own?.index ? ['Embedder', identifier(own.index.embedder, 'embedder')] : null,
    ]),
    own?.addresses?.length
      ? section(
          'Addresses',
          h(
            'ul',
            { class: 'plain' },
            own.addresses
              .slice(0, 16)
              .map((/** @type {string} */ address) =>
                h('li', null, identifier(address, 'address', { head: 30, tail: 10 })),
              ),
          ),
        )
      : null,
    log
      ? section(
          'Log',
          fields([
            ['Size', digits(log.size)],
            ['Root', identifier(log.root, 'root')],
            ['Seen', when(log.at)],
          ]),
        )
      : null,
    section(
      'Agents',
      agents.length === 0
        ? h('p', { class: 'muted' }, 'No agent of this node is known here.')
        : h(
            'ul',
            { class: 'plain agents' },
            agents
              .slice(0, AGENTS_SHOWN)
              .map((/** @type {any} */ card) =>
                h(
                  'li',
                  null,
                  h('a', { href: routeTo(['cards', card.agentId]) }, text(card.name, 80)),
                  cardBadge(card.status),
                ),
              ),
          ),
      agents.length > AGENTS_SHOWN
        ? h('p', { class: 'muted' }, `and ${agents.length - AGENTS_SHOWN} more`)
        : null,
    ),
  );
}

// One node in words: its state, addresses, log head and agents; the detail panel of the network view.

import { apiGet } from '../api.js';
import { fill, h } from '../dom.js';
import { clean, digits, originPeer } from '../format.js';
import { badge, cardBadge, fields, identifier, section, text, when } from '../parts/bits.js';
import { lastSeenText, rttText } from '../parts/map.js';
import { errorState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').NetworkNode} NetworkNode */

/** Agents listed in a node's detail; all of them are one click away. */
const AGENTS_SHOWN = 12;

/**
 * The agents that live on a node, read when its detail is opened and again when cards change.
 * @param {string} peerId
 */
export function createAgents(peerId) {
  const element = h('div', { class: 'agents-box' }, h('p', { class: 'muted' }, 'Reading the agents…'));
  const read = async () => {
    try {
      const { cards, matched } = await apiGet(
        `/v1/cards?${new URLSearchParams({ host: peerId, sort: 'name', limit: String(AGENTS_SHOWN) })}`,
      );
      fill(
        element,
        ...(matched === 0
          ? [h('p', { class: 'muted' }, 'No agent of this node is known here.')]
          : agentRows(cards, matched)),
      );
    } catch (error) {
      fill(
        element,
        errorState(/** @type {import('../api.js').ApiError} */ (error), () => void read()),
      );
    }
  };
  void read();
  return { element, read };
}

/** @param {import('../api.js').CardView[]} cards @param {number} matched */
function agentRows(cards, matched) {
  return [
    h(
      'ul',
      { class: 'plain agents' },
      cards.map((card) =>
        h(
          'li',
          null,
          h('a', { href: routeTo(['cards', card.agentId]) }, text(card.name, 80)),
          cardBadge(card.status),
        ),
      ),
    ),
    matched > cards.length ? h('p', { class: 'muted' }, `and ${digits(matched - cards.length)} more`) : null,
  ];
}

/** Online nodes without a connection of their own are heard through others. @param {NetworkNode} node */
export const stateOf = (node) =>
  node.self ? 'this node' : node.connected ? 'connected' : node.online ? 'online' : 'silent';

/** @param {NetworkNode} node */
export function stateBadge(node) {
  return badge(node.self || node.connected || node.online ? 'ok' : 'warn', stateOf(node));
}

/** @param {import('../main.js').Context} ctx @param {NetworkNode} node @param {number | null} rtt @param {HTMLElement} agents of it */
export function nodeDetail(ctx, node, rtt, agents) {
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
    section('Agents', agents),
  );
}

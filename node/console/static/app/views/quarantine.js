// The quarantine view: orders to keep agents, modules or nodes apart, whether this node obeys each, and why. What is held apart because its
// proof is missing is no order and stands with the peers.

import { h } from '../dom.js';
import { absoluteTime, clean, digits, shorten } from '../format.js';
import { badge, fields, identifier, section, text, when } from '../parts/bits.js';
import { mountMaster } from '../parts/master.js';
import { emptyState, warningNote } from '../parts/states.js';
import { routeTo } from '../router.js';

const STATES = /** @type {const} */ ({
  held: 'warn',
  pending: 'plain',
  expired: 'plain',
  released: 'ok',
  void: 'bad',
});

/**
 * @typedef {{ kind: string, id: string }} Target
 * @typedef {{ order: string, issuer: string, state: keyof typeof STATES, sequence: number, targets: Target[], regions: string[],
 *   issuedAt: string, expiresAt: string, reason: string, evidence: { id: string, held: boolean }[],
 *   release: { by: string[], threshold: number }, releases: { id: string, issuer: string, reason: string }[], obeyed: Target[],
 *   detail: string, missing: number }} Order
 */

/** @param {Order} order */
const stateBadge = (order) => badge(STATES[order.state] ?? 'plain', order.state);

/** @param {Target} target */
function targetLink({ id, kind }) {
  const view = kind === 'agent' || kind === 'partner' ? 'trust' : kind === 'peer' ? 'network' : 'provenance';
  return h('a', { href: routeTo([view, id]) }, h('code', null, shorten(id, 12, 6)));
}

/** @param {import('../main.js').Context} ctx */
export function mountQuarantine(ctx) {
  return mountMaster(ctx, {
    segment: 'quarantine',
    title: 'Quarantine',
    intro: 'Orders to keep agents, modules or nodes apart for a time, and whether this node obeys each.',
    noun: 'order',
    what: 'orders',
    source: { path: '/v1/quarantine', list: 'orders', key: 'order' },
    events: ['logs', 'log'],
    table: {
      name: 'orders',
      label: 'Quarantine orders',
      key: (/** @type {Order} */ order) => order.order,
      tone: (order) => (order.state === 'held' || order.state === 'pending' ? '' : 'dim'),
      columns: [
        {
          id: 'target',
          title: 'Kept apart',
          cell: (order) => [
            h(
              'strong',
              null,
              order.targets.length === 1
                ? clean(`${order.targets[0]?.kind} ${shorten(order.targets[0]?.id, 10, 6)}`, 80)
                : `${digits(order.targets.length)} targets`,
            ),
            h('span', { class: 'sub' }, text(order.reason, 240)),
          ],
        },
        { id: 'issuer', title: 'Ordered by', cell: (order) => h('code', null, shorten(order.issuer, 10, 6)) },
        {
          id: 'obeyed',
          title: 'Obeyed here',
          cell: (order) =>
            order.obeyed.length > 0
              ? badge('warn', `${order.obeyed.length} of ${order.targets.length}`)
              : '–',
        },
        { id: 'until', title: 'Until', cell: (order) => when(order.expiresAt) },
        { id: 'state', title: 'State', cell: stateBadge },
      ],
    },
    filters: [
      {
        id: 'q',
        kind: 'text',
        label: 'Filter the orders by words',
        placeholder: 'Filter by reason, target or id',
      },
      {
        id: 'state',
        kind: 'select',
        label: 'State',
        options: () => [
          { value: '', label: 'All states' },
          ...Object.keys(STATES).map((value) => ({ value, label: value })),
        ],
      },
    ],
    none: () =>
      emptyState(
        'No order is known.',
        'See what one would touch with ',
        h('code', null, 'zerostate quarantine impact --agent AGENT'),
        ', and give it with ',
        h('code', null, 'zerostate quarantine order --agent AGENT --reason "…"'),
        '.',
      ),
    detail: (_id, order) => orderDetail(order),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'This order is not known here'),
        h('p', null, identifier(id, 'order id')),
      ),
  });
}

/** @param {Order} order */
function orderDetail(order) {
  const obeyed = new Set(order.obeyed.map(({ id }) => id));
  return h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, `Order ${order.sequence}`),
      stateBadge(order),
    ),
    h('blockquote', { class: 'prose' }, text(order.reason, 600)),
    h('p', null, text(order.detail, 600)),
    order.missing > 0
      ? warningNote(`${digits(order.missing)} orders or releases of this issuer have not arrived here yet.`)
      : null,
    section(
      'Targets',
      h(
        'ul',
        { class: 'plain agents' },
        order.targets.map((target) =>
          h(
            'li',
            null,
            h('span', null, clean(target.kind, 20), ' ', targetLink(target)),
            obeyed.has(target.id) ? badge('warn', 'kept apart here') : badge('plain', 'not obeyed here'),
          ),
        ),
      ),
    ),
    section(
      'Statement',
      fields([
        ['Order', identifier(order.order, 'order id')],
        [
          'Ordered by',
          h('a', { href: routeTo(['trust', order.issuer]) }, h('code', null, shorten(order.issuer, 14, 8))),
        ],
        ['Regions', order.regions.length === 0 ? 'all' : clean(order.regions.join(', '), 200)],
        ['Issued', absoluteTime(Date.parse(order.issuedAt))],
        ['Ends', absoluteTime(Date.parse(order.expiresAt))],
        ['Release needs', `${order.release.threshold} of ${order.release.by.length}`],
      ]),
    ),
    section(
      'Evidence',
      order.evidence.length === 0
        ? h('p', { class: 'muted' }, 'None was given.')
        : h(
            'ul',
            { class: 'plain agents' },
            order.evidence.map(({ held, id }) =>
              h(
                'li',
                null,
                h('a', { href: routeTo(['provenance', id]) }, h('code', null, shorten(id, 12, 8))),
                held ? badge('ok', 'held here') : badge('warn', 'not here'),
              ),
            ),
          ),
    ),
    order.releases.length === 0
      ? null
      : section(
          'Releases',
          h(
            'ul',
            { class: 'plain' },
            order.releases.map(({ id, reason }) =>
              h(
                'li',
                null,
                h('a', { href: routeTo(['provenance', id]) }, h('code', null, shorten(id, 10, 6))),
                ' ',
                text(reason, 200),
              ),
            ),
          ),
        ),
  );
}

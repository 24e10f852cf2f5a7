// The partners view: with whom logs and answers are shared, under which agreements, and how each has kept its word.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { clean, digits, shorten } from '../format.js';
import { badge, fields, identifier, section, text, when } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { mountPage } from '../parts/page.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState, warningNote } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 10_000;
/** Thousandths make a whole. */
const WHOLE = 1000;

/**
 * @typedef {{ agreement: string, isInForce: boolean, since: string, until: string, budget: Record<string, number>,
 *   scope: { predicateTypes: string[], subjects: string[], fields: string[] }[] }} Agreement
 * @typedef {{ agent: string, name: string, self: string, peers: string[], isConnected: boolean, isForked: boolean,
 *   given: Agreement | null, taken: Agreement | null, addedAt: string,
 *   standing: { status: string, score: number, share: number, latencyMs: number | null, isAwaited: boolean, counts: Record<string, number>, rows: number },
 *   evidence: { id: string, lie: string, detail: string, at: string }[] }} Partner
 */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountPartners(ctx) {
  return mountPage(ctx, {
    name: 'partners',
    title: 'Partners',
    intro: 'With whom this node shares what it knows, under which agreement, and how each has kept its word.',
    what: 'the partners',
    every: RELOAD_MS,
    keyOf: () => '',
    read: (_route, signal) => apiGet('/v1/partners', { signal }),
    draw: (/** @type {{ partners: Partner[] }} */ { partners }, route) => {
      if (partners.length === 0)
        return [
          emptyState(
            'There is no partner.',
            'Add one, and say what it gets, with ',
            h('code', null, 'zerostate partner add AGENT --give "https://slsa.dev/*"'),
            '.',
          ),
        ];
      const chosen = route.path[1] ?? '';
      const open = partners.find(({ agent }) => agent === chosen);
      return [
        partnerTable(partners),
        open ? partnerDetail(ctx, open) : chosen ? warningNote('That agent is no partner.') : null,
      ];
    },
  });
}

/** @param {Partner} partner */
function stateOf(partner) {
  if (partner.isForked) return badge('bad', 'two histories');
  return partner.isConnected ? badge('ok', 'connected') : badge('warn', 'away');
}

/** @param {Agreement | null} agreement */
function inForce(agreement) {
  if (agreement === null) return 'nothing';
  return agreement.isInForce ? badge('ok', 'in force') : badge('warn', 'not in force');
}

/** @param {Partner[]} partners */
function partnerTable(partners) {
  return plainTable(
    'Partners',
    [
      {
        title: 'Partner',
        wide: true,
        cell: (one) => [
          h('a', { href: routeTo(['partners', one.agent]) }, text(one.name || shorten(one.agent, 10, 6), 60)),
          h('span', { class: 'sub' }, h('code', null, shorten(one.agent, 12, 8))),
        ],
      },
      { title: 'State', cell: stateOf },
      { title: 'We give', cell: (one) => inForce(one.given) },
      { title: 'We get', cell: (one) => inForce(one.taken) },
      { title: 'Standing', cell: (one) => clean(one.standing.status, 30) },
      {
        title: 'Served',
        numeric: true,
        cell: (one) => `${Math.round((one.standing.share * 100) / WHOLE)} %`,
      },
      {
        title: 'Answers in',
        numeric: true,
        cell: (one) => (one.standing.latencyMs === null ? '–' : `${one.standing.latencyMs} ms`),
      },
      {
        title: 'Lies proven',
        numeric: true,
        cell: (one) => (one.evidence.length === 0 ? '0' : badge('bad', digits(one.evidence.length))),
      },
    ],
    partners,
  );
}

/** @param {import('../main.js').Context} ctx @param {Partner} one */
function partnerDetail(ctx, one) {
  return h(
    'section',
    { class: 'partner-detail', 'aria-labelledby': 'partner-title' },
    h('h2', { id: 'partner-title', tabindex: '-1' }, text(one.name || shorten(one.agent), 80)),
    h(
      'div',
      { class: 'page-columns' },
      panel(
        'Who',
        fields([
          ['Agent', identifier(one.agent, 'agent id')],
          ['Our agent', identifier(one.self, 'own agent id')],
          [
            'Nodes',
            one.peers.length === 0
              ? '–'
              : h(
                  'ul',
                  { class: 'plain' },
                  one.peers.map((peer) =>
                    h('li', null, h('a', { href: routeTo(['network', peer]) }, text(ctx.nodeName(peer), 60))),
                  ),
                ),
          ],
          ['Partner since', when(one.addedAt)],
        ]),
        h('p', null, h('a', { href: routeTo(['trust', one.agent]) }, 'See its trust card')),
      ),
      panel(
        'How it served',
        fields([
          ['Standing', `${clean(one.standing.status, 30)}, score ${one.standing.score}`],
          ['Rows', digits(one.standing.rows)],
          ...Object.entries(one.standing.counts).map(
            ([name, count]) => /** @type {[string, string]} */ ([words(name), digits(count)]),
          ),
          one.standing.isAwaited ? ['Now', 'answers are waited for'] : null,
        ]),
      ),
      panel('What we give', agreementView(one.given)),
      panel('What we get', agreementView(one.taken)),
      one.evidence.length === 0
        ? null
        : panel(
            'Proven against it',
            h(
              'ul',
              { class: 'checks' },
              one.evidence.map(({ at, detail, id, lie }) =>
                h(
                  'li',
                  { class: 'is-bad' },
                  icon('cross'),
                  h(
                    'div',
                    null,
                    h('strong', null, clean(lie, 60)),
                    h('p', null, text(detail, 300), ' ', when(at)),
                    identifier(id, 'evidence id'),
                  ),
                ),
              ),
            ),
          ),
    ),
  );
}

/** @param {string} title @param {...import('../dom.js').Child} children */
const panel = (title, ...children) => h('div', { class: 'panel page-panel' }, section(title, ...children));

/** @param {Agreement | null} agreement */
function agreementView(agreement) {
  if (agreement === null) return h('p', { class: 'muted' }, 'Nothing was agreed.');
  const list = (/** @type {string[]} */ items, /** @type {string} */ none) =>
    items.length === 0 ? none : clean(items.join(', '), 300);
  return h(
    'div',
    { class: 'plain' },
    fields([
      ['State', inForce(agreement)],
      ['Until', when(agreement.until)],
      ['Agreement', identifier(agreement.agreement, 'agreement id')],
      ...Object.entries(agreement.budget).map(
        ([name, value]) => /** @type {[string, string]} */ ([words(name), digits(value)]),
      ),
    ]),
    agreement.scope.length === 0
      ? h('p', { class: 'muted' }, 'It opens nothing.')
      : h(
          'ul',
          { class: 'plain scope' },
          agreement.scope.map((rule) =>
            h(
              'li',
              null,
              `${list(rule.predicateTypes, 'every type')} about ${list(rule.subjects, 'everything')}: ${list(rule.fields, 'the whole statement')}`,
            ),
          ),
        ),
  );
}

/** "queriesPerMinute" as words. @param {string} name */
const words = (name) =>
  clean(name, 40)
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase());

// The revocations view: who was revoked, by whom, why, and how fast the word reached this node.

import { h } from '../dom.js';
import { absoluteTime, clean, duration, shorten } from '../format.js';
import { badge, fields, identifier, section, text, when } from '../parts/bits.js';
import { mountMaster } from '../parts/master.js';
import { emptyState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').RevocationView} RevocationView */

/** @param {import('../main.js').Context} ctx */
export function mountRevocations(ctx) {
  return mountMaster(ctx, {
    segment: 'revocations',
    title: 'Revocations',
    intro: 'What this node refuses from now on. A revocation is final.',
    noun: 'revocation',
    what: 'revocations',
    source: { path: '/v1/revocations', list: 'revocations', key: 'statementId' },
    events: ['revocations'],
    table: {
      name: 'revocations',
      label: 'Revocations',
      key: (/** @type {RevocationView} */ one) => one.statementId,
      columns: [
        {
          id: 'target',
          title: 'Revoked',
          cell: (one) => [
            h('strong', null, text(targetName(one), 80)),
            h('span', { class: 'sub' }, text(one.reason, 240)),
          ],
        },
        {
          id: 'kind',
          title: 'Kind',
          cell: (one) => badge('plain', one.target?.kind),
        },
        {
          id: 'issuer',
          title: 'Issued by',
          cell: (one) => text(one.issuerName || shorten(one.issuer), 80),
        },
        {
          id: 'sequence',
          title: 'Sequence',
          numeric: true,
          cell: (one) => String(one.sequence),
        },
        {
          id: 'delay',
          title: 'Reached here in',
          numeric: true,
          cell: (one) => duration(delaySeconds(one)),
        },
        {
          id: 'received',
          title: 'Received',
          cell: (one) => when(one.receivedAt),
        },
      ],
    },
    filters: [
      {
        id: 'q',
        kind: 'text',
        label: 'Filter the revocations by words',
        placeholder: 'Filter by name, reason or id',
      },
    ],
    none: () =>
      emptyState(
        'Nothing has been revoked.',
        'An operator revokes a card with ',
        h('code', null, 'zerostate card revoke AGENT --reason "…"'),
        '.',
      ),
    detail: (_id, one) => revocationDetail(one),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'This revocation is not known here'),
        h('p', null, identifier(id, 'statement id')),
      ),
  });
}

/** @param {RevocationView} one */
const targetName = (one) => one.target?.name || shorten(one.target?.id, 16, 8);

/** @param {RevocationView} one */
function delaySeconds(one) {
  return Math.max(0, (Date.parse(one.receivedAt) - Date.parse(one.issuedAt)) / 1000);
}

/** @param {RevocationView} one */
function revocationDetail(one) {
  const agent = one.target?.kind === 'agent' || one.target?.kind === 'card';
  return h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, text(targetName(one), 200)),
      badge('bad', 'revoked'),
    ),
    h('blockquote', { class: 'prose' }, text(one.reason, 1000)),
    section(
      'Statement',
      fields([
        ['Target', clean(one.target?.kind, 40)],
        ['Target id', identifier(one.target?.id, 'target id')],
        one.target?.kind === 'agent'
          ? ['Card', h('a', { href: routeTo(['cards', one.target.id]) }, 'Open the card')]
          : null,
        ['Issued by', text(one.issuerName || '–', 120)],
        ['Issuer', identifier(one.issuer, 'issuer')],
        ['Sequence', String(one.sequence)],
        ['Statement id', identifier(one.statementId, 'statement id')],
      ]),
    ),
    section(
      'Freshness',
      fields([
        ['Issued', absoluteTime(Date.parse(one.issuedAt))],
        ['Received', absoluteTime(Date.parse(one.receivedAt))],
        ['Reached here in', duration(delaySeconds(one))],
      ]),
    ),
    agent
      ? h('p', { class: 'muted' }, 'Find refuses this agent and names this statement as the reason.')
      : null,
  );
}

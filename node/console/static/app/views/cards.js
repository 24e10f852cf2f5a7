// The cards view: every agent card this node knows, its status, and the whole of one card.

import { apiGet, apiPost } from '../api.js';
import { fill, h } from '../dom.js';
import { clean, priceText } from '../format.js';
import {
  badge,
  button,
  cardBadge,
  codeBlock,
  fields,
  identifier,
  section,
  tagList,
  text,
  when,
} from '../parts/bits.js';
import { openDialog } from '../parts/dialog.js';
import { icon } from '../parts/icons.js';
import { mountMaster } from '../parts/master.js';
import { emptyState, errorState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').CardView} CardView */

/** @param {import('../main.js').Context} ctx */
export function mountCards(ctx) {
  const hostName = (/** @type {string} */ peerId) => ctx.nodeName(peerId);
  return mountMaster(ctx, {
    segment: 'cards',
    title: 'Cards',
    intro: 'What each agent says of itself, signed with its own key.',
    noun: 'card',
    what: 'cards',
    source: { path: '/v1/cards', list: 'cards', key: 'agentId' },
    events: ['cards', 'revocations'],
    names: ['network'],
    defaults: { sort: 'name' },
    table: {
      name: 'cards',
      label: 'Agent cards',
      key: (/** @type {CardView} */ card) => card.agentId,
      tone: (card) => (card.status === 'valid' ? '' : 'dim'),
      columns: [
        {
          id: 'name',
          title: 'Agent',
          cell: (card) => [
            h('strong', null, text(card.name, 120)),
            h('span', { class: 'sub' }, text(card.description, 240)),
          ],
        },
        { id: 'tags', title: 'Trade', cell: (card) => tagList(card.tags, 2) },
        {
          id: 'region',
          title: 'Region',
          cell: (card) => clean(card.region, 40),
        },
        { id: 'price', title: 'Price', cell: (card) => (card.prices?.[0] ? priceText(card.prices[0]) : '–') },
        {
          id: 'host',
          title: 'Host',
          cell: (card) => text(hostName(card.host), 40),
        },
        {
          id: 'expires',
          title: 'Expires',
          cell: (card) => when(card.expiresAt),
        },
        {
          id: 'status',
          title: 'Status',
          cell: (card) => cardBadge(card.status),
        },
      ],
    },
    filters: [
      {
        id: 'q',
        kind: 'text',
        label: 'Filter the cards by words',
        placeholder: 'Filter by name, trade or id',
      },
      { id: 'status', kind: 'tabs', label: 'Status', options: statusChoices },
      { id: 'region', kind: 'select', label: 'Region', options: (answer) => regionChoices(answer.regions) },
      {
        id: 'sort',
        kind: 'select',
        label: 'Order',
        options: () => [
          { value: '', label: 'By name' },
          { value: 'issued', label: 'Newest first' },
        ],
      },
    ],
    none: () =>
      emptyState(
        'No card is known here yet.',
        'Publish one with ',
        h('code', null, 'zerostate card publish examples/cards/word-counter.yaml'),
        '.',
      ),
    detail: (_id, card) => cardDetail(ctx, card),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'This card is not known here'),
        h('p', null, 'No card of ', identifier(id, 'agent id'), ' has reached this node.'),
        h('p', null, 'It may still be on its way, or its agent may never have published one.'),
      ),
  });
}

/** @param {{ total: number, counts: Record<string, number> }} answer */
function statusChoices({ counts, total }) {
  return [
    { value: '', label: 'All', count: total },
    { value: 'valid', label: 'Valid', count: counts.valid },
    { value: 'revoked', label: 'Revoked', count: counts.revoked },
    { value: 'expired', label: 'Expired', count: counts.expired },
  ];
}

/** @param {string[]} regions */
export function regionChoices(regions) {
  return [
    { value: '', label: 'All regions' },
    ...[...new Set(regions)].filter(Boolean).map((region) => ({ value: region, label: region })),
  ];
}

/** @param {import('../main.js').Context} ctx @param {CardView} card */
function cardDetail(ctx, card) {
  return h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, text(card.name, 200)),
      cardBadge(card.status),
      card.local ? badge('plain', 'hosted here') : null,
    ),
    card.revocation ? revokedNote(card) : null,
    card.status === 'expired'
      ? h(
          'p',
          { class: 'note note-warn' },
          'This card is past its date. Its agent is refused until it publishes a newer one.',
        )
      : null,
    h('p', { class: 'prose' }, text(card.description)),
    h('p', null, tagList(card.tags)),
    h(
      'p',
      null,
      h('a', { class: 'trust-link', href: routeTo(['trust', card.agentId]) }, 'See its trust card'),
      ' · ',
      h('a', { href: routeTo(['reputation', card.agentId]) }, 'reputation'),
      ' · ',
      h('a', { href: routeTo(['provenance', card.agentId]) }, 'provenance'),
    ),
    section(
      'Capabilities',
      ...(card.capabilities ?? []).map((one) =>
        h(
          'div',
          { class: 'capability' },
          h('code', null, clean(one.name, 120)),
          h('p', null, text(one.description, 600)),
          tagList(one.tags),
        ),
      ),
    ),
    section(
      'Terms',
      fields([
        [
          'Prices',
          (card.prices ?? []).length > 0
            ? h(
                'ul',
                { class: 'plain' },
                card.prices.map((price) => h('li', null, priceText(price))),
              )
            : '–',
        ],
        ['Service', clean(card.sla, 40)],
        ['Region', clean(card.region, 60)],
        card.operator ? ['Operator', text(card.operator, 200)] : null,
        card.languages?.length ? ['Languages', clean(card.languages.join(', '), 200)] : null,
        ['Host', h('a', { href: routeTo(['network', card.host]) }, text(ctx.nodeName(card.host), 80))],
      ]),
    ),
    section(
      'Identity',
      fields([
        ['Agent', identifier(card.agentId, 'agent id')],
        ['Card', identifier(card.cardId, 'card id')],
        ['Sequence', String(card.sequence)],
        ['Issued', when(card.issuedAt)],
        ['Expires', when(card.expiresAt)],
      ]),
    ),
    envelopeSection(card),
    card.local && card.status === 'valid'
      ? h(
          'div',
          { class: 'detail-actions' },
          button(
            'Revoke this card…',
            { class: 'button button-danger', on: { click: () => openRevoke(ctx, card) } },
            'revocations',
          ),
        )
      : null,
  );
}

/** @param {CardView} card */
function revokedNote(card) {
  const by = card.revocation;
  return h(
    'p',
    { class: 'note note-bad' },
    icon('revocations'),
    h(
      'span',
      null,
      'Revoked ',
      when(by?.at),
      ': ',
      text(by?.reason, 400),
      ' ',
      h('a', { href: routeTo(['revocations', String(by?.statementId)]) }, 'See the statement'),
    ),
  );
}

/** The signed envelope is fetched only when someone asks for it. @param {CardView} card */
function envelopeSection(card) {
  const body = h('div');
  let asked = false;
  return h(
    'details',
    {
      class: 'fold',
      on: {
        toggle: async (event) => {
          if (!event.target.open || asked) return;
          asked = true;
          fill(body, h('p', { class: 'muted' }, 'Reading the envelope…'));
          try {
            const whole = await apiGet(`/v1/cards/${encodeURIComponent(card.agentId)}`);
            fill(body, codeBlock(JSON.stringify(whole.envelope, null, 2), 'signed envelope'));
          } catch (error) {
            asked = false;
            fill(body, errorState(/** @type {import('../api.js').ApiError} */ (error)));
          }
        },
      },
    },
    h('summary', null, 'Signed envelope (DSSE)'),
    body,
  );
}

/** @param {import('../main.js').Context} ctx @param {CardView} card */
function openRevoke(ctx, card) {
  const reason = h('input', {
    type: 'text',
    id: 'revoke-reason',
    required: true,
    maxlength: '200',
    autocomplete: 'off',
    placeholder: 'for example: the key was lost',
  });
  openDialog({
    title: `Revoke ${clean(card.name, 80)}?`,
    body: [
      h(
        'p',
        null,
        'Every node will refuse this agent within seconds. A revocation cannot be taken back; the agent needs a new card.',
      ),
      h('label', { for: 'revoke-reason' }, 'Reason, which everyone can read'),
      reason,
    ],
    action: 'Revoke the card',
    danger: true,
    async run() {
      await apiPost(`/v1/cards/${encodeURIComponent(card.agentId)}/revoke`, { reason: reason.value.trim() });
      ctx.announce(`${clean(card.name, 80)} is revoked.`);
      void ctx.store.load('cards');
      void ctx.store.load('revocations');
    },
  });
}

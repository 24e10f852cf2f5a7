// The reputation view: agents with a history, the best first as this node sees them, and each standing term by term.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { clean, digits, shorten } from '../format.js';
import { badge, fields, identifier, section, text, when } from '../parts/bits.js';
import { mountMaster } from '../parts/master.js';
import { meter } from '../parts/meter.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState, fillFrom, loadingState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Shares are told in millionths. */
const UNIT = 1_000_000;
/** Terms and events shown; the command line has all. */
const SHOWN_MAX = 50;
const SOURCES = /** @type {Record<string, string>} */ ({
  own: 'seen here',
  via: 'said by another',
  proof: 'proven by its own signatures',
});
const STATUS = /** @type {const} */ ({
  rated: ['ok', 'rated'],
  unproven: ['plain', 'unproven'],
  slashed: ['bad', 'slashed'],
});

/**
 * @typedef {{ side: string, source: string, rater: string | null, said: number, counted: number, events: number, evidence: string[],
 *   note: string | null }} Term
 * @typedef {{ about: string, status: keyof typeof STATUS, score: number, lower: number, good: number, bad: number, events: number,
 *   terms: Term[] }} Standing
 * @typedef {{ id: string, kind: string, rater: string | null, at: string, weight: number, evidence: string[], appealed: boolean,
 *   reversedBy: string[] }} ReputationEvent
 */

/** @param {Standing['status']} status */
const statusBadge = (status) => {
  const [tone, word] = STATUS[status] ?? STATUS.unproven;
  return badge(tone, word);
};
/** @param {number} millionths */
const share = (millionths) => (millionths / UNIT).toFixed(3);

/** @param {import('../main.js').Context} ctx */
export function mountReputation(ctx) {
  /** Names that came with the rows. @type {Map<string, string>} */
  const names = new Map();
  const nameOf = (/** @type {string} */ agentId) => names.get(agentId) || shorten(agentId, 14, 6);
  return mountMaster(ctx, {
    segment: 'reputation',
    title: 'Reputation',
    intro:
      'How agents have kept their word, as this node sees it: what its own agents saw, and what flows here from others.',
    noun: 'agent',
    what: 'agents',
    source: { path: '/v1/reputation', list: 'standings', key: 'about' },
    events: ['receipts', 'logs'],
    onAnswer: (answer) => {
      for (const [id, name] of Object.entries(answer.names ?? {})) names.set(id, String(name));
    },
    table: {
      name: 'standings',
      label: 'Standings of agents',
      key: (/** @type {Standing} */ one) => one.about,
      tone: (one) => (one.status === 'slashed' ? 'dim' : ''),
      columns: [
        {
          id: 'name',
          title: 'Agent',
          cell: (one) => [
            h('strong', null, text(nameOf(one.about), 80)),
            h('span', { class: 'sub' }, h('code', null, shorten(one.about, 12, 8))),
          ],
        },
        { id: 'lower', title: 'At least', cell: (one) => meter(one.lower / UNIT, 'At least') },
        { id: 'score', title: 'Expected', numeric: true, cell: (one) => share(one.score) },
        { id: 'good', title: 'For', numeric: true, cell: (one) => share(one.good) },
        { id: 'bad', title: 'Against', numeric: true, cell: (one) => share(one.bad) },
        { id: 'events', title: 'Events', numeric: true, cell: (one) => digits(one.events) },
        { id: 'status', title: 'Status', cell: (one) => statusBadge(one.status) },
      ],
    },
    filters: [
      { id: 'q', kind: 'text', label: 'Filter the agents by words', placeholder: 'Filter by name or id' },
    ],
    none: () =>
      emptyState(
        'No agent has a history here yet.',
        'Accepted work makes the first events: run a paid task with ',
        h('code', null, 'zerostate task run examples/tasks/word-count/task.yaml'),
        '.',
      ),
    detail: (_id, one) => standingDetail(one, nameOf),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'Unproven'),
        h('p', null, 'Nothing that counts here is known of ', identifier(id, 'agent id'), '.'),
        h('p', null, h('a', { href: routeTo(['trust', id]) }, 'See its trust card')),
      ),
  });
}

/** @param {Standing} one @param {(agentId: string) => string} nameOf */
function standingDetail(one, nameOf) {
  const events = h('div', null, loadingState('the events'));
  void fillFrom(events, async () => {
    const answer = await apiGet(`/v1/reputation/${encodeURIComponent(one.about)}/events`);
    return [eventTable(answer.events, nameOf)];
  });
  return h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, text(nameOf(one.about), 120)),
      statusBadge(one.status),
    ),
    h('p', null, h('a', { href: routeTo(['trust', one.about]) }, 'See its trust card')),
    fields([
      ['Agent', identifier(one.about, 'agent id')],
      [
        'At least',
        h(
          'span',
          null,
          share(one.lower),
          h('span', { class: 'muted' }, ', a cautious bound: what gates ask for'),
        ),
      ],
      ['Expected', share(one.score)],
      ['Weight for it', share(one.good)],
      ['Weight against it', share(one.bad)],
      ['Events', digits(one.events)],
    ]),
    section('Term by term', terms(one.terms, nameOf)),
    section('Events, the newest first', events),
  );
}

/** @param {Term[]} list @param {(agentId: string) => string} nameOf */
function terms(list, nameOf) {
  if (list.length === 0) return h('p', { class: 'muted' }, 'No term counts here.');
  return plainTable(
    'Terms of this standing',
    [
      {
        title: 'Term',
        wide: true,
        cell: (term) => [
          badge(term.side === 'good' ? 'ok' : 'bad', term.side === 'good' ? 'for' : 'against'),
          h(
            'span',
            { class: 'sub' },
            clean(SOURCES[term.source] ?? term.source, 60),
            term.rater === null
              ? null
              : [': ', h('a', { href: routeTo(['reputation', term.rater]) }, text(nameOf(term.rater), 60))],
            term.note === null ? null : `, ${clean(term.note, 40)}`,
          ),
        ],
      },
      { title: 'Said', numeric: true, cell: (term) => share(term.said) },
      { title: 'Counts', numeric: true, cell: (term) => share(term.counted) },
      { title: 'Events', numeric: true, cell: (term) => digits(term.events) },
    ],
    list.slice(0, SHOWN_MAX),
  );
}

/** @param {ReputationEvent[]} list @param {(agentId: string) => string} nameOf */
function eventTable(list, nameOf) {
  if (list.length === 0) return h('p', { class: 'muted' }, 'No event is known here.');
  return plainTable(
    'Events about this agent',
    [
      {
        title: 'Event',
        wide: true,
        cell: (event) => [
          h('a', { href: routeTo(['provenance', event.id]) }, clean(event.kind, 60)),
          h(
            'span',
            { class: 'sub' },
            event.rater === null ? 'its own proof' : ['by ', text(nameOf(event.rater), 60)],
            event.appealed ? ', appealed' : null,
            event.reversedBy.length > 0 ? ', taken back by another' : null,
          ),
        ],
      },
      { title: 'Weight', numeric: true, cell: (event) => share(event.weight) },
      { title: 'When', cell: (event) => when(event.at) },
    ],
    list.slice(0, SHOWN_MAX),
  );
}

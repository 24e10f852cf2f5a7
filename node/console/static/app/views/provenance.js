// The provenance view: one thing at a time, what it came from and what was made with it, and what is said about either, verified and judged
// by this node. Each neighbour is a link, so that the graph is walked step by step, by pointer or keyboard, and each step has an address.

import { apiGet, apiLines } from '../api.js';
import { h } from '../dom.js';
import { clean, digits, entryKind, shorten } from '../format.js';
import { identifier, pageSection, text, when } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { mountPage } from '../parts/page.js';
import { statementItem } from '../parts/statement-item.js';
import { emptyState, warningNote } from '../parts/states.js';
import { neighbourhood, nodeIdOf } from '../parts/walk.js';
import { walkMap } from '../parts/walk-map.js';
import { routeTo } from '../router.js';

/** Statements of one step: each is proven and judged for the answer, some 2 ms each. More are a wish. */
const ROWS_FIRST = 24;
const ROWS_MAX = 200;
/** Steps that the trail shows; older ones are in the browser's history. */
const TRAIL_MAX = 6;
/** Newest entries of the own log offered as a place to begin. */
const BEGIN_SHOWN = 12;

/** @param {import('../api.js').Route} route */
const trailOf = (route) => (route.query.get('via') ?? '').split(',').filter(Boolean).slice(-TRAIL_MAX);

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountProvenance(ctx) {
  const input = h('input', {
    type: 'search',
    id: 'prov-id',
    'data-search': true,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '256',
    placeholder: 'sha256:…, bafkrei… or zs:bafkrei…',
    'aria-label': 'Digest, statement or agent to ask about',
  });
  const form = h(
    'form',
    {
      class: 'find-form prov-form',
      role: 'search',
      on: {
        submit: (event) => {
          event.preventDefault();
          if (input.value.trim()) location.hash = routeTo(['provenance', input.value.trim()]);
        },
      },
    },
    h(
      'div',
      { class: 'find-box' },
      icon('find'),
      input,
      h('button', { type: 'submit', class: 'button button-main' }, 'Show'),
    ),
  );
  const page = mountPage(ctx, {
    name: 'provenance',
    title: 'Provenance',
    intro: 'What a thing came from, what was made with it, and who says so.',
    what: 'what is known',
    above: [form],
    keyOf: (route) => `${route.path[1] ?? ''} ${route.query.get('rows') ?? ''}`,
    async read(route, signal) {
      const id = route.path[1] ?? '';
      if (id === '') return { id, log: await apiGet(`/v1/log?limit=${BEGIN_SHOWN}`, { signal }) };
      const rows = await apiLines(
        '/v1/provenance/query',
        {
          start: [id],
          depth: 1,
          direction: 'both',
          limit: route.query.get('rows') === String(ROWS_MAX) ? ROWS_MAX : ROWS_FIRST,
        },
        signal,
      );
      ctx.announce(`${Math.max(0, rows.length - 1)} statements about ${shorten(id, 12, 6)}`);
      return { id, rows };
    },
    draw: (data, route) => (data.id === '' ? begin(data.log) : walk(data, route)),
  });
  return {
    ...page,
    update(route) {
      input.value = route.path[1] ?? '';
      page.update(route);
    },
  };
}

/** @param {import('../api.js').LogView} log */
function begin(log) {
  if (log.entries.length === 0)
    return [
      emptyState(
        'Nothing was stated here yet.',
        'Import an attestation with ',
        h('code', null, 'zerostate prov add attestation.intoto.jsonl'),
        ', or run a task; then ask about any digest.',
      ),
    ];
  return [
    h('h2', { class: 'list-title' }, 'Begin with something this node stated'),
    h(
      'ul',
      { class: 'begin' },
      log.entries.map((entry) =>
        h(
          'li',
          null,
          h(
            'a',
            { href: routeTo(['provenance', entry.statementId]) },
            h('strong', null, entryKind(entry.predicateType)),
            h('code', null, shorten(entry.statementId, 10, 8)),
          ),
          h('span', { class: 'muted' }, text(entry.issuerName || shorten(entry.issuer), 60)),
          when(entry.at),
        ),
      ),
    ),
  ];
}

/** @param {{ id: string, rows: any[] }} data @param {import('../api.js').Route} route */
function walk({ id, rows }, route) {
  const self = nodeIdOf(id);
  const statements = rows.filter(({ kind }) => kind === 'statement');
  const end = rows.find(({ kind }) => kind === 'end');
  const trail = trailOf(route);
  if (statements.length === 0)
    return [
      trailView(trail, self),
      emptyState(
        'Nothing is known here about this thing.',
        'Import what says something of it with ',
        h('code', null, 'zerostate prov add attestation.intoto.jsonl'),
        ', or ask partners with ',
        h('code', null, `zerostate prov query ${clean(self, 80)} --federated`),
        '.',
      ),
    ];
  const around = neighbourhood(self, statements);
  const onward = [...trail.filter((one) => one !== self), self].slice(-TRAIL_MAX).join(',');
  const hrefOf = (/** @type {string} */ node) => routeTo(['provenance', node], { via: onward });
  const own = statements.find(({ statementId }) => nodeIdOf(statementId) === self);
  const others = statements.filter((one) => one !== own);
  return [
    trailView(trail, self),
    walkMap(around, hrefOf),
    own ? h('div', { class: 'prov-own' }, pageSection('This statement', statementItem(own, hrefOf))) : null,
    others.length === 0
      ? null
      : pageSection(
          `What is said, ${digits(others.length)} ${others.length === 1 ? 'statement' : 'statements'}`,
          h(
            'ol',
            { class: 'statements' },
            others.map((row) => h('li', null, statementItem(row, hrefOf))),
          ),
        ),
    endView(end),
    end?.reasons.includes('row-limit') && route.query.get('rows') === null
      ? h(
          'p',
          null,
          h(
            'a',
            { href: routeTo(['provenance', id], { via: trail.join(','), rows: String(ROWS_MAX) }) },
            `Show up to ${ROWS_MAX} statements`,
          ),
        )
      : null,
  ];
}

/** Where the walk came from. @param {string[]} trail @param {string} self */
function trailView(trail, self) {
  return h(
    'nav',
    { class: 'trail', 'aria-label': 'Steps of this walk' },
    h(
      'ol',
      null,
      h('li', null, h('a', { href: '#/provenance' }, 'Begin')),
      trail
        .filter((one) => one !== self)
        .map((one, index, all) =>
          h(
            'li',
            null,
            h(
              'a',
              { href: routeTo(['provenance', one], { via: all.slice(0, index).join(',') }) },
              h('code', null, shorten(one.replace(/^\w+:/, ''), 8, 4)),
            ),
          ),
        ),
      h('li', { 'aria-current': 'step' }, identifier(self, 'id', { head: 18, tail: 8 })),
    ),
  );
}

const REASONS = /** @type {Record<string, string>} */ ({
  'row-limit': 'there are more statements than one step shows',
  'node-limit': 'there are more things than one answer walks',
  withheld: 'the body of some statement is not here',
  'not-indexed': 'some entries are newer than the newest signed head',
  'unproven-origin': 'of some logs only the log itself can prove that nothing is missing',
  aborted: 'the answer was cut off',
  'graph-full': 'the graph of this node is full',
});

/** What is not in the answer, and of which logs it is proven that nothing is missing. @param {any} end */
function endView(end) {
  if (end === undefined) return warningNote('The answer has no end: it was cut off.');
  const whole = end.completeness.filter((/** @type {any} */ one) => one.complete).length;
  return h(
    'p',
    { class: 'muted prov-end' },
    end.completeness.length === 0
      ? null
      : `Complete for ${digits(whole)} of ${digits(end.completeness.length)} logs, by proof.`,
    ...end.reasons.map(
      (/** @type {string} */ reason) => ` There may be more: ${REASONS[reason] ?? clean(reason, 60)}.`,
    ),
  );
}

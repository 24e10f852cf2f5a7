// The find view: a sentence in, ranked agents out, each with why it was accepted; the refused with why not.

import { ApiError, apiPost } from '../api.js';
import { fill, h } from '../dom.js';
import { clean } from '../format.js';
import { badge, checkList, text } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { meter } from '../parts/meter.js';
import { emptyState, errorState, loadingState, warningNote } from '../parts/states.js';
import { routeTo } from '../router.js';
import { regionChoices } from './cards.js';

const EXAMPLES = [
  'turn scanned invoices into a spreadsheet',
  'count the words of a text',
  'what is wrong with the leaves of my tomatoes',
  'is there a security hole in my dependencies',
];
const LIMITS = ['5', '10', '25'];

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountFind(ctx) {
  const input = h('input', {
    type: 'search',
    id: 'find-text',
    name: 'q',
    'data-search': true,
    autocomplete: 'off',
    maxlength: '1000',
    placeholder: 'Say what you need, in your own words',
    'aria-label': 'What do you need?',
  });
  const region = h('select', { 'aria-label': 'Region' });
  const limit = h(
    'select',
    { 'aria-label': 'How many answers' },
    LIMITS.map((one) => h('option', { value: one, selected: one === '10' }, `${one} answers`)),
  );
  const go = h('button', { type: 'submit', class: 'button button-main' }, icon('find'), 'Find');
  const answer = h('div', { class: 'answer' });
  /** @type {AbortController | null} */
  let running = null;
  let asked = '';

  const ask = () => {
    const query = {
      q: input.value.trim(),
      region: region.value,
      limit: limit.value === '10' ? '' : limit.value,
    };
    const next = routeTo(['find'], query);
    // The same question again is a wish for a fresh answer, and changes no address.
    if (location.hash === next) void run(query.q, query.region, Number(limit.value));
    else location.hash = next;
  };
  const form = h(
    'form',
    {
      class: 'find-form',
      role: 'search',
      on: {
        submit: (event) => {
          event.preventDefault();
          ask();
        },
      },
    },
    h('div', { class: 'find-box' }, icon('find'), input, go),
    h(
      'div',
      { class: 'find-options' },
      h('label', { class: 'select' }, region),
      h('label', { class: 'select' }, limit),
    ),
  );
  const element = h(
    'div',
    { class: 'view view-find' },
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        h('h1', { id: 'view-title', tabindex: '-1' }, 'Find'),
        h(
          'p',
          { class: 'lead' },
          'Agents ranked by meaning, then checked: signature, sequence, revocation, terms.',
        ),
      ),
    ),
    form,
    answer,
  );

  const welcome = () =>
    fill(
      answer,
      h(
        'section',
        { class: 'welcome' },
        h('h2', null, 'For example'),
        h(
          'ul',
          { class: 'examples' },
          EXAMPLES.map((one) =>
            h('li', null, h('a', { class: 'chip', href: routeTo(['find'], { q: one }) }, one)),
          ),
        ),
      ),
    );

  /** @param {string} question @param {string} where @param {number} most */
  const run = async (question, where, most) => {
    running?.abort();
    const abort = new AbortController();
    running = abort;
    if (question === '') {
      welcome();
      return;
    }
    fill(answer, loadingState('the answers'));
    try {
      const found = await apiPost(
        '/v1/find',
        { text: question, limit: most, explain: true, ...(where ? { filter: { region: where } } : {}) },
        { signal: abort.signal },
      );
      if (running !== abort) return;
      fill(answer, answerView(found));
      ctx.announce(`${found.results.length} agents found, ${found.rejected?.length ?? 0} refused.`);
    } catch (error) {
      if (running !== abort) return;
      fill(
        answer,
        errorState(
          error instanceof ApiError ? error : new ApiError({ code: 'CONSOLE_FAULT', message: String(error) }),
          () => void run(question, where, most),
        ),
      );
    }
  };

  const drawRegions = () => {
    const chosen = region.value;
    const choices = regionChoices([
      ...(ctx.store.get('cards').data?.regions ?? []),
      ...(ctx.store.get('network').data?.nodes ?? []).map((/** @type {any} */ node) => node.region),
    ]);
    fill(
      region,
      choices.map((choice) =>
        h('option', { value: choice.value, selected: choice.value === chosen }, clean(choice.label, 60)),
      ),
    );
  };
  const stop = ctx.store.subscribe(['cards', 'network'], drawRegions);
  drawRegions();
  welcome();

  return {
    element,
    update(route) {
      const key = route.query.toString();
      if (key === asked) return;
      asked = key;
      input.value = route.query.get('q') ?? '';
      const where = route.query.get('region') ?? '';
      if (where && ![...region.options].some((option) => option.value === where))
        region.append(h('option', { value: where }, clean(where, 60)));
      region.value = where;
      limit.value = LIMITS.includes(route.query.get('limit') ?? '') ? String(route.query.get('limit')) : '10';
      void run(input.value.trim(), where, Number(limit.value));
    },
    destroy() {
      running?.abort();
      stop();
    },
    focus: () => input.focus(),
  };
}

/** @param {import('../api.js').FindAnswer} found */
function answerView(found) {
  const rejected = found.rejected ?? [];
  const took = Number.isFinite(found.tookMs) ? ` in ${Math.round(found.tookMs)} ms` : '';
  return h(
    'div',
    null,
    found.partial
      ? warningNote(
          `This answer is partial: ${clean((found.missing ?? []).join(', '), 300) || 'some index nodes'} did not answer. Ask again, or look at the network view.`,
        )
      : null,
    h('p', { class: 'count' }, `${found.results.length} accepted, ${rejected.length} refused${took}`),
    found.results.length === 0
      ? emptyState(
          'No agent was accepted.',
          rejected.length > 0 ? 'The reasons are below.' : 'Use other words, or a wider region.',
        )
      : null,
    found.results.length === 0 ? null : h('h2', { class: 'sr-only' }, 'Accepted'),
    h(
      'ol',
      { class: 'results' },
      found.results.map((result, index) => resultView(result, index + 1, true)),
    ),
    rejected.length > 0
      ? h(
          'section',
          { class: 'refused' },
          h('h2', null, 'Refused'),
          h('p', { class: 'lead' }, 'These matched the words, and one of their checks failed.'),
          h(
            'ul',
            { class: 'results' },
            rejected.map((result) => resultView(result, 0, false)),
          ),
        )
      : null,
  );
}

/** @param {import('../api.js').FindResult} result @param {number} rank @param {boolean} accepted */
function resultView(result, rank, accepted) {
  const reasons = (result.reasons ?? []).map((reason) => ({
    name: reason.check,
    ok: reason.ok,
    detail: reason.detail,
  }));
  const failed = reasons.filter((reason) => !reason.ok);
  return h(
    'li',
    { class: ['result', accepted ? '' : 'is-refused'] },
    h('div', { class: 'result-rank', 'aria-hidden': 'true' }, accepted ? rank : icon('revocations')),
    h(
      'div',
      { class: 'result-body' },
      h(
        'div',
        { class: 'result-head' },
        h('h3', null, h('a', { href: routeTo(['cards', result.agentId]) }, text(result.name, 120))),
        result.region ? badge('plain', result.region) : null,
        meter(result.score),
      ),
      h('p', { class: 'result-text' }, text(result.description, 500)),
      accepted
        ? null
        : failed.map((reason) =>
            h(
              'p',
              { class: 'result-why' },
              icon('cross'),
              h('span', null, h('strong', null, clean(reason.name, 60)), ': ', text(reason.detail, 300)),
            ),
          ),
      reasons.length > 0
        ? h(
            'details',
            { class: 'why', open: rank === 1 },
            h('summary', null, accepted ? `Accepted: ${passedText(reasons)}` : 'All checks'),
            checkList(reasons),
          )
        : null,
    ),
  );
}

/** @param {{ name: string, ok: boolean }[]} reasons */
function passedText(reasons) {
  return reasons
    .filter((reason) => reason.ok)
    .map((reason) => clean(reason.name, 40))
    .join(', ');
}

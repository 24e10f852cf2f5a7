// The trust card of an agent: what is known of it, line by line, each with the ids of what bears it out.

import { apiGet } from '../api.js';
import { fill, h } from '../dom.js';
import { absoluteTime, clean, shorten } from '../format.js';
import { badge, identifier, pageSection, text } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { errorState, loadingState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Least time between two readings, in ms, however many events ask for one. */
const RELOAD_MS_MIN = 2000;

/**
 * @typedef {'good' | 'bad' | 'unknown' | 'plain'} Tone
 * @typedef {{ section: string, label: string, value: string, tone: Tone, evidence: string[] }} TrustLine
 * @typedef {{ agentId: string, name: string, at: number, tone: Tone, lines: TrustLine[] }} TrustCard
 */

const TITLES = /** @type {const} */ ([
  ['identity', 'Identity'],
  ['revocation', 'Revocation'],
  ['log', 'Log'],
  ['behaviour', 'Behaviour'],
  ['reputation', 'Reputation'],
  ['policy', 'Policy'],
]);
const WORDS = /** @type {const} */ ({
  good: ['ok', 'nothing speaks against it'],
  bad: ['bad', 'something speaks against it'],
  unknown: ['warn', 'not all is known'],
  plain: ['plain', 'told'],
});
const SIGNS = /** @type {const} */ ({ good: 'check', bad: 'cross', unknown: 'warn', plain: null });
const SPOKEN = /** @type {const} */ ({ good: 'for: ', bad: 'against: ', unknown: 'unknown: ', plain: '' });

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountTrust(ctx) {
  const body = h('div', { class: 'trust' });
  const title = h('h1', { tabindex: '-1' }, 'Trust card');
  const element = h(
    'div',
    { class: 'view view-trust' },
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        title,
        h('p', { class: 'lead' }, 'What this node knows of an agent, each line with what bears it out.'),
      ),
    ),
    body,
  );
  let agentId = '';
  let readAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let planned;
  let alive = true;

  async function read() {
    clearTimeout(planned);
    planned = undefined;
    const asked = agentId;
    readAt = Date.now();
    try {
      const card = /** @type {TrustCard} */ (await apiGet(`/v1/trust/${encodeURIComponent(asked)}`));
      if (!alive || asked !== agentId) return;
      fill(title, text(card.name || 'Unknown agent', 120));
      fill(body, draw(card));
    } catch (error) {
      if (alive && asked === agentId)
        fill(
          body,
          errorState(/** @type {import('../api.js').ApiError} */ (error), () => void read()),
        );
    }
  }

  const ends = ctx.store.subscribe(['cards', 'receipts', 'revocations'], () => {
    if (agentId === '' || planned !== undefined) return;
    planned = setTimeout(() => void read(), Math.max(0, readAt + RELOAD_MS_MIN - Date.now()));
  });

  return {
    element,
    update(route) {
      const next = route.path[1] ?? '';
      if (next === agentId && agentId !== '') return;
      agentId = next;
      fill(title, 'Trust card');
      if (agentId === '') {
        fill(body, h('p', { class: 'muted' }, 'Open a card and follow its link to the trust card.'));
        return;
      }
      fill(body, loadingState('the trust card'));
      void read();
    },
    destroy() {
      alive = false;
      clearTimeout(planned);
      ends();
    },
  };
}

/** @param {TrustCard} card */
function draw(card) {
  const [tone, words] = WORDS[card.tone] ?? WORDS.plain;
  return h(
    'article',
    { class: 'trust-page' },
    h(
      'p',
      { class: 'trust-head' },
      badge(tone, words),
      identifier(card.agentId, 'agent id'),
      h('a', { href: routeTo(['cards', card.agentId]) }, 'See its card'),
      h('span', { class: 'muted' }, `as of ${absoluteTime(card.at)}`),
    ),
    h(
      'div',
      { class: 'trust-grid' },
      TITLES.map(([name, heading]) => {
        const lines = card.lines.filter((line) => line.section === name);
        return lines.length === 0
          ? null
          : pageSection(heading, h('ul', { class: 'checks trust-lines' }, lines.map(drawLine)));
      }),
    ),
  );
}

/** @param {TrustLine} line */
function drawLine({ evidence, label, section: of, tone, value }) {
  const sign = SIGNS[tone];
  return h(
    'li',
    { class: `is-${tone === 'good' ? 'ok' : tone}` },
    sign ? icon(sign) : h('span', { class: 'trust-dot', 'aria-hidden': 'true' }, '·'),
    h(
      'div',
      null,
      h('strong', null, h('span', { class: 'sr-only' }, SPOKEN[tone] ?? ''), clean(capital(label), 80)),
      h('p', null, text(value, 600)),
      evidence.length === 0
        ? null
        : h(
            'p',
            { class: 'trust-evidence' },
            evidence.map((id) => drawEvidence(of, id)),
          ),
    ),
  );
}

/** @param {string} words */
const capital = (words) => words.slice(0, 1).toUpperCase() + words.slice(1);

/** Where a piece of evidence is shown; ids of decisions can only be copied. @param {string} of @param {string} id */
function placeOf(of, id) {
  if (of === 'behaviour') return routeTo(['receipts', id]);
  if (of === 'log') return routeTo(['log', id.split('/').at(-1) ?? '']);
  return of !== 'policy' && /^(zs:)?bafkrei/.test(id) ? routeTo(['provenance', id]) : null;
}

/** @param {string} of @param {string} id */
function drawEvidence(of, id) {
  const whole = clean(id, 512);
  const href = placeOf(of, whole);
  if (href === null) return identifier(whole, 'evidence', { head: 12, tail: 6 });
  return h('a', { href, title: whole }, h('code', null, shorten(whole, 12, 6)));
}

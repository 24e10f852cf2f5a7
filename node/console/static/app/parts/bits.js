// Small parts that every view uses: badges, identifiers with a copy button, times, field lists, code blocks.

import { h } from '../dom.js';
import { absoluteTime, clean, relativeTime, shorten } from '../format.js';
import { icon } from './icons.js';

/** Untrusted text, cleaned and kept from reordering its surroundings. @param {unknown} value @param {number} [lengthMax] */
export function text(value, lengthMax) {
  return h('bdi', null, clean(value, lengthMax));
}

const TONES = /** @type {const} */ ({ ok: 'check', bad: 'cross', warn: 'warn', plain: null });

/** @param {keyof typeof TONES} tone @param {unknown} label */
export function badge(tone, label) {
  const name = TONES[tone];
  return h('span', { class: `badge badge-${tone}` }, name ? icon(name) : null, clean(label, 60));
}

/** @param {string} status a card's */
export function cardBadge(status) {
  if (status === 'valid') return badge('ok', 'valid');
  if (status === 'revoked') return badge('bad', 'revoked');
  return badge('warn', status);
}

/** @param {string} status a receipt's: only OK is a success */
export function runBadge(status) {
  return badge(status === 'OK' ? 'ok' : 'bad', status);
}

/** @param {unknown[]} values @param {number} [most] more than this many are counted, not shown */
export function tagList(values, most = 12) {
  const tags = Array.isArray(values) ? values : [];
  return h(
    'span',
    { class: 'tags' },
    tags.slice(0, most).map((tag) => h('span', { class: 'tag' }, clean(tag, 40))),
    tags.length > most ? h('span', { class: 'muted' }, `+${tags.length - most}`) : null,
  );
}

/** A time shown as its distance from now, refreshed by the page. @param {unknown} value RFC 3339 text or ms since 1970 */
export function when(value) {
  const ms = typeof value === 'number' ? value : Date.parse(String(value ?? ''));
  if (!Number.isFinite(ms)) return h('span', { class: 'muted' }, '–');
  return h(
    'time',
    { datetime: new Date(ms).toISOString(), title: absoluteTime(ms), 'data-ms': ms },
    relativeTime(ms, Date.now()),
  );
}

/** Rewrites every relative time below `root`. @param {ParentNode} root */
export function refreshTimes(root) {
  const now = Date.now();
  for (const element of root.querySelectorAll('time[data-ms]')) {
    const next = relativeTime(Number(element.getAttribute('data-ms')), now);
    if (element.textContent !== next) element.textContent = next;
  }
}

/** An identifier in short form, whole in its title, with a button that copies it. @param {unknown} value @param {string} what */
export function identifier(value, what, { head = 14, tail = 8, full = false } = {}) {
  const whole = clean(value, 512);
  if (!whole) return h('span', { class: 'muted' }, '–');
  return h(
    'span',
    { class: 'id' },
    h('code', { title: whole }, full ? whole : shorten(whole, head, tail)),
    copyButton(String(value), what),
  );
}

/** @param {string} value @param {string} what named in the button's label */
export function copyButton(value, what) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': `Copy ${what}`,
      title: `Copy ${what}`,
      on: {
        click: async (event) => {
          event.stopPropagation();
          const done = await copy(value);
          button.replaceChildren(icon(done ? 'check' : 'cross'));
          button.setAttribute('aria-label', done ? `${what} copied` : `${what} could not be copied`);
          setTimeout(() => {
            button.replaceChildren(icon('copy'));
            button.setAttribute('aria-label', `Copy ${what}`);
          }, 1600);
        },
      },
    },
    icon('copy'),
  );
  return button;
}

/** @param {string} value */
async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}

/** A list of named values. @param {([string, import('../dom.js').Child] | null | false)[]} rows */
export function fields(rows) {
  return h(
    'dl',
    { class: 'fields' },
    rows
      .filter((row) => !!row)
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value ?? '–'))),
  );
}

/** @param {string} title @param {...import('../dom.js').Child} children */
export function section(title, ...children) {
  return h('section', { class: 'block' }, h('h3', null, title), ...children);
}

/** A section of a page, where no other heading stands between it and the page's own. @param {string} title @param {...import('../dom.js').Child} children */
export function pageSection(title, ...children) {
  return h('section', { class: 'block' }, h('h2', null, title), ...children);
}

/** A framed section of a page. @param {string} title @param {...import('../dom.js').Child} children */
export function panel(title, ...children) {
  return h('div', { class: 'panel page-panel' }, pageSection(title, ...children));
}

/** A block of text to read and to copy. @param {string} value @param {string} what */
export function codeBlock(value, what) {
  return h(
    'div',
    { class: 'code' },
    h('pre', { tabindex: '0', 'aria-label': what }, clean(value, 200_000)),
    copyButton(value, what),
  );
}

/** @param {string} label @param {Props} [props] @param {import('./icons.js').IconName} [sign] @typedef {import('../dom.js').Props} Props */
export function button(label, props = {}, sign) {
  return h('button', { type: 'button', class: 'button', ...props }, sign ? icon(sign) : null, label);
}

/** The lines of a report or of a find decision. @param {{ name: string, ok: boolean, detail: string, code?: string | undefined }[]} checks */
export function checkList(checks) {
  return h(
    'ul',
    { class: 'checks' },
    checks.map((check) =>
      h(
        'li',
        { class: check.ok ? 'is-ok' : 'is-bad' },
        icon(check.ok ? 'check' : 'cross'),
        h(
          'div',
          null,
          h(
            'strong',
            null,
            h('span', { class: 'sr-only' }, check.ok ? 'passed: ' : 'failed: '),
            clean(check.name, 80),
          ),
          check.code ? h('code', { class: 'check-code' }, clean(check.code, 60)) : null,
          check.detail ? h('p', null, text(check.detail, 600)) : null,
        ),
      ),
    ),
  );
}

// What a view shows when it has nothing yet, nothing at all, or an error: always with what can be done about it.

import { fill, h } from '../dom.js';
import { absoluteTime, clean } from '../format.js';
import { button } from './bits.js';
import { icon } from './icons.js';

/** @param {string} what */
export function loadingState(what) {
  return h(
    'div',
    { class: 'state', role: 'status' },
    h('span', { class: 'spinner', 'aria-hidden': 'true' }),
    h('p', null, `Reading ${what}…`),
  );
}

/** @param {string} title @param {...import('../dom.js').Child} remedy */
export function emptyState(title, ...remedy) {
  return h('div', { class: 'state' }, h('p', { class: 'state-title' }, title), h('p', null, ...remedy));
}

/** @param {import('../api.js').ApiError} error @param {() => void} [retry] */
export function errorState(error, retry) {
  return h(
    'div',
    { class: 'state state-error', role: 'alert' },
    icon('warn'),
    h('p', { class: 'state-title' }, clean(error.message, 300)),
    error.hint ? h('p', null, clean(error.hint, 600)) : null,
    h('p', { class: 'muted' }, 'Code ', h('code', null, clean(error.code, 60))),
    retry ? button('Try again', { on: { click: retry } }, 'refresh') : null,
  );
}

/**
 * Fills an element with what is read, or with the error and a button that tries again.
 * @param {Element} host @param {() => Promise<import('../dom.js').Child[]>} read
 */
export async function fillFrom(host, read) {
  try {
    fill(host, ...(await read()));
  } catch (error) {
    fill(
      host,
      errorState(/** @type {import('../api.js').ApiError} */ (error), () => void fillFrom(host, read)),
    );
  }
}

/** What one should know of the data beside it. @param {string} words */
export function warningNote(words) {
  return h('p', { class: 'note note-warn' }, icon('warn'), h('span', null, words));
}

/** A line above data that could not be refreshed. @param {import('../store.js').Held} held @param {() => void} retry */
export function staleBar(held, retry) {
  if (!held.error || held.data === null) return null;
  return h(
    'div',
    { class: 'stale', role: 'status' },
    icon('warn'),
    h('span', null, `${clean(held.error.message, 200)} Shown as of ${absoluteTime(held.at)}.`),
    button('Try again', { class: 'button button-small', on: { click: retry } }),
  );
}

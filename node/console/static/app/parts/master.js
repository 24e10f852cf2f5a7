// The shape shared by cards, tasks, receipts, revocations and reputation: filters, a table, and a panel with the detail of one row.
// It owns loading, empty and error states, deep links and the focus; the views say what a row is. Rows come from the node a page at a time,
// filtered there.

import { ApiError } from '../api.js';
import { fill, h } from '../dom.js';
import { digits, plural } from '../format.js';
import { createPaged } from '../paged.js';
import { replaceQuery, routeTo } from '../router.js';
import { button } from './bits.js';
import { createFilters } from './filters.js';
import { icon } from './icons.js';
import { keepPlace } from './keep-place.js';
import { emptyState, errorState, loadingState, staleBar } from './states.js';
import { createTable } from './table.js';

/** From a key to the question, in ms: keys that come together ask once; a newer question ends the older. */
const TYPING_MS = 10;

/**
 * @typedef {import('./filters.js').Filter} Filter
 * @typedef {{ segment: string, title: string, intro: string, noun: string, what: string, source: import('../paged.js').PagedSource,
 *   events: import('../store.js').Name[], names?: import('../store.js').Name[], table: Omit<import('./table.js').TableOptions<any>, 'scroller' | 'empty' | 'href' | 'onEnd'>,
 *   onAnswer?: (answer: any) => void, filters: Filter[], defaults?: Record<string, string>, none: () => Node, tools?: Node[],
 *   detail: (id: string, row: any, answer: any) => HTMLElement, missing: (id: string) => HTMLElement }} MasterOptions
 */

/** @param {import('../main.js').Context} ctx @param {MasterOptions} options @returns {import('../main.js').View} */
export function mountMaster(ctx, options) {
  let openId = '';
  /** @type {any} */
  let openRow = null;
  let openText = '';
  let started = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;

  const paged = createPaged(options.source, onRows);
  const filters = createFilters(options.filters, options.what, (id, value, kind) => {
    replaceQuery({ [id]: value });
    clearTimeout(typing);
    typing = setTimeout(ask, kind === 'text' ? TYPING_MS : 0);
  });
  const stale = h('div');
  const count = h('p', { class: 'count', role: 'status' });
  const status = h('div');
  const list = h('section', { class: 'view-list', 'aria-labelledby': 'view-title' });
  const panel = h('aside', {
    class: 'view-detail',
    'aria-label': 'Detail',
    hidden: true,
    on: { keydown: onPanelKey },
  });
  const element = h('div', { class: 'view view-master' }, list, panel);
  const table = createTable({
    ...options.table,
    scroller: list,
    href: (row) => routeTo([options.segment, options.table.key(row)], filters.given()),
    onEnd: () => paged.more(),
    empty: () =>
      filters.isSet()
        ? emptyState(
            `No ${options.what} match.`,
            button('Clear the filters', { on: { click: clearFilters } }),
          )
        : options.none(),
  });
  list.append(
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        h('h1', { id: 'view-title', tabindex: '-1' }, options.title),
        h('p', { class: 'lead' }, options.intro),
      ),
      h('div', { class: 'view-tools' }, options.tools ?? []),
    ),
    stale,
    filters.element,
    count,
    status,
    table.element,
  );

  const ask = () => void paged.ask({ ...options.defaults, ...filters.given() });

  function clearFilters() {
    replaceQuery(Object.fromEntries(options.filters.map(({ id }) => [id, ''])));
    filters.set({});
    ask();
  }

  function onRows() {
    const { answer, error, fresh, phase, rows } = paged.get();
    const reload = () => void paged.refresh();
    fill(stale, staleBar({ phase, data: answer, error, at: paged.get().at }, reload));
    const ready = answer !== null;
    table.element.hidden = !ready;
    filters.element.hidden = !ready;
    count.hidden = !ready;
    fill(status, ready ? null : error ? errorState(error, ask) : loadingState(options.what));
    if (!ready) return;
    options.onAnswer?.(answer);
    filters.draw(answer);
    count.textContent =
      answer.matched === answer.total
        ? plural(answer.total, options.noun)
        : `${digits(answer.matched)} of ${plural(answer.total, options.noun)}`;
    table.setRows(rows, { mark: fresh, of: answer.matched });
    const row = rows.find((one) => options.table.key(one) === openId);
    if (openId !== '' && row && row !== openRow) drawDetail(row, openRow === null);
  }

  /** Opens, closes or changes the panel. @param {string} id */
  function open(id) {
    openId = id;
    openRow = null;
    openText = '';
    table.select(id);
    element.classList.toggle('has-detail', id !== '');
    if (id === '') {
      const had = panel.contains(document.activeElement);
      panel.hidden = true;
      panel.replaceChildren();
      if (had) table.focus();
      return;
    }
    const known = paged.get().rows.find((row) => options.table.key(row) === id);
    if (known) drawDetail(known, true);
    else void look(id);
  }

  /** Looks a row up that is on no page yet. @param {string} id */
  async function look(id) {
    frame(loadingState('it'));
    try {
      const row = await paged.one(id);
      // The list may have brought it in the meantime.
      if (openId === id && openRow === null) drawDetail(row, true);
    } catch (error) {
      if (openId !== id) return;
      const told =
        error instanceof ApiError ? error : new ApiError({ code: 'CONSOLE_FAULT', message: String(error) });
      frame(errorState(told, () => void look(id)));
    }
  }

  /** @param {any} row null: there is none @param {boolean} moved the user has just opened it */
  function drawDetail(row, moved) {
    const text = JSON.stringify(row);
    const same = text === openText && !moved;
    openRow = row;
    openText = text;
    if (same) return;
    const content = row === null ? options.missing(openId) : options.detail(openId, row, paged.get().answer);
    if (!moved) {
      keepPlace(panel, panel, () => frame(content));
      return;
    }
    frame(content);
    panel.scrollTop = 0;
    panel.querySelector('h2')?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} content */
  function frame(content) {
    fill(
      panel,
      h(
        'div',
        { class: 'detail-bar' },
        h(
          'a',
          { class: 'button button-quiet', href: closeHref() },
          icon('back'),
          h('span', null, `All ${options.what}`),
        ),
      ),
      content,
    );
    panel.hidden = false;
  }

  const closeHref = () => routeTo([options.segment], filters.given());

  /** @param {KeyboardEvent} event */
  function onPanelKey(event) {
    if (event.key === 'Escape' && !event.defaultPrevented) location.hash = closeHref();
  }

  const stop = ctx.store.subscribe(options.events, () => {
    if (started) paged.refreshSoon();
  });

  const unname = ctx.store.subscribe(options.names ?? [], () => table.redraw());

  return {
    element,
    update(route) {
      const changed = filters.set(Object.fromEntries(route.query));
      if (!started || changed) {
        started = true;
        ask();
        onRows();
      }
      const next = route.path[1] ?? '';
      if (next !== openId) open(next);
    },
    destroy() {
      stop();
      unname();
      clearTimeout(typing);
      paged.destroy();
      table.destroy();
    },
  };
}

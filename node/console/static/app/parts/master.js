// The shape shared by cards, receipts, revocations and log: filters, a table, and a panel with the detail of one row.
// It owns loading, empty and error states, deep links and the focus; the views say what a row is.

import { fill, h } from '../dom.js';
import { clean, digits, plural } from '../format.js';
import { replaceQuery, routeTo } from '../router.js';
import { button } from './bits.js';
import { icon } from './icons.js';
import { emptyState, errorState, loadingState, staleBar } from './states.js';
import { createTable } from './table.js';

/**
 * @typedef {{ id: string, label: string, kind: 'text' | 'tabs' | 'select', placeholder?: string,
 *   options?: (rows: any[]) => { value: string, label: string, count?: number }[] }} Filter
 * @typedef {{ segment: string, title: string, intro: string, what: string, main: import('../store.js').Name,
 *   resources: import('../store.js').Name[], table: Omit<import('./table.js').TableOptions<any>, 'scroller' | 'empty' | 'href'>,
 *   filters: Filter[], matches: (row: any, values: Record<string, string>) => boolean, rows?: (data: any) => any[],
 *   none: () => Node, tools?: Node[], above?: (host: HTMLElement) => void,
 *   detail: (id: string, row: any) => HTMLElement | null, missing: (id: string) => HTMLElement }} MasterOptions
 */

/** @param {import('../main.js').Context} ctx @param {MasterOptions} options @returns {import('../main.js').View} */
export function mountMaster(ctx, options) {
  const { store } = ctx;
  const rowsOf = options.rows ?? ((/** @type {any} */ data) => data);
  /** @type {Record<string, string>} */
  const values = Object.fromEntries(options.filters.map((filter) => [filter.id, '']));
  let openId = '';
  /** @type {any} */
  let openRow = null;

  const stale = h('div');
  const above = h('div', { class: 'above' });
  const count = h('p', { class: 'count', role: 'status' });
  const filterBar = h('div', { class: 'filters', role: 'search', 'aria-label': `Filter ${options.what}` });
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
    href: (row) => routeTo([options.segment, options.table.key(row)]),
    empty: () =>
      isFiltered()
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
    above,
    filterBar,
    count,
    status,
    table.element,
  );

  const isFiltered = () => Object.values(values).some(Boolean);

  function clearFilters() {
    for (const filter of options.filters) setFilter(filter.id, '');
    drawFilters();
  }

  /** @param {string} id @param {string} value */
  function setFilter(id, value) {
    values[id] = value;
    replaceQuery({ [id]: value });
    drawRows(false);
  }

  function drawFilters() {
    const rows = rowsOf(store.get(options.main).data) ?? [];
    // The field that has the focus is kept, so that typing is never interrupted by a live change.
    for (const filter of options.filters) {
      const old = filterBar.querySelector(`[data-filter="${filter.id}"]`);
      if (old && filter.kind === 'text') {
        const input = /** @type {HTMLInputElement} */ (old.querySelector('input'));
        if (input.value !== values[filter.id]) input.value = values[filter.id] ?? '';
        continue;
      }
      const had = old?.contains(document.activeElement)
        ? document.activeElement?.getAttribute('data-value')
        : null;
      const next = h(
        'div',
        { class: `filter filter-${filter.kind}`, 'data-filter': filter.id },
        drawFilter(filter, rows),
      );
      if (old) old.replaceWith(next);
      else filterBar.append(next);
      if (had !== null && had !== undefined)
        /** @type {HTMLElement | null} */ (next.querySelector(`[data-value="${CSS.escape(had)}"]`))?.focus();
    }
  }

  /** @param {Filter} filter @param {any[]} rows */
  function drawFilter(filter, rows) {
    if (filter.kind === 'text') {
      return h(
        'label',
        { class: 'search' },
        h('span', { class: 'sr-only' }, filter.label),
        icon('find'),
        h('input', {
          type: 'search',
          value: values[filter.id],
          placeholder: filter.placeholder,
          'data-search': true,
          autocomplete: 'off',
          spellcheck: 'false',
          on: { input: (event) => setFilter(filter.id, event.target.value) },
        }),
      );
    }
    const choices = filter.options?.(rows) ?? [];
    if (filter.kind === 'tabs') {
      return h(
        'div',
        { class: 'tabs', role: 'group', 'aria-label': filter.label },
        choices.map((choice) =>
          h(
            'button',
            {
              type: 'button',
              class: 'tab',
              'data-value': choice.value,
              'aria-pressed': String(values[filter.id] === choice.value),
              on: {
                click: () => {
                  setFilter(filter.id, choice.value);
                  drawFilters();
                },
              },
            },
            clean(choice.label, 40),
            choice.count === undefined ? null : h('span', { class: 'tab-count' }, choice.count),
          ),
        ),
      );
    }
    return h(
      'label',
      { class: 'select' },
      h('span', { class: 'sr-only' }, filter.label),
      h(
        'select',
        { 'data-value': 'select', on: { change: (event) => setFilter(filter.id, event.target.value) } },
        choices.map((choice) =>
          h(
            'option',
            { value: choice.value, selected: values[filter.id] === choice.value },
            clean(choice.label, 60),
          ),
        ),
      ),
    );
  }

  /** @param {boolean} [mark] highlight rows that are new */
  function drawRows(mark = true) {
    const held = store.get(options.main);
    if (held.data === null) return;
    const all = rowsOf(held.data);
    const shown = all.filter((/** @type {any} */ row) => options.matches(row, values));
    const noun = options.what.replace(/s$/, '');
    count.textContent =
      shown.length === all.length
        ? plural(all.length, noun)
        : `${digits(shown.length)} of ${plural(all.length, noun)}`;
    table.setRows(shown, { mark });
  }

  /** @param {boolean} moved */
  function draw(moved) {
    const held = store.get(options.main);
    const reload = () => void store.load(options.main);
    fill(stale, staleBar(held, reload));
    const ready = held.data !== null;
    table.element.hidden = !ready;
    filterBar.hidden = !ready;
    count.hidden = !ready;
    fill(
      status,
      ready
        ? null
        : held.phase === 'error' && held.error
          ? errorState(held.error, reload)
          : loadingState(options.what),
    );
    options.above?.(above);
    if (ready) {
      drawFilters();
      drawRows();
    }
    drawDetail(moved);
  }

  /** @param {boolean} moved the user has just opened or closed it */
  function drawDetail(moved) {
    const data = store.get(options.main).data;
    const row =
      openId && data !== null
        ? rowsOf(data).find((/** @type {any} */ one) => options.table.key(one) === openId)
        : null;
    table.select(openId);
    element.classList.toggle('has-detail', openId !== '');
    if (openId === '') {
      const had = panel.contains(document.activeElement);
      panel.hidden = true;
      panel.replaceChildren();
      if (moved && had) table.focus();
      openRow = null;
      return;
    }
    if (!moved && !panel.hidden && row === openRow) return;
    if (data === null) return;
    openRow = row ?? null;
    const scroll = moved ? 0 : panel.scrollTop;
    const content = (row ? options.detail(openId, row) : null) ?? options.missing(openId);
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
    panel.scrollTop = scroll;
    if (moved) panel.querySelector('h2')?.focus({ preventScroll: true });
  }

  const closeHref = () => routeTo([options.segment], values);

  /** @param {KeyboardEvent} event */
  function onPanelKey(event) {
    if (event.key === 'Escape' && !event.defaultPrevented) location.hash = closeHref();
  }

  const stop = store.subscribe([...new Set([options.main, ...options.resources])], () => draw(false));
  for (const name of new Set([options.main, ...options.resources]))
    if (store.get(name).phase === 'idle') void store.load(name);

  return {
    element,
    update(route) {
      const given = options.filters.filter((filter) => route.query.has(filter.id));
      for (const filter of given) values[filter.id] = route.query.get(filter.id) ?? '';
      const next = route.path[1] ?? '';
      const moved = next !== openId;
      openId = next;
      draw(moved);
    },
    destroy() {
      stop();
      table.destroy();
    },
  };
}

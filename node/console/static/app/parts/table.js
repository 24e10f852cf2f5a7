// A table that stays fast with many rows: only the rows in view exist. Rows are links, so that each has an address;
// arrow keys, Page Up/Down, Home and End move between them. It must not know what a row means.

import { fill, h } from '../dom.js';

/** Rows drawn beyond each edge of the view, so that quick scrolling shows no gaps. */
const OVERSCAN = 8;
/** Rows taken as one page by Page Up and Page Down. */
const PAGE_ROWS = 10;
/** Rows before the last one at which more are asked for, so that scrolling meets no end. */
const END_ROWS = 30;

/**
 * @template R
 * @typedef {{ id: string, title: string, cell: (row: R) => import('../dom.js').Child | import('../dom.js').Child[], sort?: (row: R) => string | number | bigint, numeric?: boolean }} Column
 */
/**
 * @template R
 * @typedef {{ name: string, label: string, columns: Column<R>[], key: (row: R) => string, href: (row: R) => string,
 *   scroller: HTMLElement, empty: () => Node, sort?: { id: string, down: boolean }, tone?: (row: R) => string,
 *   onEnd?: () => void }} TableOptions
 */

/** @template R @param {TableOptions<R>} options */
export function createTable(options) {
  const { columns, key, scroller } = options;
  /** @type {R[]} */
  let given = [];
  /** @type {R[]} */
  let rows = [];
  let sort = options.sort ?? null;
  let selected = '';
  let current = 0;
  /** Keys seen before; a row that was not is marked once. @type {Set<string> | null} */
  let known = null;
  /** @type {Set<string>} */
  let fresh = new Set();
  /** @type {Map<string, { row: R, index: number, element: HTMLElement }>} */
  let drawn = new Map();
  let rowHeight = 0;
  let frame = 0;
  /** Rows that there are, also those that were not read yet. */
  let total = 0;

  const head = h('div', { role: 'row', class: 'row row-head' });
  const body = h('div', { role: 'rowgroup', class: 'table-body', on: { keydown: onKey, focusin: onFocus } });
  const empty = h('div', { class: 'table-empty' });
  const element = h(
    'div',
    { class: `table table-${options.name}` },
    h(
      'div',
      { role: 'grid', class: 'grid', 'aria-label': options.label, 'aria-readonly': 'true' },
      h('div', { role: 'rowgroup', class: 'table-head' }, head),
      body,
    ),
    empty,
  );
  const grid = /** @type {HTMLElement} */ (element.firstElementChild);

  function drawHead() {
    fill(
      head,
      columns.map((column) => {
        const active = sort?.id === column.id;
        const aria = active ? (sort?.down ? 'descending' : 'ascending') : null;
        const name = column.sort
          ? h(
              'button',
              {
                type: 'button',
                class: 'sort',
                'data-sort': column.id,
                on: { click: () => toggleSort(column.id) },
              },
              column.title,
              h(
                'span',
                { class: 'sort-sign', 'aria-hidden': 'true' },
                active ? (sort?.down ? '↓' : '↑') : '',
              ),
            )
          : column.title;
        return h(
          'div',
          {
            role: 'columnheader',
            class: [`cell cell-${column.id}`, column.numeric ? 'is-numeric' : ''],
            'aria-sort': aria,
          },
          name,
        );
      }),
    );
  }

  /** @param {string} id */
  function toggleSort(id) {
    sort = { id, down: sort?.id === id ? !sort.down : false };
    drawHead();
    arrange();
    /** @type {HTMLElement | null} */ (head.querySelector(`[data-sort="${CSS.escape(id)}"]`))?.focus();
  }

  function arrange() {
    const by = columns.find((column) => column.id === sort?.id)?.sort;
    rows = given;
    if (by) {
      rows = [...given];
      const values = new Map(given.map((row) => [row, by(row)]));
      const sign = sort?.down ? -1 : 1;
      rows.sort((a, b) => sign * compare(values.get(a), values.get(b)));
    }
    grid.setAttribute('aria-rowcount', String(Math.max(total, rows.length) + 1));
    grid.hidden = rows.length === 0;
    empty.hidden = rows.length > 0;
    if (rows.length === 0) fill(empty, options.empty());
    current = Math.min(Math.max(current, 0), Math.max(rows.length - 1, 0));
    draw(true);
  }

  function measure() {
    rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-h')) || 48;
  }

  /** Draws the rows in view. @param {boolean} [all] also those whose data may have changed */
  function draw(all = false) {
    if (!element.isConnected) return;
    if (rowHeight === 0) measure();
    body.style.height = `${rows.length * rowHeight}px`;
    const top = scroller.getBoundingClientRect().top - body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    const last = Math.min(rows.length, Math.ceil((top + scroller.clientHeight) / rowHeight) + OVERSCAN);
    const focused = body.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const next = new Map();
    for (let index = first; index < last; index += 1) {
      const row = /** @type {R} */ (rows[index]);
      const id = key(row);
      const old = drawn.get(id);
      const reuse = old && (!all || old.row === row);
      const entry = { row, index, element: reuse ? old.element : drawRow(row, id) };
      place(entry.element, index);
      next.set(id, entry);
    }
    const wanted = [...next.values()].map((entry) => entry.element);
    if (wanted.length !== body.children.length || wanted.some((one, index) => body.children[index] !== one))
      body.replaceChildren(...wanted);
    drawn = next;
    mark();
    if (rows.length > 0 && last >= rows.length - END_ROWS) options.onEnd?.();
    if (focused !== null && keyOf(document.activeElement) !== focused)
      link(focused)?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} line @param {number} index */
  function place(line, index) {
    line.setAttribute('aria-rowindex', String(index + 2));
    line.style.transform = `translateY(${index * rowHeight}px)`;
  }

  /** @param {R} row @param {string} id */
  function drawRow(row, id) {
    const tone = options.tone?.(row);
    return h(
      'div',
      {
        role: 'row',
        class: ['row', tone ? `row-${tone}` : '', fresh.has(id) ? 'is-fresh' : ''],
        'data-key': id,
      },
      columns.map((column, position) =>
        h(
          'div',
          { role: 'gridcell', class: [`cell cell-${column.id}`, column.numeric ? 'is-numeric' : ''] },
          position === 0
            ? h('a', { class: 'row-link', href: options.href(row), tabindex: '-1' }, column.cell(row))
            : column.cell(row),
        ),
      ),
    );
  }

  /** Only the current row can be reached with Tab; the selected one is marked. */
  function mark() {
    const currentKey = rows[current] === undefined ? '' : key(/** @type {R} */ (rows[current]));
    const reachable = drawn.has(currentKey) ? currentKey : drawn.keys().next().value;
    for (const [id, { element: line }] of drawn) {
      line.classList.toggle('is-selected', id === selected);
      const anchor = line.querySelector('.row-link');
      anchor?.setAttribute('tabindex', id === reachable ? '0' : '-1');
      if (id === selected) anchor?.setAttribute('aria-current', 'true');
      else anchor?.removeAttribute('aria-current');
    }
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + PAGE_ROWS,
      PageUp: current - PAGE_ROWS,
      Home: 0,
      End: rows.length - 1,
    };
    const target = moves[event.key];
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    focusRow(Math.min(Math.max(target, 0), rows.length - 1));
  }

  /** @param {FocusEvent} event */
  function onFocus(event) {
    const entry = drawn.get(keyOf(/** @type {Element} */ (event.target)) ?? '');
    if (!entry || entry.index === current) return;
    current = entry.index;
    mark();
  }

  /** @param {number} index */
  function focusRow(index) {
    if (rows.length === 0) return;
    current = index;
    reveal(index);
    draw();
    link(key(/** @type {R} */ (rows[index])))?.focus({ preventScroll: true });
  }

  /** Scrolls so that the row is wholly in view below the sticky head. @param {number} index */
  function reveal(index) {
    const view = scroller.getBoundingClientRect();
    const top = body.getBoundingClientRect().top + index * rowHeight;
    const ceiling = view.top + head.offsetHeight;
    if (top < ceiling) scroller.scrollTop -= ceiling - top;
    else if (top + rowHeight > view.bottom) scroller.scrollTop += top + rowHeight - view.bottom + 8;
  }

  /** @param {string} id @returns {HTMLElement | null} */
  const link = (id) => drawn.get(id)?.element.querySelector('.row-link') ?? null;

  const onScroll = () => {
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const observer = new ResizeObserver(() => {
    const before = rowHeight;
    measure();
    if (before !== rowHeight) drawn = new Map();
    draw();
  });

  drawHead();
  scroller.addEventListener('scroll', onScroll, { passive: true });
  observer.observe(element);
  observer.observe(scroller);

  return {
    element,
    /**
     * @param {R[]} next
     * @param {{ mark?: boolean, of?: number }} [options] mark: rows never seen before are highlighted once; of: rows there are in all
     */
    setRows(next, { mark: markNew = true, of = 0 } = {}) {
      total = of;
      const keys = next.map(key);
      fresh = known && markNew ? new Set(keys.filter((id) => !known?.has(id))) : new Set();
      known ??= new Set();
      for (const id of keys) known.add(id);
      given = next;
      arrange();
      fresh = new Set();
    },
    /** Draws the rows anew: names that they show have become known. */
    redraw() {
      drawn = new Map();
      draw(true);
    },
    /** @param {string} id marks the row whose detail is open */
    select(id) {
      selected = id;
      const index = rows.findIndex((row) => key(row) === id);
      if (index >= 0) current = index;
      mark();
    },
    /** Moves the focus to the selected or first row. */
    focus() {
      focusRow(current);
    },
    destroy() {
      scroller.removeEventListener('scroll', onScroll);
      observer.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}

/** @param {Element | null} element */
function keyOf(element) {
  return element?.closest('[data-key]')?.getAttribute('data-key') ?? null;
}

/** @param {any} a @param {any} b */
function compare(a, b) {
  if (typeof a === 'string' && typeof b === 'string')
    return a.localeCompare(b, 'en', { sensitivity: 'base', numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}

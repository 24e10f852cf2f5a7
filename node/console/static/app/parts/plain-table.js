// A small table with a caption, for rows that fit a page: the browser's own table, so that screen readers know their way in it.

import { h } from '../dom.js';

/**
 * @template R
 * @typedef {{ title: string, cell: (row: R) => import('../dom.js').Child | import('../dom.js').Child[], numeric?: boolean, wide?: boolean }} PlainColumn
 */

/**
 * The first column names its row.
 * @template R
 * @param {string} caption for those who do not see what stands above it
 * @param {PlainColumn<R>[]} columns
 * @param {R[]} rows
 */
export function plainTable(caption, columns, rows) {
  const classOf = (/** @type {PlainColumn<R>} */ column) => [
    column.numeric ? 'is-numeric' : '',
    column.wide ? 'is-wide' : '',
  ];
  return h(
    'div',
    { class: 'plain-table-box', role: 'region', 'aria-label': caption, tabindex: '0' },
    h(
      'table',
      { class: 'plain-table' },
      h('caption', { class: 'sr-only' }, caption),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map((column) => h('th', { scope: 'col', class: classOf(column) }, column.title)),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map((row) =>
          h(
            'tr',
            null,
            columns.map((column, index) => {
              const cell = column.cell(row);
              const children = Array.isArray(cell) ? cell : [cell];
              return index === 0
                ? h('th', { scope: 'row', class: classOf(column) }, ...children)
                : h('td', { class: classOf(column) }, ...children);
            }),
          ),
        ),
      ),
    ),
  );
}

// The bar of filters above a list: words, tabs with counts, and choices. It holds the values; the node does the filtering.

import { h } from '../dom.js';
import { clean, digits } from '../format.js';
import { icon } from './icons.js';

/**
 * @typedef {{ value: string, label: string, count?: number | undefined }} Choice
 * @typedef {{ id: string, label: string, kind: 'text' | 'tabs' | 'select', placeholder?: string, options?: (answer: any) => Choice[] }} Filter
 */

/**
 * @param {Filter[]} filters
 * @param {string} what is filtered
 * @param {(id: string, value: string, kind: Filter['kind']) => void} onChange by the user
 */
export function createFilters(filters, what, onChange) {
  /** @type {Record<string, string>} */
  const values = Object.fromEntries(filters.map((filter) => [filter.id, '']));
  const element = h('div', { class: 'filters', role: 'search', 'aria-label': `Filter ${what}` });

  /** @param {Filter} filter @param {string} value */
  const change = (filter, value) => {
    values[filter.id] = value;
    onChange(filter.id, value, filter.kind);
  };

  /** @param {Filter} filter @param {any} answer */
  function drawOne(filter, answer) {
    const value = values[filter.id] ?? '';
    if (filter.kind === 'text')
      return h(
        'label',
        { class: 'search' },
        h('span', { class: 'sr-only' }, filter.label),
        icon('find'),
        h('input', {
          type: 'search',
          value,
          placeholder: filter.placeholder,
          'data-search': true,
          autocomplete: 'off',
          spellcheck: 'false',
          maxlength: '200',
          on: { input: (event) => change(filter, event.target.value) },
        }),
      );
    const choices = filter.options?.(answer) ?? [];
    if (value !== '' && !choices.some((choice) => choice.value === value))
      choices.push({ value, label: value });
    if (filter.kind === 'tabs')
      return h(
        'div',
        { class: 'tabs', role: 'group', 'aria-label': filter.label },
        choices.map((choice) => {
          const tab = h(
            'button',
            {
              type: 'button',
              class: 'tab',
              'data-value': choice.value,
              'aria-pressed': String(value === choice.value),
              on: {
                click: () => {
                  for (const one of tab.parentElement?.children ?? [])
                    one.setAttribute('aria-pressed', String(one === tab));
                  change(filter, choice.value);
                },
              },
            },
            clean(choice.label, 40),
            choice.count === undefined ? null : h('span', { class: 'tab-count' }, digits(choice.count)),
          );
          return tab;
        }),
      );
    return h(
      'label',
      { class: 'select' },
      h('span', { class: 'sr-only' }, filter.label),
      h(
        'select',
        { 'data-value': 'select', on: { change: (event) => change(filter, event.target.value) } },
        choices.map((choice) =>
          h('option', { value: choice.value, selected: value === choice.value }, clean(choice.label, 60)),
        ),
      ),
    );
  }

  /** @type {Map<string, string>} what was drawn last, so that a control is not replaced under somebody's hand */
  const drawn = new Map();

  return {
    element,
    /** Only what is set. */
    given: () => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')),
    isSet: () => Object.values(values).some(Boolean),
    /** Takes the values of an address; true when they differ. @param {Record<string, string | undefined>} next */
    set(next) {
      let changed = false;
      for (const { id } of filters) {
        const value = next[id] ?? '';
        if (values[id] === value) continue;
        values[id] = value;
        changed = true;
      }
      return changed;
    },
    /** @param {any} answer of the list: it has the counts and the choices */
    draw(answer) {
      for (const filter of filters) {
        const old = element.querySelector(`[data-filter="${filter.id}"]`);
        // The field that has the focus is kept, so that typing is never interrupted by a live change.
        if (old && filter.kind === 'text') {
          const input = /** @type {HTMLInputElement} */ (old.querySelector('input'));
          if (input.value !== values[filter.id] && input !== document.activeElement)
            input.value = values[filter.id] ?? '';
          continue;
        }
        const sign = JSON.stringify([values[filter.id], filter.options?.(answer)]);
        if (drawn.get(filter.id) === sign) continue;
        drawn.set(filter.id, sign);
        const had = old?.contains(document.activeElement)
          ? document.activeElement?.getAttribute('data-value')
          : null;
        const next = h(
          'div',
          { class: `filter filter-${filter.kind}`, 'data-filter': filter.id },
          drawOne(filter, answer),
        );
        if (old) old.replaceWith(next);
        else element.append(next);
        if (had !== null && had !== undefined)
          /** @type {HTMLElement | null} */ (
            next.querySelector(`[data-value="${CSS.escape(had)}"]`)
          )?.focus();
      }
    },
  };
}

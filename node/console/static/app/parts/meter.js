// A score between 0 and 1 as a bar with its number. Drawn with attributes only, because the page allows no inline style.

import { h, s } from '../dom.js';

const WIDTH = 72;

/** @param {unknown} score @param {string} [what] it measures */
export function meter(score, what = 'Similarity') {
  const value = Math.min(1, Math.max(0, Number(score) || 0));
  return h(
    'span',
    { class: 'meter', title: `${what} ${value.toFixed(3)} of 1` },
    s(
      'svg',
      { viewBox: `0 0 ${WIDTH} 6`, width: WIDTH, height: 6, 'aria-hidden': 'true' },
      s('rect', { class: 'meter-track', width: WIDTH, height: 6, rx: 3 }),
      s('rect', {
        class: 'meter-fill',
        width: Math.max(value === 0 ? 0 : 3, Math.round(value * WIDTH)),
        height: 6,
        rx: 3,
      }),
    ),
    h('span', { class: 'sr-only' }, `${what} `),
    h('span', { class: 'meter-number' }, value.toFixed(2)),
  );
}

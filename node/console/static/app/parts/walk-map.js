// Draws the neighbourhood of a thing: its sources at the left, what was made with it at the right, and a line for each. The boxes are lists
// of links in the order of the page; the lines are decoration and say nothing that the lists do not.

import { h, s } from '../dom.js';
import { clean, digits, shorten } from '../format.js';

/** Neighbours drawn at each side; the statements below name all of them. */
const SIDE_MAX = 12;

/** @param {import('./walk.js').Around} around @param {(id: string) => string} hrefOf */
export function walkMap(around, hrefOf) {
  const lines = s('svg', { class: 'walk-lines', 'aria-hidden': 'true' });
  const middle = h(
    'div',
    { class: 'walk-self', 'data-side': 'self' },
    h('span', { class: 'walk-kind' }, clean(around.label, 40)),
    h('code', null, shorten(around.self, 14, 6)),
  );
  const left = side('Came from', 'Nothing is known that it came from.', around.sources, hrefOf, 'sources');
  const right = side('Made with it', 'Nothing is known that was made with it.', around.uses, hrefOf, 'uses');
  const element = h('div', { class: 'walk' }, lines, left, middle, right);
  const draw = () => {
    const box = element.getBoundingClientRect();
    const self = middle.getBoundingClientRect();
    lines.setAttribute('viewBox', `0 0 ${Math.max(box.width, 1)} ${Math.max(box.height, 1)}`);
    const stacked = left.getBoundingClientRect().bottom <= self.top;
    lines.replaceChildren(
      ...[...element.querySelectorAll('[data-walk]')].map((item) => {
        const at = item.getBoundingClientRect();
        const isSource = item.getAttribute('data-walk') === 'sources';
        const y = at.top + at.height / 2 - box.top;
        const mid = self.top + self.height / 2 - box.top;
        const [x1, x2] = isSource
          ? [at.right - box.left, self.left - box.left]
          : [self.right - box.left, at.left - box.left];
        const [y1, y2] = isSource ? [y, mid] : [mid, y];
        const bend = (x2 - x1) / 2;
        return s('path', {
          class: 'walk-line',
          d: stacked ? '' : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
        });
      }),
    );
  };
  new ResizeObserver(draw).observe(element);
  return element;
}

/** @param {string} title @param {string} none @param {import('./walk.js').Neighbour[]} neighbours @param {(id: string) => string} hrefOf @param {string} name */
function side(title, none, neighbours, hrefOf, name) {
  return h(
    'section',
    { class: `walk-side walk-${name}` },
    h('h2', null, title),
    neighbours.length === 0
      ? h('p', { class: 'muted' }, none)
      : h(
          'ul',
          null,
          neighbours.slice(0, SIDE_MAX).map(({ id, label, verdict, words }) =>
            h(
              'li',
              null,
              h(
                'a',
                {
                  class: ['walk-item', verdict === 'reject' ? 'is-rejected' : ''],
                  href: hrefOf(id),
                  'data-walk': name,
                },
                h('span', { class: 'walk-words' }, words, verdict === 'reject' ? ', refused here' : ''),
                h('span', { class: 'walk-kind' }, clean(label, 40)),
                h('code', null, shorten(id.replace(/^sha256:/, ''), 10, 6)),
              ),
            ),
          ),
        ),
    neighbours.length > SIDE_MAX
      ? h(
          'p',
          { class: 'muted' },
          `and ${digits(neighbours.length - SIDE_MAX)} more, in the statements below`,
        )
      : null,
  );
}

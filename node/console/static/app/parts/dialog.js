// A modal question with one action. The browser's own dialog element keeps the focus inside and closes on Escape.

import { fill, h } from '../dom.js';
import { button } from './bits.js';
import { errorState } from './states.js';

/** `stay` keeps it open after the action, which then shows its result inside. @param {{ title: string, body: Node[], action: string, danger?: boolean, stay?: boolean, run: () => Promise<void> }} options */
export function openDialog({ title, body, action, danger = false, stay = false, run }) {
  const problem = h('div');
  const go = h(
    'button',
    { type: 'submit', class: `button ${danger ? 'button-danger' : 'button-main'}` },
    action,
  );
  const form = h(
    'form',
    {
      on: {
        submit: async (event) => {
          event.preventDefault();
          go.disabled = true;
          fill(problem);
          try {
            await run();
            if (!stay) dialog.close();
          } catch (error) {
            fill(problem, errorState(/** @type {import('../api.js').ApiError} */ (error)));
          } finally {
            go.disabled = false;
          }
        },
      },
    },
    h('h2', { id: 'dialog-title' }, title),
    ...body,
    problem,
    h(
      'div',
      { class: 'dialog-actions' },
      button(stay ? 'Close' : 'Cancel', { on: { click: () => dialog.close() } }),
      go,
    ),
  );
  const dialog = h(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'dialog-title', on: { close: () => dialog.remove() } },
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
}

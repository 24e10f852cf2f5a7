// Asks for the node's token when the tab has none, or when the node refused the one it had.

import { h } from './dom.js';
import { keepToken } from './session.js';

/** @param {{ refused: boolean, onToken: () => void }} options */
export function signInView({ refused, onToken }) {
  const input = h('input', {
    type: 'password',
    id: 'token',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    placeholder: 'Paste the token',
  });
  const problem = h('p', { class: 'form-problem', role: 'alert' });
  return h(
    'div',
    { class: 'view view-sign-in' },
    h(
      'form',
      {
        class: 'panel sign-in',
        on: {
          submit: (event) => {
            event.preventDefault();
            if (keepToken(input.value)) onToken();
            else
              problem.textContent = 'That is not a token: it has 8 to 512 visible characters and no spaces.';
          },
        },
      },
      h(
        'h1',
        { id: 'view-title', tabindex: '-1' },
        refused ? 'The node refused this token' : 'Open the console of a node',
      ),
      h(
        'p',
        null,
        refused
          ? 'A node makes a new token when its data folder is new. Use the address that it printed at its last start.'
          : 'The easiest way is the address that the node prints when it starts: it carries the token and opens this page.',
      ),
      h('pre', null, 'npm start            # a network of five nodes\nzerostate up         # one node'),
      h('label', { for: 'token' }, 'Or paste the token; it is kept in this tab only'),
      h(
        'div',
        { class: 'sign-in-row' },
        input,
        h('button', { type: 'submit', class: 'button button-main' }, 'Open'),
      ),
      problem,
    ),
  );
}

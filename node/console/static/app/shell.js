// The frame around the views: the mark, the navigation, the state of the live connection, this node, the theme.

import { fill, h, s } from './dom.js';
import { clean, shorten } from './format.js';
import { button } from './parts/bits.js';
import { icon } from './parts/icons.js';

const VIEWS = /** @type {const} */ ([
  ['network', 'Network'],
  ['find', 'Find'],
  ['cards', 'Cards'],
  ['receipts', 'Receipts'],
  ['log', 'Log'],
  ['revocations', 'Revocations', 'Revoked'],
  ['routing', 'Routing'],
]);
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/** @param {import('./main.js').Context & { signOut: () => void }} ctx @param {HTMLElement} host */
export function mountShell(ctx, host) {
  const { store, live } = ctx;
  const links = new Map(
    VIEWS.map(([id, title, short]) => [
      id,
      h(
        'a',
        { href: `#/${id}`, class: 'nav-link' },
        icon(id),
        h('span', { class: short ? 'nav-text nav-long' : 'nav-text' }, title),
        short ? h('span', { class: 'nav-text nav-short' }, short) : null,
        h('span', { class: 'nav-count' }),
      ),
    ]),
  );
  const link = h('div', { class: 'live' });
  const self = h('div', { class: 'self' });
  const theme = h('button', { type: 'button', class: 'side-button', on: { click: nextTheme } });
  let timer = 0;

  fill(
    host,
    h(
      'a',
      { class: 'mark', href: '#/network', 'aria-label': 'zerostate, to the network view' },
      s(
        'svg',
        { viewBox: '0 0 32 32', 'aria-hidden': 'true' },
        s('rect', { width: 32, height: 32, rx: 8, class: 'mark-ground' }),
        s('circle', { cx: 16, cy: 16, r: 7.5, class: 'mark-line' }),
        s('path', { d: 'M8.5 23.5l15-15', class: 'mark-line' }),
      ),
      h('span', null, 'zerostate'),
    ),
    h('nav', { class: 'nav', 'aria-label': 'Views' }, [...links.values()]),
    h(
      'div',
      { class: 'side-foot' },
      link,
      self,
      h(
        'div',
        { class: 'side-tools' },
        theme,
        h(
          'button',
          {
            type: 'button',
            class: 'side-button',
            title: 'Forget the token of this tab',
            on: { click: ctx.signOut },
          },
          'Sign out',
        ),
      ),
    ),
  );

  function drawLive() {
    clearTimeout(timer);
    const state = live.state();
    const seconds = state.retryAt === null ? 0 : Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
    const words = {
      connecting: 'Connecting',
      live: 'Live',
      waiting: seconds > 0 ? `Offline, retry in ${seconds} s` : 'Offline, retrying',
      refused: 'Token refused',
      stopped: 'Paused',
    }[state.phase];
    // The attempt that follows a failure is part of being offline; a flicker of "Connecting" would say less.
    const shown = state.phase === 'connecting' && state.attempt > 0 ? 'Offline, retrying' : words;
    const tone =
      state.phase === 'live' ? 'ok' : state.phase === 'connecting' && state.attempt === 0 ? 'wait' : 'bad';
    fill(
      link,
      h(
        'span',
        {
          class: `live-state live-${tone}`,
          role: 'status',
          title: state.error ? clean(state.error.message, 200) : '',
        },
        h('span', { class: 'live-dot', 'aria-hidden': 'true' }),
        h('span', { class: 'live-text' }, shown),
      ),
      state.phase === 'waiting'
        ? button('Retry now', { class: 'button button-small', on: { click: live.start } })
        : null,
    );
    document.documentElement.dataset.link = state.phase;
    if (state.phase === 'waiting') timer = window.setTimeout(drawLive, 500);
  }

  function drawSelf() {
    const node = store.get('node').data;
    fill(
      self,
      node
        ? [
            h('strong', null, clean(node.name, 40)),
            h('span', { class: 'muted' }, clean(node.region, 40)),
            h('code', { title: clean(node.peerId, 120) }, shorten(node.peerId, 8, 6)),
          ]
        : null,
    );
    document.title = `${titleOf()}${node ? ` · ${clean(node.name, 40)}` : ''} · zerostate`;
  }

  function drawCounts() {
    for (const id of /** @type {const} */ (['cards', 'receipts', 'revocations'])) {
      const rows = store.get(id).data;
      const place = links.get(id)?.querySelector('.nav-count');
      if (place) place.textContent = Array.isArray(rows) ? String(rows.length) : '';
    }
  }

  function drawTheme() {
    const current = document.documentElement.dataset.theme ?? 'auto';
    fill(theme, icon('theme'), h('span', null, `Theme: ${current}`));
  }

  function nextTheme() {
    const current = /** @type {typeof THEMES[number]} */ (document.documentElement.dataset.theme ?? 'auto');
    const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? 'auto';
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('zerostate.theme', next);
    } catch {
      // Storage may be denied; the choice then holds until the page is left.
    }
    drawTheme();
  }

  let active = '';
  const titleOf = () => VIEWS.find(([id]) => id === active)?.[1] ?? 'Console';

  live.subscribe(drawLive);
  store.subscribe(['node'], drawSelf);
  store.subscribe(['cards', 'receipts', 'revocations'], drawCounts);
  drawLive();
  drawTheme();
  drawCounts();
  drawSelf();

  return {
    /** @param {string} id the view that is shown */
    setActive(id) {
      active = id;
      for (const [name, element] of links) {
        if (name === id) element.setAttribute('aria-current', 'page');
        else element.removeAttribute('aria-current');
      }
      drawSelf();
    },
  };
}

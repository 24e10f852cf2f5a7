// The frame around the views: the mark, the navigation, the state of the live connection, this node, the theme.

import { fill, h, s } from './dom.js';
import { clean, digits, shorten } from './format.js';
import { button } from './parts/bits.js';
import { icon } from './parts/icons.js';

/** The views, in groups by what one comes for. */
const GROUPS = /** @type {const} */ ([
  [
    'Network',
    [
      ['network', 'Map'],
      ['peers', 'Peers'],
      ['routing', 'Routing'],
      ['health', 'Health'],
    ],
  ],
  [
    'Agents',
    [
      ['find', 'Find'],
      ['cards', 'Cards'],
      ['reputation', 'Reputation'],
      ['partners', 'Partners'],
    ],
  ],
  [
    'Work',
    [
      ['tasks', 'Tasks'],
      ['receipts', 'Receipts'],
    ],
  ],
  [
    'Evidence',
    [
      ['provenance', 'Provenance'],
      ['log', 'Log'],
      ['witnesses', 'Witnesses'],
      ['revocations', 'Revocations'],
      ['quarantine', 'Quarantine'],
      ['freshness', 'Freshness'],
    ],
  ],
]);
const VIEWS = GROUPS.flatMap(([, views]) => [...views]);
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/** @param {import('./main.js').Context & { signOut: () => void }} ctx @param {HTMLElement} host */
export function mountShell(ctx, host) {
  const { store, live } = ctx;
  const links = new Map(
    VIEWS.map(([id, title]) => [
      /** @type {string} */ (id),
      h(
        'a',
        { href: `#/${id}`, class: 'nav-link', on: { click: () => openMenu(false) } },
        icon(id),
        h('span', { class: 'nav-text' }, title),
        h('span', { class: 'nav-count' }),
      ),
    ]),
  );
  const link = h('div', { class: 'live' });
  const self = h('div', { class: 'self' });
  const theme = h('button', { type: 'button', class: 'side-button', on: { click: nextTheme } });
  let timer = 0;
  // In a narrow window the views are behind a button; in a wide one the button is not there.
  const menu = h(
    'button',
    {
      type: 'button',
      class: 'menu',
      'aria-expanded': 'false',
      'aria-controls': 'nav',
      on: { click: () => openMenu(nav.dataset.open !== 'yes') },
    },
    icon('menu'),
    h('span', null, 'Views'),
  );
  const nav = h(
    'nav',
    {
      class: 'nav',
      id: 'nav',
      'aria-label': 'Views',
      on: {
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== 'Escape' || nav.dataset.open !== 'yes') return;
          openMenu(false);
          menu.focus();
        },
      },
    },
    GROUPS.map(([title, views], index) =>
      h(
        'div',
        { class: 'nav-group', role: 'group', 'aria-labelledby': `nav-group-${index}` },
        h('p', { class: 'nav-title', id: `nav-group-${index}` }, title),
        views.map(([id]) => /** @type {HTMLElement} */ (links.get(id))),
      ),
    ),
  );

  /** @param {boolean} open */
  function openMenu(open) {
    nav.dataset.open = open ? 'yes' : 'no';
    menu.setAttribute('aria-expanded', String(open));
  }

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
    menu,
    nav,
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
    for (const id of /** @type {const} */ (['cards', 'tasks', 'receipts', 'revocations'])) {
      const total = store.get(id).data?.total;
      const place = links.get(id)?.querySelector('.nav-count');
      if (place) place.textContent = total === undefined ? '' : digits(total);
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
  const titleOf = () =>
    active === 'network' ? 'Network' : (VIEWS.find(([id]) => id === active)?.[1] ?? 'Console');

  live.subscribe(drawLive);
  store.subscribe(['node'], drawSelf);
  store.subscribe(['cards', 'tasks', 'receipts', 'revocations'], drawCounts);
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

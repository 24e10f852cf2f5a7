// Starts the console: takes the token, opens the live connection, and shows the view that the address names.

import { fill } from './dom.js';
import { shorten } from './format.js';
import { createLive } from './live.js';
import { refreshTimes } from './parts/bits.js';
import { parseRoute } from './router.js';
import { currentToken, forgetToken, takeTokenFromFragment } from './session.js';
import { mountShell } from './shell.js';
import { signInView } from './sign-in.js';
import { createStore } from './store.js';
import { mountCards } from './views/cards.js';
import { mountFind } from './views/find.js';
import { mountFreshness } from './views/freshness.js';
import { mountHealth } from './views/health.js';
import { mountLog } from './views/log.js';
import { mountNetwork } from './views/network.js';
import { mountPartners } from './views/partners.js';
import { mountPeers } from './views/peers.js';
import { mountProvenance } from './views/provenance.js';
import { mountQuarantine } from './views/quarantine.js';
import { mountReceipts } from './views/receipts.js';
import { mountReputation } from './views/reputation.js';
import { mountRevocations } from './views/revocations.js';
import { mountRouting } from './views/routing.js';
import { mountTasks } from './views/tasks.js';
import { mountTrust } from './views/trust.js';
import { mountWitnesses } from './views/witnesses.js';

/** How often relative times are rewritten, in ms. */
const TIMES_MS = 5000;
/** What the frame and the first view need. */
const FIRST = /** @type {const} */ ([
  'node',
  'network',
  'cards',
  'receipts',
  'tasks',
  'logs',
  'revocations',
  'routing',
]);
/** How often the network is read again, in ms: round-trip times change without an event. */
const NETWORK_MS = 15_000;

/**
 * @typedef {{ element: HTMLElement, update: (route: import('./api.js').Route) => void, destroy: () => void, focus?: () => void }} View
 * @typedef {{ store: import('./store.js').Store, live: import('./live.js').Live, announce: (words: string) => void, nodeName: (peerId: string) => string }} Context
 */

/** @type {Record<string, (ctx: Context) => View>} */
const MOUNTS = {
  network: mountNetwork,
  peers: mountPeers,
  routing: mountRouting,
  health: mountHealth,
  find: mountFind,
  cards: mountCards,
  trust: mountTrust,
  reputation: mountReputation,
  partners: mountPartners,
  tasks: mountTasks,
  receipts: mountReceipts,
  provenance: mountProvenance,
  log: mountLog,
  witnesses: mountWitnesses,
  revocations: mountRevocations,
  quarantine: mountQuarantine,
  freshness: mountFreshness,
};

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const side = /** @type {HTMLElement} */ (document.getElementById('side'));
const announcer = /** @type {HTMLElement} */ (document.getElementById('announcer'));

const store = createStore();
const live = createLive(store);
/** @type {Context} */
const ctx = {
  store,
  live,
  announce: (words) => {
    announcer.textContent = words;
  },
  nodeName: (peerId) =>
    store.get('network').data?.nodes.find((/** @type {any} */ node) => node.peerId === peerId)?.name ??
    shorten(peerId, 8, 6),
};

/** @type {ReturnType<typeof mountShell> | null} */
let shell = null;
/** @type {{ id: string, view: View } | null} */
let shown = null;

function showRoute() {
  if (takeTokenFromFragment()) restart();
  if (!currentToken()) {
    showSignIn(false);
    return;
  }
  const route = parseRoute(location.hash);
  const asked = route.path[0] ?? '';
  const id = Object.hasOwn(MOUNTS, asked) ? asked : 'network';
  if (shown?.id !== id) {
    const first = shown === null;
    shown?.view.destroy();
    const view = /** @type {(ctx: Context) => View} */ (MOUNTS[id])(ctx);
    shown = { id, view };
    fill(main, view.element);
    if (view.focus) view.focus();
    else if (!first) main.querySelector('h1')?.focus({ preventScroll: true });
  }
  // A trust card belongs to the cards: it has no place of its own in the navigation.
  shell?.setActive(id === 'trust' ? 'cards' : id);
  shown.view.update(route);
}

/** @param {boolean} refused */
function showSignIn(refused) {
  live.stop();
  store.clear();
  shown?.view.destroy();
  shown = null;
  document.documentElement.dataset.signedIn = 'no';
  fill(
    main,
    signInView({
      refused,
      onToken: () => {
        restart();
        showRoute();
      },
    }),
  );
  main.querySelector('input')?.focus();
}

/** Begins anew with the token that the tab holds now. */
function restart() {
  shown?.view.destroy();
  shown = null;
  store.clear();
  document.documentElement.dataset.signedIn = 'yes';
  shell ??= mountShell(
    {
      ...ctx,
      signOut: () => {
        forgetToken();
        showSignIn(false);
      },
    },
    side,
  );
  for (const name of FIRST) void store.load(name);
  live.start();
}

live.subscribe(() => {
  if (live.state().phase === 'refused' && currentToken()) {
    forgetToken();
    showSignIn(true);
  }
});
window.addEventListener('hashchange', showRoute);
document.getElementById('skip-link')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = /** @type {HTMLInputElement | null} */ (main.querySelector('[data-search]'));
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
setInterval(() => refreshTimes(document), TIMES_MS);
setInterval(() => {
  if (document.visibilityState !== 'visible' || live.state().phase !== 'live') return;
  store.reloadSoon('network');
  store.reloadSoon('routing');
}, NETWORK_MS);

const arrived = takeTokenFromFragment();
if (arrived || currentToken()) restart();
showRoute();

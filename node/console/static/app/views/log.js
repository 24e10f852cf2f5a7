// The log view: this node's head and signed checkpoint, its newest entries, and the heads of the other origins it knows.

import { fill, h } from '../dom.js';
import { clean, digits, entryKind, shorten } from '../format.js';
import { badge, codeBlock, fields, identifier, section, text, when } from '../parts/bits.js';
import { emptyState, errorState, loadingState, staleBar } from '../parts/states.js';
import { createTable } from '../parts/table.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').LogEntry} LogEntry @typedef {import('../api.js').LogHead} LogHead */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountLog(ctx) {
  const { store } = ctx;
  const element = h('div', { class: 'view view-log' });
  const head = h('div', { class: 'log-head' });
  const stale = h('div');
  const entriesState = h('div');
  const originsState = h('div');
  const count = h('p', { class: 'count' });
  const known = h('p', { class: 'count' });
  const entries = createTable({
    name: 'entries',
    label: 'Newest entries of this log',
    scroller: element,
    key: (/** @type {LogEntry} */ entry) => String(entry.index),
    href: entryHref,
    empty: () =>
      emptyState(
        'The log is empty.',
        'Its first entry is written when an agent of this node publishes a card.',
      ),
    columns: [
      {
        id: 'what',
        title: 'Entry',
        cell: (entry) => [
          h('strong', null, entryKind(entry.predicateType)),
          h('span', { class: 'sub' }, h('code', null, shorten(entry.statementId, 14, 8))),
        ],
      },
      {
        id: 'index',
        title: 'Index',
        numeric: true,
        sort: (entry) => entry.index,
        cell: (entry) => digits(entry.index),
      },
      {
        id: 'issuer',
        title: 'Issuer',
        sort: (entry) => issuerName(ctx, entry.issuer),
        cell: (entry) => text(issuerName(ctx, entry.issuer), 60),
      },
      { id: 'at', title: 'Added', cell: (entry) => when(entry.at) },
    ],
  });
  const origins = createTable({
    name: 'origins',
    label: 'Logs of the other origins',
    scroller: element,
    key: (/** @type {LogHead} */ log) => log.origin,
    href: (log) => routeTo(['network', log.peerId]),
    empty: () =>
      emptyState('No other log is known yet.', 'Heads arrive when this node is connected to others.'),
    sort: { id: 'name', down: false },
    columns: [
      {
        id: 'name',
        title: 'Node',
        sort: (log) => String(log.name),
        cell: (log) => [
          h('strong', null, text(log.name || shorten(log.peerId), 60)),
          h('span', { class: 'sub' }, h('code', null, shorten(log.origin, 22, 8))),
        ],
      },
      { id: 'size', title: 'Size', numeric: true, sort: (log) => log.size, cell: (log) => digits(log.size) },
      { id: 'root', title: 'Root', cell: (log) => h('code', null, shorten(log.root, 10, 6)) },
      { id: 'at', title: 'Seen', sort: (log) => Date.parse(log.at) || 0, cell: (log) => when(log.at) },
    ],
  });
  element.append(
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        h('h1', { id: 'view-title', tabindex: '-1' }, 'Log'),
        h(
          'p',
          { class: 'lead' },
          'Everything this node has stated, in one append-only tree that others can check.',
        ),
      ),
    ),
    stale,
    head,
    h(
      'div',
      { class: 'log-columns' },
      h('section', null, h('h2', null, 'Newest entries'), count, entriesState, entries.element),
      h('section', null, h('h2', null, 'Other origins'), known, originsState, origins.element),
    ),
  );

  const drawLog = () => {
    const held = store.get('log');
    const retry = () => void store.load('log');
    fill(stale, staleBar(held, retry));
    const log = /** @type {import('../api.js').LogView | null} */ (held.data);
    entries.element.hidden = log === null;
    if (log === null) {
      fill(entriesState, held.error ? errorState(held.error, retry) : loadingState('the log'));
      return;
    }
    fill(entriesState);
    fill(head, headCard(log));
    count.textContent =
      log.entries.length < log.size
        ? `The newest ${log.entries.length} of ${digits(log.size)}`
        : `${digits(log.size)} in all`;
    entries.setRows(log.entries);
  };
  const drawOrigins = () => {
    const held = store.get('logs');
    origins.element.hidden = held.data === null;
    if (held.data === null)
      fill(
        originsState,
        held.error
          ? errorState(held.error, () => void store.load('logs'))
          : loadingState('the other origins'),
      );
    else {
      fill(originsState);
      const others = held.data.filter((/** @type {LogHead} */ log) => !log.self);
      known.textContent = `${digits(others.length)} known`;
      origins.setRows(others);
    }
  };
  const stops = [store.subscribe(['log', 'cards'], drawLog), store.subscribe(['logs'], drawOrigins)];
  return {
    element,
    update() {
      if (store.get('log').phase === 'idle') void store.load('log');
      if (store.get('logs').phase === 'idle') void store.load('logs');
      drawLog();
      drawOrigins();
    },
    destroy() {
      for (const stop of stops) stop();
      entries.destroy();
      origins.destroy();
    },
  };
}

/** @param {import('../api.js').LogView} log */
function headCard(log) {
  return h(
    'div',
    { class: 'panel log-card' },
    section(
      'Head',
      fields([
        ['Size', h('span', { class: 'figure' }, digits(log.size))],
        ['Root', identifier(log.root, 'root', { head: 12, tail: 8 })],
        ['Origin', identifier(log.origin, 'origin', { head: 22, tail: 8 })],
      ]),
    ),
    h(
      'section',
      { class: 'block' },
      h('h3', null, 'Signed checkpoint ', badge('plain', 'C2SP tlog-checkpoint')),
      log.checkpoint
        ? codeBlock(clean(log.checkpoint, 4000), 'checkpoint')
        : h('p', { class: 'muted' }, 'None yet. The first is signed with the first entry.'),
    ),
  );
}

/** @param {LogEntry} entry */
function entryHref(entry) {
  const kind = entryKind(entry.predicateType);
  if (kind === 'execution receipt') return routeTo(['receipts', entry.statementId]);
  if (kind === 'revocation') return routeTo(['revocations', entry.statementId]);
  if (kind === 'agent card' || kind === 'card event') return routeTo(['cards', entry.issuer]);
  return routeTo(['log', String(entry.index)]);
}

/** @param {import('../main.js').Context} ctx @param {string} issuer */
function issuerName(ctx, issuer) {
  const card = (ctx.store.get('cards').data ?? []).find(
    (/** @type {import('../api.js').CardView} */ one) => one.agentId === issuer,
  );
  return card?.name ?? shorten(issuer, 12, 6);
}

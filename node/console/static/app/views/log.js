// The log view: the head and signed checkpoint of a log, its entries from the newest back, and the heads of the other logs held here.
// `#/log` is this node's own; `#/log/<peer id>` is that of another.

import { ApiError, apiGet } from '../api.js';
import { fill, h } from '../dom.js';
import { clean, digits, entryKind, shorten } from '../format.js';
import { badge, codeBlock, fields, identifier, pageSection, text, when } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { emptyState, errorState, loadingState, staleBar } from '../parts/states.js';
import { createTable } from '../parts/table.js';
import { routeTo } from '../router.js';

/** Entries of one page. */
const PAGE_ENTRIES = 100;

/** @typedef {import('../api.js').LogEntry} LogEntry @typedef {import('../api.js').LogHead} LogHead */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountLog(ctx) {
  const { store } = ctx;
  /** Peer id of another node whose log is shown; empty: the own one. */
  let whose = '';
  /** @type {{ log: import('../api.js').LogView | null, error: ApiError | null, at: number }} */
  let held = { log: null, error: null, at: 0 };
  /** @type {AbortController | null} */
  let running = null;
  const lead = h('p', { class: 'lead' });
  const element = h('div', { class: 'view view-log' });
  const head = h('div', { class: 'log-head' });
  const stale = h('div');
  const entriesState = h('div');
  const originsState = h('div');
  const count = h('p', { class: 'count' });
  const known = h('p', { class: 'count' });
  const entries = createTable({
    name: 'entries',
    label: 'Entries of this log, the newest first',
    onEnd: () => void more(),
    scroller: element,
    key: (/** @type {LogEntry} */ entry) => String(entry.index),
    href: entryHref,
    empty: () =>
      emptyState(
        'The log is empty.',
        'Its first entry is written when an agent of its node publishes a card: ',
        h('code', null, 'zerostate card publish examples/cards/word-counter.yaml'),
        '.',
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
        cell: (entry) => digits(entry.index),
      },
      {
        id: 'issuer',
        title: 'Issuer',
        cell: (entry) => text(entry.issuerName || shorten(entry.issuer, 12, 6), 60),
      },
      { id: 'at', title: 'Added', cell: (entry) => when(entry.at) },
    ],
  });
  const origins = createTable({
    name: 'origins',
    label: 'Logs of the other origins',
    scroller: element,
    key: (/** @type {LogHead} */ log) => log.origin,
    href: (log) => routeTo(['log', log.peerId]),
    empty: () =>
      emptyState(
        'No other log is known yet.',
        'Heads arrive when this node is connected to others: ',
        h('code', null, 'zerostate up --join ADDRESS'),
        '.',
      ),
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
      h('div', null, h('h1', { id: 'view-title', tabindex: '-1' }, 'Log'), lead),
    ),
    stale,
    head,
    h(
      'div',
      { class: 'log-columns' },
      h('section', null, h('h2', null, 'Entries'), count, entriesState, entries.element),
      h('section', null, h('h2', null, 'Other logs held here'), known, originsState, origins.element),
    ),
  );

  /** @param {number} before @param {AbortSignal} signal @returns {Promise<import('../api.js').LogView>} */
  const fetchPage = (before, signal) =>
    apiGet(
      `/v1/log?${new URLSearchParams({ log: whose, limit: String(PAGE_ENTRIES), before: String(before) })}`,
      { signal },
    );

  /** Reads the newest page, or the one before an entry; one reading at a time. @param {number} before */
  const read = async (before) => {
    running?.abort();
    const abort = new AbortController();
    running = abort;
    try {
      const log = await fetchPage(before, abort.signal);
      if (running !== abort) return;
      const old = held.log?.entries ?? [];
      const kept = before > 0 ? old : [];
      const beyond = before > 0 ? [] : old.filter(({ index }) => index < (log.entries.at(-1)?.index ?? 0));
      held = { log: { ...log, entries: [...kept, ...log.entries, ...beyond] }, error: null, at: Date.now() };
    } catch (error) {
      if (running !== abort) return;
      held = {
        ...held,
        error:
          error instanceof ApiError ? error : new ApiError({ code: 'CONSOLE_FAULT', message: String(error) }),
      };
    }
    running = null;
    drawLog();
  };
  const more = async () => {
    const oldest = held.log?.entries.at(-1)?.index ?? 0;
    if (oldest > 0 && running === null && held.error === null) await read(oldest);
  };

  const drawLog = () => {
    const { at, error, log } = held;
    const retry = () => void read(0);
    fill(stale, staleBar({ phase: 'error', data: log, error, at }, retry));
    entries.element.hidden = log === null;
    fill(
      lead,
      whose === ''
        ? 'Everything this node has stated, in one append-only tree that others can check.'
        : [
            `Everything ${ctx.nodeName(whose)} has stated, as it is held and checked here. `,
            h('a', { href: '#/log' }, icon('back'), 'This node’s own log'),
          ],
    );
    if (log === null) {
      fill(head);
      fill(entriesState, error ? errorState(error, retry) : loadingState('the log'));
      return;
    }
    fill(entriesState);
    fill(head, headCard(log));
    count.textContent = `${digits(log.size)} in all`;
    entries.setRows(log.entries, { mark: false, of: log.size });
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
  const stops = [
    store.subscribe(['log'], () => {
      if (whose === '' && running === null) void read(0);
    }),
    store.subscribe(['logs'], drawOrigins),
    store.subscribe(['network'], drawLog),
  ];
  return {
    element,
    update(route) {
      const next = route.path[1] ?? '';
      if (next !== whose || held.log === null) {
        whose = next;
        held = { log: null, error: null, at: 0 };
        void read(0);
      }
      if (store.get('logs').phase === 'idle') void store.load('logs');
      drawLog();
      drawOrigins();
    },
    destroy() {
      running?.abort();
      running = null;
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
    pageSection(
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
      h('h2', null, 'Signed checkpoint ', badge('plain', 'C2SP tlog-checkpoint')),
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
  return routeTo(['provenance', entry.statementId]);
}

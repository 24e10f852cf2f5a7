// Gives live events their meaning: merges each into the store and writes one line of activity for people.

import { createEventLink } from './events.js';
import { originPeer } from './format.js';
import { routeTo } from './router.js';

/** Activity lines kept; older ones are in the log and the tables. */
const ACTIVITY_MAX = 60;

/**
 * @typedef {{ at: number, kind: string, title: string, detail: string, href: string | null, peer: string | null }} Activity
 * @typedef {import('./events.js').LinkState} LinkState
 */

/** @param {import('./store.js').Store} store */
export function createLive(store) {
  /** @type {Activity[]} newest first */
  let activity = [];
  /** @type {LinkState} */
  let state = { phase: 'stopped', attempt: 0, retryAt: null, error: null };
  /** @type {Set<(what: { activity?: Activity }) => void>} */
  const listeners = new Set();
  let opened = 0;

  const link = createEventLink({
    onState(next) {
      state = next;
      // What happened while the link was down is only in the lists, so they are read again.
      if (next.phase === 'live' && opened++ > 0) onGap();
      for (const listener of listeners) listener({});
    },
    onEvent({ type, data }) {
      /** @type {any} */
      let value;
      try {
        value = JSON.parse(data);
      } catch {
        return;
      }
      if (value === null || typeof value !== 'object') return;
      merge(store, type, value);
      const line = describe(store, type, value);
      if (!line) return;
      activity = [line, ...activity].slice(0, ACTIVITY_MAX);
      for (const listener of listeners) listener({ activity: line });
    },
  });

  const onGap = () => {
    for (const name of /** @type {const} */ ([
      'node',
      'network',
      'cards',
      'receipts',
      'log',
      'logs',
      'revocations',
    ])) {
      if (store.get(name).phase !== 'idle') void store.load(name);
    }
  };

  return {
    start: link.start,
    stop: link.stop,
    state: () => state,
    activity: () => activity,
    /** @param {(what: { activity?: Activity }) => void} listener @returns {() => void} */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createLive>} Live */

/** @param {import('./store.js').Store} store @param {string} type @param {any} value */
function merge(store, type, value) {
  if (type === 'card') store.upsert('cards', [value]);
  if (type === 'receipt') store.upsert('receipts', [value]);
  if (type === 'peer') store.reloadSoon('network');
  if (type === 'revocation') {
    store.upsert('revocations', [value]);
    store.reloadSoon('cards');
  }
  if (type === 'head') {
    store.upsert('logs', [value]);
    const own = store.get('node').data;
    if (own?.log?.origin === value.origin) {
      store.amend('node', (node) => ({ ...node, log: { ...node.log, size: value.size, root: value.root } }));
      store.reloadSoon('log');
    }
  }
}

/** @param {import('./store.js').Store} store @param {string} type @param {any} value @returns {Activity | null} */
function describe(store, type, value) {
  const base = { at: Date.now(), kind: type, detail: '', href: null, peer: null };
  switch (type) {
    case 'card':
      return {
        ...base,
        title: 'Card published',
        detail: value.name,
        peer: value.host,
        href: routeTo(['cards', String(value.agentId)]),
      };
    case 'receipt':
      return {
        ...base,
        title: `Receipt: ${value.status}`,
        detail: value.executorName,
        peer: originPeer(value.origin),
        href: routeTo(['receipts', String(value.id)]),
      };
    case 'revocation':
      return {
        ...base,
        title: 'Revoked',
        detail: value.target?.name ?? value.target?.id,
        href: routeTo(['revocations', String(value.statementId)]),
      };
    case 'head':
      return {
        ...base,
        title: `Log grew to ${value.size}`,
        detail: value.name ?? nameOf(store, value.origin),
        peer: originPeer(value.origin),
        href: '#/log',
      };
    case 'peer':
      return {
        ...base,
        title: value.connected === false ? 'Peer left' : 'Peer connected',
        detail: value.name ?? value.peerId,
        peer: value.peerId,
        href: routeTo(['network', String(value.peerId)]),
      };
    case 'task':
      return {
        ...base,
        title: `Task: ${value.status ?? 'started'}`,
        detail: value.taskId ?? value.id,
        href: '#/receipts',
      };
    default:
      return null;
  }
}

/** @param {import('./store.js').Store} store @param {unknown} origin */
function nameOf(store, origin) {
  const peer = originPeer(origin);
  const nodes = store.get('network').data?.nodes ?? [];
  return nodes.find((/** @type {any} */ node) => node.peerId === peer)?.name ?? peer;
}

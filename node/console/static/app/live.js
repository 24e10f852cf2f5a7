// Gives live events their meaning: merges each into the store and writes one line of activity for people.

import { createEventLink } from './events.js';
import { originPeer } from './format.js';
import { cardLine, receiptLine, revocationLine } from './recent.js';
import { routeTo } from './router.js';

/** Activity lines kept; older ones are in the log and the tables. */
const ACTIVITY_MAX = 60;

/**
 * @typedef {{ key: string, at: number, kind: string, title: string, detail: string, href: string | null, peer: string | null }} Activity
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
      const lines =
        type === 'peer' ? describePeers(store.get('network').data, value) : describe(store, type, value);
      merge(store, type, value);
      for (const line of lines) {
        // A newer line about the same thing takes the place of the older.
        activity = [line, ...activity.filter((one) => one.key !== line.key)].slice(0, ACTIVITY_MAX);
        for (const listener of listeners) listener({ activity: line });
      }
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
      'tasks',
      'routing',
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
  if (type === 'card') store.reloadSoon('cards');
  if (type === 'receipt') store.reloadSoon('receipts');
  if (type === 'task') store.reloadSoon('tasks');
  if (type === 'peer') store.put('network', value);
  if (type === 'revocation') {
    store.reloadSoon('revocations');
    store.reloadSoon('cards');
  }
  if (type === 'head') {
    store.upsert('logs', [value]);
    store.reloadSoon('logs');
    const own = store.get('node').data;
    if (own?.log?.origin === value.origin) {
      store.amend('node', (node) => ({ ...node, log: { ...node.log, size: value.size } }));
      store.reloadSoon('log');
    }
  }
}

/** @param {import('./store.js').Store} store @param {string} type @param {any} value @returns {Activity[]} */
function describe(store, type, value) {
  const at = Date.now();
  switch (type) {
    case 'card':
      return [cardLine(value, at)];
    case 'receipt':
      return [receiptLine(value, at)];
    case 'revocation':
      return [revocationLine(value, at)];
    case 'head': {
      const peer = originPeer(value.origin);
      const detail = nodeName(store.get('network').data, peer);
      return [
        {
          key: `head ${value.origin}`,
          at,
          kind: type,
          title: `Log grew to ${value.size}`,
          detail,
          href: '#/log',
          peer,
        },
      ];
    }
    case 'task': {
      const href = routeTo(['tasks', String(value.taskId ?? '')]);
      return [
        {
          key: `task ${value.taskId}`,
          at,
          kind: type,
          title: `Task ${value.state ?? ''}`,
          detail: String(value.name ?? value.taskId ?? ''),
          href,
          peer: null,
        },
      ];
    }
    default:
      return [];
  }
}

/** What changed between two views of the network: who came, who went. @param {any} before @param {any} after @returns {Activity[]} */
function describePeers(before, after) {
  const was = new Map((before?.nodes ?? []).map((/** @type {any} */ node) => [node.peerId, node.online]));
  if (was.size === 0) return [];
  return (after?.nodes ?? [])
    .filter((/** @type {any} */ node) => !node.self && (was.get(node.peerId) ?? false) !== node.online)
    .map((/** @type {any} */ node) => ({
      key: `peer ${node.peerId}`,
      at: Date.now(),
      kind: 'peer',
      title: node.online ? (was.has(node.peerId) ? 'Node is back' : 'Node joined') : 'Node went silent',
      detail: String(node.name),
      href: routeTo(['network', String(node.peerId)]),
      peer: node.peerId,
    }));
}

/** @param {any} network @param {string} peerId */
function nodeName(network, peerId) {
  return network?.nodes?.find((/** @type {any} */ node) => node.peerId === peerId)?.name ?? peerId;
}

// Holds what the frame and several views share of what the node said, with its state (loading, ready, error), and merges live changes into
// it. Of long lists it holds the totals and the newest rows. It knows no element: views subscribe and draw.

import { ApiError, apiGet } from './api.js';

/** Least time between two reloads of one resource, in ms, however many events ask for it. */
const RELOAD_MS_MIN = 1500;

/**
 * @typedef {'node' | 'network' | 'cards' | 'receipts' | 'log' | 'logs' | 'revocations' | 'tasks' | 'routing'} Name
 * @typedef {{ path: string, list?: string, key?: string }} Source
 * @typedef {{ phase: 'idle' | 'loading' | 'ready' | 'error', data: any, error: ApiError | null, at: number }} Held
 */

/** Newest rows of a list that the frame and the network view show; the views read the rest themselves, a page at a time. */
const NEWEST = 24;

/** @type {Record<Name, Source>} */
const SOURCES = {
  node: { path: '/v1/node' },
  network: { path: '/v1/network' },
  cards: { path: `/v1/cards?sort=issued&limit=${NEWEST}` },
  receipts: { path: `/v1/receipts?limit=${NEWEST}` },
  log: { path: '/v1/log' },
  logs: { path: '/v1/logs', list: 'logs', key: 'origin' },
  revocations: { path: `/v1/revocations?limit=${NEWEST}` },
  tasks: { path: '/v1/tasks?limit=1&brief=true' },
  routing: { path: '/v1/routing?streams=1' },
};

export function createStore() {
  /** @type {Map<Name, Held>} */
  const held = new Map();
  /** @type {Map<Name, Set<() => void>>} */
  const listeners = new Map();
  /** @type {Map<Name, Promise<void>>} */
  const underWay = new Map();
  /** Live changes that came while a load was under way; they are newer than its answer. @type {Map<Name, any[]>} */
  const late = new Map();
  /** @type {Map<Name, ReturnType<typeof setTimeout>>} */
  const planned = new Map();
  /** @type {Set<Name>} */
  const changed = new Set();
  let frame = 0;

  /** @param {Name} name @returns {Held} */
  const get = (name) => held.get(name) ?? { phase: 'idle', data: null, error: null, at: 0 };

  /** Tells listeners once a frame, so that a burst of events costs one drawing. @param {Name} name */
  const tell = (name) => {
    changed.add(name);
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      const names = [...changed];
      changed.clear();
      const called = new Set();
      for (const one of names) for (const listener of listeners.get(one) ?? []) called.add(listener);
      for (const listener of called) listener();
    });
  };

  /** @param {Name} name @param {Partial<Held>} change */
  const set = (name, change) => {
    held.set(name, { ...get(name), ...change });
    tell(name);
  };

  /** @param {Name} name @returns {Promise<void>} settles when the answer is in; failures are kept, not thrown */
  const load = (name) => {
    const running = underWay.get(name);
    if (running) return running;
    clearTimeout(planned.get(name));
    planned.delete(name);
    late.set(name, []);
    if (get(name).data === null) set(name, { phase: 'loading', error: null });
    const work = fetchOne(SOURCES[name])
      .then((data) => {
        set(name, { phase: 'ready', data, error: null, at: Date.now() });
        const missed = late.get(name) ?? [];
        late.delete(name);
        if (missed.length > 0) upsert(name, missed);
      })
      .catch((error) => {
        late.delete(name);
        set(name, {
          phase: 'error',
          error:
            error instanceof ApiError
              ? error
              : new ApiError({ code: 'CONSOLE_FAULT', message: String(error), cause: error }),
        });
      })
      .finally(() => underWay.delete(name));
    underWay.set(name, work);
    return work;
  };

  /** Merges rows into a list by its key. Rows without the key are ignored. @param {Name} name @param {any[]} rows */
  const upsert = (name, rows) => {
    const key = SOURCES[name].key;
    if (!key) return;
    late.get(name)?.push(...rows);
    const current = get(name);
    if (!Array.isArray(current.data)) return;
    const byKey = new Map(current.data.map((row) => [row?.[key], row]));
    for (const row of rows) {
      const id = row?.[key];
      if (typeof id === 'string') byKey.set(id, { ...byKey.get(id), ...row });
    }
    set(name, { data: [...byKey.values()] });
  };

  return {
    get,
    load,
    upsert,
    /** Puts a whole answer that came as an event. @param {Name} name @param {any} data */
    put(name, data) {
      set(name, { phase: 'ready', data, error: null, at: Date.now() });
    },
    /** Changes the data of a resource that is not a list. @param {Name} name @param {(data: any) => any} change */
    amend(name, change) {
      const current = get(name);
      if (current.data !== null) set(name, { data: change(current.data) });
    },
    /** Loads again soon; many calls make one load. @param {Name} name */
    reloadSoon(name) {
      if (planned.has(name)) return;
      const wait = Math.max(150, RELOAD_MS_MIN - (Date.now() - get(name).at));
      planned.set(
        name,
        setTimeout(() => {
          planned.delete(name);
          if (underWay.has(name)) this.reloadSoon(name);
          else void load(name);
        }, wait),
      );
    },
    /** @param {Name[]} names @param {() => void} listener @returns {() => void} ends the subscription */
    subscribe(names, listener) {
      for (const name of names) {
        const set = listeners.get(name) ?? new Set();
        listeners.set(name, set.add(listener));
      }
      return () => {
        for (const name of names) listeners.get(name)?.delete(listener);
      };
    },
    clear() {
      held.clear();
      for (const timer of planned.values()) clearTimeout(timer);
      planned.clear();
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/** @param {Source} source */
async function fetchOne({ path, list }) {
  const body = await apiGet(path);
  if (!list) return body;
  if (!Array.isArray(body?.[list])) {
    throw new ApiError({
      code: 'BAD_ANSWER',
      message: `The answer to ${path} has no list "${list}".`,
      hint: 'The node and the console may be of different versions: reload the page.',
    });
  }
  return body[list];
}

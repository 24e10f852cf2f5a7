// A list of the node, read a page at a time: a question, its first page, and further pages as somebody scrolls. It knows no element.

import { ApiError, apiGet } from './api.js';

/** Rows of one page: several windows full, and some 100 kB of JSON at most. */
const PAGE_ROWS = 100;
/** Least time between two readings that events ask for, in ms. */
const REFRESH_MS_MIN = 1500;

/**
 * @typedef {{ path: string, list: string, key: string, fixed?: Record<string, string> }} PagedSource
 * @typedef {{ phase: 'idle' | 'loading' | 'ready' | 'error', rows: any[], answer: any, error: ApiError | null, at: number, fresh: boolean }} PagedState
 */

/**
 * @param {PagedSource} source
 * @param {() => void} onChange called after each change of the state
 */
export function createPaged(source, onChange) {
  /** @type {PagedState} */
  let state = { phase: 'idle', rows: [], answer: null, error: null, at: 0, fresh: false };
  /** @type {Record<string, string>} */
  let asked = {};
  /** @type {AbortController | null} */
  let running = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let planned;

  /** @param {Record<string, string>} more @param {AbortSignal} signal */
  const read = async (more, signal) => {
    const query = new URLSearchParams({ limit: String(PAGE_ROWS), ...source.fixed });
    for (const [name, value] of Object.entries({ ...asked, ...more })) if (value) query.set(name, value);
    const answer = await apiGet(`${source.path}?${query}`, { signal });
    if (!Array.isArray(answer?.[source.list]))
      throw new ApiError({
        code: 'BAD_ANSWER',
        message: `The answer to ${source.path} has no list "${source.list}".`,
        hint: 'The node and the console may be of different versions: reload the page.',
      });
    return answer;
  };

  /** Runs one reading at a time; a newer question ends the older. @param {(signal: AbortSignal) => Promise<Partial<PagedState>>} work */
  const run = async (work) => {
    running?.abort();
    const abort = new AbortController();
    running = abort;
    try {
      const change = await work(abort.signal);
      if (running !== abort) return;
      state = { ...state, phase: 'ready', error: null, at: Date.now(), ...change };
    } catch (error) {
      if (running !== abort) return;
      state = {
        ...state,
        phase: 'error',
        error:
          error instanceof ApiError
            ? error
            : new ApiError({ code: 'CONSOLE_FAULT', message: String(error), cause: error }),
      };
    }
    running = null;
    onChange();
  };

  /** The newest first page over what was read before; what is no longer in it, or far behind it, is read again. @param {any} answer */
  const merged = (answer) => {
    const first = answer[source.list];
    const keys = new Set(first.map((/** @type {any} */ row) => row[source.key]));
    // New rows push others out of the first page: what comes after the last row that both have is kept, and no gap is left.
    const last = state.rows.findLastIndex((row) => keys.has(row[source.key]));
    if (last < 0 || state.rows.length <= PAGE_ROWS) return { rows: first, answer };
    const rest = state.rows.slice(last + 1);
    return { rows: [...first, ...rest], answer: { ...answer, next: state.answer.next } };
  };

  const refresh = () => run(async (signal) => ({ ...merged(await read({}, signal)), fresh: true }));

  return {
    get: () => state,
    /** Asks anew; the rows of the question before stay until the answer is here. @param {Record<string, string>} question */
    ask(question) {
      asked = question;
      if (state.answer === null) state = { ...state, phase: 'loading', error: null };
      return run(async (signal) => {
        const answer = await read({}, signal);
        return { rows: answer[source.list], answer, fresh: false };
      });
    },
    refresh,
    /** Refreshes soon; many calls make one reading. */
    refreshSoon() {
      if (planned !== undefined) return;
      planned = setTimeout(
        () => {
          planned = undefined;
          if (running === null) void refresh();
          else this.refreshSoon();
        },
        Math.max(150, REFRESH_MS_MIN - (Date.now() - state.at)),
      );
    },
    /** Reads the next page, if there is one and nothing else is being read. */
    more() {
      const cursor = state.answer?.next;
      if (!cursor || running !== null || state.phase !== 'ready') return;
      void run(async (signal) => {
        const answer = await read({ cursor }, signal);
        const known = new Set(state.rows.map((row) => row[source.key]));
        const next = answer[source.list].filter((/** @type {any} */ row) => !known.has(row[source.key]));
        return { rows: [...state.rows, ...next], answer, fresh: false };
      });
    },
    /** One row by its key, also when it is on no page that was read. @param {string} id @returns {Promise<any>} null when there is none */
    async one(id) {
      const known = state.rows.find((row) => row[source.key] === id);
      if (known) return known;
      const query = new URLSearchParams({ ...source.fixed, limit: '5', q: id });
      const answer = await apiGet(`${source.path}?${query}`);
      return answer[source.list]?.find((/** @type {any} */ row) => row[source.key] === id) ?? null;
    },
    destroy() {
      running?.abort();
      running = null;
      clearTimeout(planned);
    },
  };
}

/** @typedef {ReturnType<typeof createPaged>} Paged */

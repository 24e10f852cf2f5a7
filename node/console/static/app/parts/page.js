// The shape of views that show one answer of the node: a head, the answer, and what stands in its place while there is none. It reads again
// after events and in rounds, and draws only what has changed. The views say what to read and how to draw it.

import { ApiError } from '../api.js';
import { fill, h } from '../dom.js';
import { keepPlace } from './keep-place.js';
import { errorState, loadingState, staleBar } from './states.js';

/** Least time between two readings that events ask for, in ms. */
const RELOAD_MS_MIN = 1500;

/**
 * @typedef {import('../api.js').Route} Route
 * @typedef {{ name: string, title: string | ((data: any) => string), intro: string | Node[], what: string, keyOf?: (route: Route) => string,
 *   read: (route: Route, signal: AbortSignal) => Promise<any>, draw: (data: any, route: Route) => import('../dom.js').Child[],
 *   every?: number, on?: import('../store.js').Name[], tools?: Node[], above?: Node[] }} PageOptions
 */

/** @param {import('../main.js').Context} ctx @param {PageOptions} options @returns {import('../main.js').View & { reload: () => void }} */
export function mountPage(ctx, options) {
  const title = h(
    'h1',
    { id: 'view-title', tabindex: '-1' },
    typeof options.title === 'string' ? options.title : '…',
  );
  const stale = h('div');
  const body = h('div', { class: 'page-body' });
  const element = h(
    'div',
    { class: `view view-${options.name}` },
    h(
      'header',
      { class: 'view-head' },
      h('div', null, title, h('p', { class: 'lead' }, options.intro)),
      h('div', { class: 'view-tools' }, options.tools ?? []),
    ),
    ...(options.above ?? []),
    stale,
    body,
  );
  /** @type {Route} */
  let route = { path: [], query: new URLSearchParams() };
  let key = '';
  let drawn = '';
  let at = 0;
  let shownAt = 0;
  /** @type {any} */
  let data = null;
  /** @type {AbortController | null} */
  let running = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let planned;

  const read = async () => {
    clearTimeout(planned);
    planned = undefined;
    running?.abort();
    const abort = new AbortController();
    running = abort;
    at = Date.now();
    try {
      const next = await options.read(route, abort.signal);
      if (running !== abort) return;
      data = next;
      shownAt = Date.now();
      show(next);
      fill(stale);
    } catch (error) {
      if (running !== abort) return;
      const told =
        error instanceof ApiError
          ? error
          : new ApiError({ code: 'CONSOLE_FAULT', message: String(error), cause: error });
      if (data === null)
        fill(
          body,
          errorState(told, () => void read()),
        );
      else
        fill(
          stale,
          staleBar({ phase: 'error', data, error: told, at: shownAt }, () => void read()),
        );
    }
    running = null;
    if (options.every) planned = setTimeout(() => void soon(), options.every);
  };
  /** A page that nobody looks at is not read for. */
  const soon = () => {
    planned = undefined;
    if (document.visibilityState === 'visible') void read();
    else if (options.every) planned = setTimeout(() => void soon(), options.every);
  };

  /** @param {any} next */
  const show = (next) => {
    const text = JSON.stringify(next);
    if (text === drawn) return;
    drawn = text;
    if (typeof options.title === 'function') title.textContent = options.title(next);
    keepPlace(body, element, () => fill(body, ...options.draw(next, route)));
  };

  const stop = ctx.store.subscribe(options.on ?? [], () => {
    if (running !== null) return;
    clearTimeout(planned);
    planned = setTimeout(() => void soon(), Math.max(0, at + RELOAD_MS_MIN - Date.now()));
  });

  return {
    element,
    update(next) {
      route = next;
      const nextKey = options.keyOf?.(next) ?? '';
      if (data !== null && nextKey === key) {
        drawn = '';
        show(data);
        return;
      }
      if (running !== null && nextKey === key) return;
      // A step that was taken from inside leads on to the top of the next answer.
      if (data !== null && body.contains(document.activeElement)) title.focus({ preventScroll: true });
      element.scrollTop = 0;
      key = nextKey;
      data = null;
      drawn = '';
      if (typeof options.title === 'function') title.textContent = '…';
      fill(stale);
      fill(body, loadingState(options.what));
      void read();
    },
    reload: () => void read(),
    destroy() {
      stop();
      clearTimeout(planned);
      running?.abort();
      running = null;
    },
  };
}

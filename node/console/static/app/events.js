// Keeps one live event stream open: reads it with the bearer header, and reconnects with a bounded, jittered wait.
// It knows nothing of what the events mean.

import { ApiError, openEvents } from './api.js';
import { createSseParser } from './sse.js';

/** First wait before a new attempt, in ms; doubled each time. */
const WAIT_MS_MIN = 500;
/** Longest wait, in ms: an operator looking at the page should not wait longer for a node that came back. */
const WAIT_MS_MAX = 10_000;
/** A stream silent for this long, in ms, is taken for dead; the node sends a comment every 15 s. */
const SILENCE_MS_MAX = 50_000;

/**
 * @typedef {{ phase: 'connecting' | 'live' | 'waiting' | 'refused' | 'stopped', attempt: number, retryAt: number | null, error: ApiError | null }} LinkState
 */

/**
 * @param {{ onEvent: (event: { type: string, data: string }) => void, onState: (state: LinkState) => void }} options
 */
export function createEventLink({ onEvent, onState }) {
  let attempt = 0;
  let stopped = true;
  /** @type {AbortController | null} */
  let current = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {LinkState['phase']} phase @param {{ retryAt?: number, error?: ApiError | null }} [more] */
  const tell = (phase, { retryAt, error = null } = {}) =>
    onState({ phase, attempt, retryAt: retryAt ?? null, error });

  const open = async () => {
    clearTimeout(timer);
    const abort = new AbortController();
    current = abort;
    tell('connecting');
    try {
      await readStream(abort, onEvent, () => {
        attempt = 0;
        tell('live');
      });
      throw new ApiError({
        code: 'STREAM_ENDED',
        message: 'The node closed the event stream.',
        retryable: true,
      });
    } catch (cause) {
      if (stopped || current !== abort) return;
      const error =
        cause instanceof ApiError
          ? cause
          : new ApiError({
              code: 'STREAM_BROKEN',
              message: 'The event stream broke off.',
              retryable: true,
              cause,
            });
      if (error.status === 401 || error.status === 403) {
        tell('refused', { error });
        return;
      }
      attempt += 1;
      const ceiling = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(attempt - 1, 10));
      const wait = ceiling / 2 + (Math.random() * ceiling) / 2;
      timer = setTimeout(open, wait);
      tell('waiting', { retryAt: Date.now() + wait, error });
    }
  };

  return {
    start() {
      stopped = false;
      current?.abort();
      void open();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      current?.abort();
      tell('stopped');
    },
  };
}

/**
 * @param {AbortController} abort
 * @param {(event: { type: string, data: string }) => void} onEvent
 * @param {() => void} onOpen
 */
async function readStream(abort, onEvent, onOpen) {
  const response = await openEvents(abort.signal);
  onOpen();
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  const take = createSseParser(onEvent);
  let silence = setTimeout(() => abort.abort(), SILENCE_MS_MAX);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS_MAX);
      take(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(silence);
    abort.abort();
  }
}

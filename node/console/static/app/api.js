// Speaks to the node's HTTP API. Every failure becomes an ApiError with a remedy; nothing here touches the page.

import { currentToken } from './session.js';

/** Longest wait for one answer, in ms: find may ask several index nodes, which have 5 s each. */
const REQUEST_MS_MAX = 20_000;

const UNREACHABLE_HINT =
  'Check that the node still runs. Start it with "zerostate up", or the whole devnet with "npm start", and open the address that it prints.';

export class ApiError extends Error {
  /** @param {{ code: string, message: string, hint?: string, retryable?: boolean, status?: number, cause?: unknown }} fields */
  constructor({ code, message, hint = '', retryable = false, status = 0, cause }) {
    super(message, { cause });
    this.name = 'ApiError';
    this.code = code;
    this.hint = hint;
    this.retryable = retryable;
    this.status = status;
  }
}

/** @param {string} path @param {{ signal?: AbortSignal }} [options] @returns {Promise<any>} */
export function apiGet(path, options = {}) {
  return request('GET', path, undefined, options);
}

/** @param {string} path @param {unknown} body @param {{ signal?: AbortSignal }} [options] @returns {Promise<any>} */
export function apiPost(path, body, options = {}) {
  return request('POST', path, body, options);
}

/** Opens the event stream; the caller reads `response.body`. @param {AbortSignal} signal */
export async function openEvents(signal) {
  const response = await send('/v1/events', { headers: headers({ accept: 'text/event-stream' }), signal });
  if (!response.ok) throw await errorOf(response);
  if (!response.body)
    throw new ApiError({ code: 'BAD_ANSWER', message: 'The event stream has no body.', retryable: true });
  return response;
}

/** @param {string} method @param {string} path @param {unknown} body @param {{ signal?: AbortSignal }} options */
async function request(method, path, body, { signal }) {
  const timeout = AbortSignal.timeout(REQUEST_MS_MAX);
  const response = await send(path, {
    method,
    headers: headers(body === undefined ? {} : { 'content-type': 'application/json' }),
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (!response.ok) throw await errorOf(response);
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiError({
      code: 'BAD_ANSWER',
      message: 'The node answered with something that is not JSON.',
      retryable: true,
      cause,
    });
  }
}

/** @param {string} path @param {RequestInit} init */
async function send(path, init) {
  try {
    return await fetch(path, { ...init, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    const late = cause instanceof DOMException && cause.name === 'TimeoutError';
    throw new ApiError({
      code: late ? 'TIMEOUT' : 'UNREACHABLE',
      message: late ? 'The node took too long to answer.' : 'The node does not answer.',
      hint: UNREACHABLE_HINT,
      retryable: true,
      cause,
    });
  }
}

/** @param {Record<string, string>} extra */
function headers(extra) {
  const token = currentToken();
  return { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}), ...extra };
}

/** @param {Response} response */
async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error ?? {};
  return new ApiError({
    code: typeof error.code === 'string' ? error.code : `HTTP_${response.status}`,
    message: typeof error.message === 'string' ? error.message : `The node answered ${response.status}.`,
    hint: typeof error.hint === 'string' ? error.hint : '',
    retryable: error.retryable === true || response.status >= 500,
    status: response.status,
  });
}

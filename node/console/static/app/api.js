// Speaks to the node's HTTP API. Every failure becomes an ApiError with a remedy; nothing here touches the page.

import { currentToken } from './session.js';

// The shapes that the API answers with, as far as the console reads them.

/**
 * @typedef {{ name: string, peerId: string, region: string, roles: string[], version: string, addresses: string[],
 *   uptimeSeconds: number, agents: string[], peers: number, log: { origin: string, size: number, root: string },
 *   index: null | { cards: number, embedder: string, graph: string } }} NodeView
 * @typedef {{ peerId: string, name: string, region: string, roles: string[], self: boolean, connected: boolean, online: boolean,
 *   lastSeenMs: number }} NetworkNode
 * @typedef {{ from: string, to: string, rttMs: number | null }} NetworkLink
 * @typedef {{ nodes: NetworkNode[], links: NetworkLink[] }} NetworkView
 * @typedef {{ name: string, description: string, tags: string[] }} Capability
 * @typedef {{ unit: string, amount: string, currency: string }} Price
 * @typedef {{ agentId: string, cardId: string, name: string, description: string, region: string, operator?: string,
 *   tags: string[], capabilities: Capability[], languages?: string[], prices: Price[], sla: string, sequence: number,
 *   issuedAt: string, expiresAt: string, host: string, local: boolean, status: 'valid' | 'expired' | 'revoked',
 *   revocation: null | { reason: string, statementId: string, at: string }, envelope?: unknown }} CardView
 * @typedef {{ check: string, ok: boolean, detail: string }} Reason
 * @typedef {{ agentId: string, cardId: string, name: string, description: string, region: string, score: number,
 *   sequence: number, reasons: Reason[] }} FindResult
 * @typedef {{ query: string, results: FindResult[], rejected: FindResult[], partial: boolean, missing: string[],
 *   tookMs: number }} FindAnswer
 * @typedef {{ id: string, taskId: string, status: string, exitCode: number | null, fuel: string, executor: string,
 *   executorName: string, requester: string, module: string, issuedAt: string, logIndex: number, origin: string }} ReceiptView
 * @typedef {{ name: string, ok: boolean, detail: string, code?: string }} Check
 * @typedef {{ ok: boolean, kind: string, checks: Check[] }} Report
 * @typedef {{ index: number, statementId: string, predicateType: string, issuer: string, issuerName: string, at: string }} LogEntry
 * @typedef {{ origin: string, size: number, root: string, checkpoint: string, entries: LogEntry[] }} LogView
 * @typedef {{ origin: string, peerId: string, name: string, size: number, root: string, self: boolean, at: string }} LogHead
 * @typedef {{ statementId: string, issuer: string, issuerName: string, target: { kind: string, id: string, name?: string },
 *   reason: string, issuedAt: string, receivedAt: string, sequence: number }} RevocationView
 * @typedef {{ path: string[], query: URLSearchParams }} Route
 */

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

/** `also`: a status that is an answer too. @param {string} path @param {{ signal?: AbortSignal, also?: number }} [options] @returns {Promise<any>} */
export function apiGet(path, options = {}) {
  return request('GET', path, undefined, options);
}

/** @param {string} path @param {unknown} body @param {{ signal?: AbortSignal }} [options] @returns {Promise<any>} */
export function apiPost(path, body, options = {}) {
  return request('POST', path, body, options);
}

/** Values of an answer that comes a line each. @param {string} path @param {unknown} body @param {AbortSignal} signal @returns {Promise<any[]>} */
export async function apiLines(path, body, signal) {
  const response = await send(path, {
    method: 'POST',
    headers: headers({ accept: 'application/x-ndjson', 'content-type': 'application/json' }),
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
  });
  if (!response.ok) throw await errorOf(response);
  const lines = (await response.text()).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

/** Opens the event stream; the caller reads `response.body`. @param {AbortSignal} signal */
export async function openEvents(signal) {
  const response = await send('/v1/events', { headers: headers({ accept: 'text/event-stream' }), signal });
  if (!response.ok) throw await errorOf(response);
  if (!response.body)
    throw new ApiError({ code: 'BAD_ANSWER', message: 'The event stream has no body.', retryable: true });
  return response;
}

/** @param {string} method @param {string} path @param {unknown} body @param {{ signal?: AbortSignal, also?: number }} options */
async function request(method, path, body, { signal, also }) {
  const timeout = AbortSignal.timeout(REQUEST_MS_MAX);
  const response = await send(path, {
    method,
    headers: headers(body === undefined ? {} : { 'content-type': 'application/json' }),
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (!response.ok && response.status !== also) throw await errorOf(response);
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

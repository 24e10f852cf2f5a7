// One request to the API of a node, sent again where that does no harm: under the typed client and under the commands alike.

import { ZeroError } from '../../protocol/errors/index.ts';
import { allows, type Operation } from '../api/operations.ts';
import { errorOf } from './error-of.ts';

/** Longest wait for an answer (milliseconds), unless told otherwise: longer than the longest long-poll. */
const TIMEOUT_MS = 130_000;
/** Times that a request is sent, where sending it again does no harm. */
const TRIES = 3;
/** Pause before the second try (milliseconds); the third waits twice as long. */
const PAUSE_MS = 250;
/** Longest wait that a node may ask for (milliseconds): what it asks of bulk work. */
const WAIT_MS_MAX = 5_000;

/** Where a node's API is. */
export interface Address {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** Another fetch, for tests and proxies. */
  readonly fetch?: typeof fetch;
  /** Whether a node that is not there may be about to come; else a refused connection is an answer. */
  readonly patient: boolean;
}

export interface Sending {
  /** JSON, or a stream with its type, which is sent once. */
  readonly body?: unknown;
  readonly stream?: { readonly type: string; readonly body: AsyncIterable<Uint8Array> };
  readonly signal?: AbortSignal | undefined;
  /** The same key and request is done once, however often it is sent; one is made where none is given. */
  readonly idempotencyKey?: string | undefined;
  /** A W3C trace context that the node goes on with. */
  readonly traceparent?: string | undefined;
  /** Whether the answer may take as long as it likes. */
  readonly endless?: boolean;
}

/**
 * The answer to an operation at a path. What changes state carries an idempotency key, so that a lost answer is asked for again and nothing
 * is done twice. Throws ZeroError with the node's code and hint; NODE_UNREACHABLE when it does not answer.
 */
export async function send(
  at: Address,
  operation: Operation,
  path: string,
  sending: Sending,
): Promise<Response> {
  const { body, idempotencyKey, stream, traceparent } = sending;
  const changes = operation.method === 'POST' && allows(operation.scope, 'operate') && stream === undefined;
  const key = changes ? (idempotencyKey ?? crypto.randomUUID()) : undefined;
  const type = stream?.type ?? (body === undefined ? undefined : 'application/json');
  const request: RequestInit = {
    method: operation.method,
    headers: {
      authorization: `Bearer ${at.token}`,
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(stream === undefined ? {} : { body: stream.body as never, duplex: 'half' }),
  };
  const tries = stream === undefined ? TRIES : 1;
  for (let tried = 1; ; tried++) {
    const last = tried === tries;
    const response = await once(at, path, request, sending, last);
    const waitMs = response === undefined ? 0 : askedToWait(response);
    if (response === undefined || (waitMs !== undefined && !last)) {
      await response?.body?.cancel();
      await pause(Math.max(waitMs ?? 0, PAUSE_MS * tried), sending.signal);
      continue;
    }
    if (response.ok) return response;
    throw errorOf(response.status, await response.json().catch(() => ({})));
  }
}

/** Milliseconds that a node with too much to do asks to wait, at most as long as it ever does; undefined where another try would change nothing. */
function askedToWait({ headers, status }: Response): number | undefined {
  if (status === 429) return 0;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return status === 503 && seconds >= 0 ? Math.min(seconds * 1_000, WAIT_MS_MAX) : undefined;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
}

/** One try; undefined when nobody answered and another may. */
async function once(
  at: Address,
  path: string,
  request: RequestInit,
  { endless, signal }: Sending,
  last: boolean,
): Promise<Response | undefined> {
  const limit = endless === true ? undefined : AbortSignal.timeout(TIMEOUT_MS);
  const signals = [signal, limit].filter((one) => one !== undefined);
  try {
    return await (at.fetch ?? fetch)(at.url + path, { ...request, signal: AbortSignal.any(signals) });
  } catch (cause) {
    const refused = (cause as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';
    if (!last && (at.patient || !refused) && signals.every(({ aborted }) => !aborted)) return undefined;
    signal?.throwIfAborted();
    throw new ZeroError('NODE_UNREACHABLE', `${at.url} does not answer`, { cause });
  }
}

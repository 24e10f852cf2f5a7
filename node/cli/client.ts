// HTTP client of the commands: JSON in, JSON out, errors typed again on this side.

import { ZeroError } from '../../protocol/errors/index.ts';
import { errorOf } from '../client/error-of.ts';
import { type ApiEvent, readEvents } from '../client/events.ts';
import { resolveTarget, type Target, type TargetFlags } from './home.ts';

const TIMEOUT_MS = 120_000; // longer than the longest task that a node accepts by default

/** Calls the API of one node. */
export class ApiClient {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  /** A client for the node that the flags mean. Throws NODE_UNREACHABLE. */
  static async connect(flags: TargetFlags): Promise<ApiClient> {
    return new ApiClient(await resolveTarget(flags));
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  /** Reads the event stream until it ends or `signal` aborts. Throws NODE_UNREACHABLE or UNAUTHORIZED. */
  async *events(signal: AbortSignal): AsyncGenerator<ApiEvent> {
    let response: Response;
    try {
      const headers = { authorization: `Bearer ${this.target.token}` };
      response = await fetch(`${this.target.api}/v1/events`, { headers, signal });
    } catch (cause) {
      if (signal.aborted) return;
      throw new ZeroError('NODE_UNREACHABLE', `${this.target.api} does not answer`, { cause });
    }
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => ({})));
    yield* readEvents(response, signal);
  }

  /** Calls with a body or an answer that is a stream, without a time limit. Throws as the other calls do. */
  async stream(
    method: 'GET' | 'POST',
    path: string,
    send?: { type: string; body: AsyncIterable<Uint8Array> },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.target.api + path, {
        method,
        headers: {
          authorization: `Bearer ${this.target.token}`,
          ...(send === undefined ? {} : { 'content-type': send.type }),
        },
        ...(send === undefined ? {} : { body: send.body, duplex: 'half' }),
      } as RequestInit);
    } catch (cause) {
      throw new ZeroError('NODE_UNREACHABLE', `${this.target.api} does not answer`, { cause });
    }
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => ({})));
    return response;
  }

  /** Posts a question whose answer is a JSON value a line, and answers them all. Throws as the other calls do. */
  async lines<T>(path: string, question: object): Promise<T[]> {
    const body = async function* () {
      yield Buffer.from(JSON.stringify(question));
    };
    const response = await this.stream('POST', path, { type: 'application/json', body: body() });
    const text = await response.text();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.target.api + path, {
        method,
        headers: {
          authorization: `Bearer ${this.target.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new ZeroError('NODE_UNREACHABLE', `${this.target.api} does not answer`, { cause });
    }
    const answer: unknown = await response.json().catch(() => ({}));
    if (response.ok) return answer as T;
    throw errorOf(response.status, answer);
  }
}

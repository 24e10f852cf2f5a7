// HTTP client of the commands: JSON in, JSON out, errors typed again on this side. It reaches what the manifest of operations has, no more.

import { ZeroError } from '../../protocol/errors/index.ts';
import { operationAt } from '../api/operations.ts';
import { type ApiEvent, readEvents } from '../client/events.ts';
import { type Sending, send } from '../client/send.ts';
import { resolveTarget, type Target, type TargetFlags } from './home.ts';

/** A node that has not said by then how it is hangs (milliseconds): that is told at once also while it has too much to do. */
export const ANSWER_MS_MAX = 10_000;

/** Form of a W3C trace context; what else stands in the environment is nobody's trace, and no header. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a command is a part of: who gives several commands the same one finds them in one trace. */
function traceOf({ TRACEPARENT: given = '' }: NodeJS.ProcessEnv): string | undefined {
  return TRACEPARENT.test(given) ? given : undefined;
}

/** Calls the API of one node. */
export class ApiClient {
  readonly target: Target;
  readonly #signal: AbortSignal | undefined;

  /** `signal` ends all its calls, which then throw its reason. */
  constructor(target: Target, signal?: AbortSignal) {
    this.target = target;
    this.#signal = signal;
  }

  /** A client for the node that the flags mean. Throws NODE_UNREACHABLE. */
  static async connect(flags: TargetFlags, signal?: AbortSignal): Promise<ApiClient> {
    return new ApiClient(await resolveTarget(flags), signal);
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
      response = await this.#send('GET', '/v1/events', { signal, endless: true });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    yield* readEvents(response, signal);
  }

  /** Calls with a body or an answer that is a stream, without a time limit. Throws as the other calls do. */
  async stream(
    method: 'GET' | 'POST',
    path: string,
    stream?: { type: string; body: AsyncIterable<Uint8Array> },
  ): Promise<Response> {
    return await this.#send(method, path, { endless: true, ...(stream === undefined ? {} : { stream }) });
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

  async #call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body === undefined ? {} : { body });
    try {
      const text = await response.text();
      return (text === '' ? {} : JSON.parse(text)) as T;
    } catch (cause) {
      this.#signal?.throwIfAborted();
      throw new ZeroError('NODE_UNREACHABLE', `the answer of ${this.target.api} broke off`, { cause });
    }
  }

  async #send(method: 'GET' | 'POST', path: string, sending: Sending): Promise<Response> {
    const operation = operationAt(method, path);
    if (operation === undefined) throw new ZeroError('INTERNAL', `no operation ${method} ${path}`);
    const { api: url, token } = this.target;
    const traced = { signal: this.#signal, ...sending, traceparent: traceOf(process.env) };
    return await send({ url, token, patient: false }, operation, path, traced);
  }
}

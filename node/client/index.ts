// zerostate/client: the typed client of a node's HTTP API, for programs. It needs fetch and nothing else, imports no part of a node, and
// runs wherever JavaScript does.

import { ZeroError } from '../../protocol/errors/index.ts';
import { OPERATIONS } from '../api/operations.ts';
import { type ApiEvent, readEvents } from './events.ts';
import { type Address, send } from './send.ts';
import type { Operations } from './types.ts';

export { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
export { OPERATIONS, SCOPES, type Scope } from '../api/operations.ts';
export type { ApiEvent } from './events.ts';
export type { Operations } from './types.ts';

/** One wait for a task: below the time-outs of common proxies. */
const TASK_WAIT_MS = 30_000;

export type OperationId = keyof Operations;
export type Input<K extends OperationId> = Operations[K]['input'];
export type Answer<K extends OperationId> = Operations[K]['answer'];
/** What an operation takes: nothing to say may be left unsaid. */
export type Given<K extends OperationId> =
  Record<never, never> extends Input<K>
    ? [input?: Input<K>, options?: CallOptions]
    : [input: Input<K>, options?: CallOptions];

export interface ClientOptions {
  /** Address of the API, such as http://127.0.0.1:7480. */
  readonly url: string;
  /** A token of the node: the file api-token in its home folder, or what `zerostate token create` printed. */
  readonly token: string;
  /** Another fetch, for tests and proxies. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The same key and request is done once, however often it is sent; one is made where none is given. */
  readonly idempotencyKey?: string;
}

interface AnyInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

/** Speaks to one node. */
export class ZerostateClient {
  readonly #at: Address;

  constructor(options: ClientOptions) {
    this.#at = { ...options, url: options.url.replace(/\/$/, ''), patient: true };
  }

  /**
   * Calls an operation of the API. What changes state carries an idempotency key, so that a lost answer is asked for again and nothing is
   * done twice. Throws ZeroError with the node's code and hint; NODE_UNREACHABLE when it does not answer.
   */
  async call<K extends OperationId>(id: K, ...[input, options]: Given<K>): Promise<Answer<K>> {
    const response = await this.#send(id, (input ?? {}) as AnyInput, options ?? {});
    return (await response.json()) as Answer<K>;
  }

  /** Calls an operation whose answer is a stream or a file, and answers the response itself. Throws as `call`. */
  async open<K extends OperationId>(id: K, ...[input, options]: Given<K>): Promise<Response> {
    return await this.#send(id, (input ?? {}) as AnyInput, options ?? {});
  }

  /** Calls an operation that answers a JSON value a line, and yields each. Throws as `call`. */
  async *lines<T>(id: OperationId, input: AnyInput = {}, options: CallOptions = {}): AsyncGenerator<T> {
    const { body } = await this.#send(id, input, options);
    if (body === null) return;
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split('\n');
      text = parts.pop() as string;
      for (const part of parts) if (part !== '') yield JSON.parse(part) as T;
    }
  }

  /** What happens at the node, until `signal` aborts or the node ends it. Throws NODE_UNREACHABLE or UNAUTHORIZED. */
  async *events(signal: AbortSignal): AsyncGenerator<ApiEvent> {
    const response = await this.#send('node.events', {}, { signal });
    yield* readEvents(response, signal);
  }

  /** Submits a task and waits for its end. Throws as `call`; a task that failed is an answer, with its error. */
  async run(task: Input<'tasks.submit'>['body'], options: CallOptions = {}): Promise<Answer<'tasks.get'>> {
    const { taskId } = (await this.call('tasks.submit', { body: task }, options)) as Answer<'tasks.get'>;
    for (;;) {
      const query = { waitMs: TASK_WAIT_MS };
      const view = await this.call('tasks.get', { params: { id: taskId }, query }, options);
      if (view.ended) return view;
    }
  }

  async #send(id: OperationId, input: AnyInput, options: CallOptions): Promise<Response> {
    const operation = OPERATIONS.find((one) => one.id === id);
    if (operation === undefined) throw new ZeroError('USAGE', `there is no operation ${id}`);
    const path = operation.path.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(input.params?.[name] ?? ''),
    );
    const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
    const search =
      query.length === 0
        ? ''
        : `?${new URLSearchParams(query.map(([name, value]) => [name, String(value)]))}`;
    return await send(this.#at, operation, path + search, {
      body: input.body,
      ...options,
      // A stream of events lasts as long as its reader wants.
      endless: id === 'node.events',
    });
  }
}

// The OpenAPI document of the API without a node behind it: for the client's types, the reference and the test that holds them together.

import { systemClock } from '../clock/index.ts';
import type { NodeContext } from '../context.ts';
import { createLogger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { IdempotencyBook } from './idempotency.ts';
import { registerRoutes } from './index.ts';
import { makeApi } from './server.ts';
import { TokenBook } from './tokens.ts';

/** One operation of the document. */
export interface DescribedOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { schema: object }>>;
  };
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: object }>> }>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

/** Stands for everything that a route holds on to and uses only when it is asked. */
function standIn<T>(): T {
  const anything: unknown = new Proxy(() => anything, {
    // As a number it is 1; it is never awaited.
    get: (_, name) => (name === Symbol.toPrimitive ? () => 1 : name === 'then' ? undefined : anything),
  });
  return anything as T;
}

/** The document. */
export async function describeApi(): Promise<ApiDocument> {
  const node = standIn<NodeContext>();
  const tokens = new TokenBook(standIn(), systemClock);
  const answers = new IdempotencyBook(standIn(), systemClock);
  const app = await makeApi({
    host: '127.0.0.1',
    access: { token: '-', tokens, answers, clock: systemClock, requestsPerSecond: 1 },
    overload: standIn(),
    log: createLogger({ level: 'silent', name: 'describe' }),
    // Who describes the API finds a schema that is wrong; a node compiles each when it is used.
    isEager: true,
    routes: (instance) => registerRoutes(instance, node, { metrics: standIn<Metrics>(), tokens }),
  });
  await app.ready();
  const document = app.swagger() as unknown as ApiDocument;
  await app.close();
  return document;
}

// The HTTP API with a handler of the test behind every operation and no node, for tests of what stands before all of them.

import type { RouteOptions } from 'fastify';
import { Overload } from '../../node/admission/index.ts';
import { OPERATIONS, type Operation } from '../../node/api/operations.ts';
import type { ApiOptions } from '../../node/api/server.ts';
import { type Clock, systemClock } from '../../node/clock/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import { createMetrics, type Metrics } from '../../node/metrics/index.ts';

/** The owner's token. */
export const API_TOKEN = 'secret';
export const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}` };

export interface ApiAloneOptions {
  readonly clock?: Clock;
  readonly overload?: Overload;
  readonly metrics?: Metrics;
  /** Requests a second of one token; more than a test asks unless told. */
  readonly requestsPerSecond?: number;
  /** What serves an operation; an empty object does unless told. */
  readonly route?: (operation: Operation) => Pick<RouteOptions, 'handler' | 'schema'>;
}

const nothing = () => ({ handler: async () => ({}) });

/** Options of makeApi() and startApi(). */
export function apiAlone({
  clock = systemClock,
  metrics = createMetrics(),
  overload = new Overload({ metrics }),
  requestsPerSecond = 1_000,
  route = nothing,
}: ApiAloneOptions = {}): ApiOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    access: {
      token: API_TOKEN,
      tokens: { find: () => undefined } as never,
      answers: {} as never,
      clock,
      requestsPerSecond,
    },
    overload,
    log: createLogger({ level: 'silent', name: 'test' }),
    metrics,
    routes: async (app) => {
      // The document of itself is a route that every API has.
      for (const operation of OPERATIONS.filter(({ id }) => id !== 'api.document'))
        app.route({ method: operation.method, url: operation.path, ...route(operation) });
    },
  };
}

// What a request brings that its operation does not take is refused by name: it would do nothing, and its sender would not know.

import type { FastifyRequest } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Operation, operationAsked } from './operations.ts';
import { unknownMemberText } from './schema-error.ts';

/**
 * Refuses a body where an operation has none, and a parameter in the query that its schema does not name. A2A has rules of its own, and what is no
 * operation (the console's files, health, metrics) takes what comes. Throws USAGE.
 */
export function refuseNeedless(request: FastifyRequest): void {
  const { method, routeOptions } = request;
  const operation = operationAsked(method, routeOptions.url);
  if (operation === undefined || operation.id === 'a2a.request') return;
  refuseBody(operation, request);
  refuseQuery(operation, request);
}

function refuseBody({ id }: Operation, { body, routeOptions }: FastifyRequest): void {
  if (routeOptions.schema?.body !== undefined) return;
  // A stream is no JSON; whoever takes one reads it.
  if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype) return;
  const [member] = Object.keys(body);
  if (member !== undefined)
    throw new ZeroError('USAGE', `the operation ${id} takes no body, but got ${JSON.stringify(member)}`, {
      hint: 'Send it without a body; GET /v1/openapi.json describes every request.',
    });
}

function refuseQuery({ id }: Operation, { query, routeOptions }: FastifyRequest): void {
  const { properties = {} } = (routeOptions.schema?.querystring ?? {}) as { properties?: object };
  const stray = Object.keys(query as object).find((name) => !Object.hasOwn(properties, name));
  if (stray !== undefined)
    throw new ZeroError(
      'USAGE',
      `the query of ${id} ${unknownMemberText(stray, Object.keys(properties), 'parameter')}`,
      { hint: 'Leave it out; GET /v1/openapi.json describes every request.' },
    );
}

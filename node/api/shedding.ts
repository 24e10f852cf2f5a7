// Requests of programs as work among the rest: those that make a node work count as under way until their last byte is sent, and give way by
// class as requests of peers do. Must not count what only looks at memory: an operator sees what goes on also when there is too much.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Overload, WorkClass } from '../admission/index.ts';
import { givesWay } from './give-way.ts';
import { type OperationName, operationAsked } from './operations.ts';

/**
 * What each kind of work is. Not here is what looks at memory, what waits for events, and what stops things (cancellations, revocations, orders of
 * quarantine, going back to an earlier policy): that is served as long as the process answers, within the rate of its token.
 */
const WORK: { readonly [K in OperationName]?: WorkClass } = {
  'agents.find': 'timed',
  'cards.resolve': 'timed',
  'tasks.submit': 'timed',
  'a2a.request': 'timed',
  'partners.query': 'timed',
  'provenance.query': 'timed',
  'receipts.verify': 'timed',
  'sealed.open': 'timed',
  'decisions.replay': 'timed',
  'artifacts.add': 'bulk',
  'artifacts.fetch': 'bulk',
  'artifacts.content': 'bulk',
  'log.check': 'bulk',
  'log.copies': 'bulk',
  'node.backup': 'bulk',
  'provenance.add': 'bulk',
  'provenance.bundle': 'bulk',
  'reputation.log': 'bulk',
};

/** What kind of work an operation is; undefined: it is not counted. */
export const workOf = (id: OperationName): WorkClass | undefined => WORK[id];

/** Adds the hook. It comes after the one that says who may ask: who may not is no work. */
export function shed(app: FastifyInstance, overload: Overload): void {
  app.addHook('onRequest', async (request, reply) => {
    const asked = operationAsked(request.method, request.routeOptions.url);
    const work = asked === undefined ? undefined : workOf(asked.id);
    if (work === undefined) return;
    const leave = overload.enter(work);
    if (leave === undefined) throw givesWay(reply, work);
    // Sent whole, or given up by who asked: rows count until the last.
    reply.raw.once('close', leave);
  });
  // Who asks for the head of an answer is told it, and nothing is read for nobody after the request has ended.
  app.addHook('onSend', async (request, _reply, payload) => {
    if (request.method !== 'HEAD' || !(payload instanceof Readable)) return payload;
    payload.destroy();
    return Readable.from([]);
  });
}

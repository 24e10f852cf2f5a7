// Requests take turns of the one thread, and a body is read as JSON in the turn of its request: /livez and /readyz are answered between, whatever
// the others ask for. A body of more values than anything has that is sent here is refused before it is read: reading it would be one turn of seconds.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Overload } from '../admission/index.ts';
import { isUrgent } from './access.ts';
import { givesWay } from './give-way.ts';
import { operationAsked } from './operations.ts';
import { workOf } from './shedding.ts';
import { type Lane, Turns } from './turns.ts';

/** Values (members of objects and of arrays) in one body: far more than a receipt with its proofs has; reading them takes a tenth of a second. */
export const BODY_VALUES_MAX = 200_000;

/** What is answered at once, since others decide by it whether this process is ended or asked at all. */
const AT_ONCE: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/** Bytes of a text that are looked at one by one before its end is sought: most are short. */
const SHORT_BYTES = 32;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const OBJECT = 0x7b;

/** Adds the hook and the parser. They come after those that refuse. */
export function takeTurns(app: FastifyInstance, overload: Overload, turns = new Turns()): void {
  app.server.on('connection', () => turns.connected());
  const replies = new WeakMap<FastifyRequest, FastifyReply>();
  /** Runs it in its turn; one whose asker has gone is not begun, unless it stops something. */
  const take = (request: FastifyRequest, reply: FastifyReply, run: (refused?: Error) => void) => {
    const lane = laneOf(request);
    const isTaken = turns.take(lane, () => {
      if (stops(request) || !request.socket.destroyed) run();
    });
    if (isTaken) return;
    overload.refuse(lane);
    run(givesWay(reply, lane, ': too many requests wait'));
  };
  app.addHook('onRequest', (request, reply, done) => {
    if (AT_ONCE.has(request.routeOptions.url ?? '')) return done();
    replies.set(request, reply);
    // One with a body takes its turn when that is there.
    if (bringsJson(request)) return done();
    take(request, reply, done);
  });
  const read = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    take(request, replies.get(request) as FastifyReply, (refused) => {
      if (refused !== undefined) return done(refused);
      if (hasManyValues(body))
        return done(
          new ZeroError('LIMIT_EXCEEDED', `the body has more than ${BODY_VALUES_MAX} values`, {
            hint: 'Send less at once; what is large goes as one string in base64 or as an artifact.',
          }),
        );
      read(request, body.toString('utf8'), done);
    });
  });
}

/** Whether JSON has too many values, counted without reading it: what opens an array or an object and what stands between members, outside of strings. */
export function hasManyValues(json: Uint8Array): boolean {
  // Each value takes two bytes at least.
  if (json.length < 2 * BODY_VALUES_MAX) return false;
  let values = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at + 1);
    else if (byte === COMMA || byte === ARRAY || byte === OBJECT) {
      values += 1;
      if (values > BODY_VALUES_MAX) return true;
    }
  }
  return false;
}

/** Where a text that begins here ends: the place of its quote. */
function endOfText(json: Uint8Array, begin: number): number {
  let plain = 0;
  let quote = -1;
  for (let at = begin; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) return at;
    plain = byte === BACKSLASH ? 0 : plain + 1;
    if (byte === BACKSLASH) at += 1;
    if (plain < SHORT_BYTES) continue;
    // Most of a body is one long text, whose end is found many times faster so. The same stretch is never looked through twice for the same.
    if (quote <= at) quote = json.indexOf(QUOTE, at + 1);
    if (quote < 0) return json.length;
    const escaped = json.subarray(at + 1, quote).indexOf(BACKSLASH);
    if (escaped < 0) return quote;
    at += escaped;
    plain = 0;
  }
  return json.length;
}

const bringsJson = ({ headers, method }: FastifyRequest): boolean =>
  method === 'POST' &&
  (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) &&
  (headers['content-type'] ?? '').trimStart().toLowerCase().startsWith('application/json');

/** Whether it stops something, also when nobody waits for the answer any more. */
function stops(request: FastifyRequest): boolean {
  const operation = operationAsked(request.method, request.routeOptions.url);
  return operation !== undefined && isUrgent(operation.id);
}

function laneOf(request: FastifyRequest): Lane {
  const operation = operationAsked(request.method, request.routeOptions.url);
  // What is no operation is small: metrics, the files of the console.
  if (operation === undefined || isUrgent(operation.id)) return 'urgent';
  return workOf(operation.id) === 'bulk' ? 'bulk' : 'timed';
}

// JSON, binary and line-by-line bodies: who sends which, and how answers go back in the form that the caller accepts.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { CBOR_TYPE, readBinary, writeBinary } from './binary.ts';
import { checkJsonItems } from './items.ts';
import { BODY_BYTES_MAX, BODY_DEPTH_MAX } from './limits.ts';

/** Media type of an import: one envelope in JSON on each line. */
export const LINES_TYPE = 'application/x-ndjson';

/** Teaches a server its forms. */
export function useForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => {
      checkJsonItems(body);
      return parseStrictJson(body, { bytesMax: BODY_BYTES_MAX, depthMax: BODY_DEPTH_MAX });
    },
  );
  app.addContentTypeParser(CBOR_TYPE, { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    readBinary(body),
  );
  // The stream itself is the body: the route reads it at its own pace.
  app.addContentTypeParser(LINES_TYPE, (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request, reply) => answerInForm(request, reply));
}

/** True when the caller asked for the binary form. */
export function wantsBinary(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes(CBOR_TYPE);
}

function answerInForm(request: FastifyRequest, reply: FastifyReply): void {
  if (!wantsBinary(request)) return;
  // The types know text only; bytes are sent as they are.
  const write = (value: unknown) => Buffer.from(writeBinary(value)) as unknown as string;
  void reply.type(CBOR_TYPE).serializer(write);
}

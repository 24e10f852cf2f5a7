// A long import: envelopes in JSON, one a line, read no faster than they reach the disk; progress goes back line by line.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { type Envelope, envelopeFromJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { parseStrictJson } from '../../../protocol/json/index.ts';
import { verifiedEntries } from '../../verified-entry.ts';
import type { ServerContext } from '../context.ts';
import { typedError } from '../errors.ts';
import { LINES_TYPE } from '../forms.ts';
import { IMPORT_BYTES_MAX, IMPORT_GROUP_MAX, IMPORT_LINE_BYTES_MAX, REFUSED_NAMED_MAX } from '../limits.ts';

const NEW_LINE = 0x0a;

export function registerImportRoute(app: FastifyInstance, context: ServerContext): void {
  app.post<{ Body: Readable }>(
    '/v1/import',
    {
      bodyLimit: IMPORT_BYTES_MAX,
      schema: {
        summary: 'Import many cards: one DSSE JSON envelope a line; answers progress a line',
        description:
          'Each answered line is {"done","accepted","refused"}; everything counted as accepted is on disk. A refused card has its line {"refusedLine","code","message"}. The last line has "finished": true, or "error".',
        consumes: [LINES_TYPE],
        produces: [LINES_TYPE],
      },
    },
    async (request, reply) => {
      if (!(request.body instanceof Readable))
        throw new ZeroError('USAGE', `an import is of type ${LINES_TYPE}`);
      return reply.type(LINES_TYPE).send(Readable.from(progress(context, request.body)));
    },
  );
}

/** Lines of the answer. A failure is its last line: the status has gone out long before. */
async function* progress(context: ServerContext, body: Readable): AsyncGenerator<string> {
  const { index, metrics, writes } = context;
  const total = { done: 0, accepted: 0, refused: 0 };
  let named = 0;
  try {
    for await (const group of groupsOf(linesOf(body))) {
      const { entries, refused } = await writes.run(async () => {
        const verified = await verifiedEntries(group, envelopeOf);
        await index.upsertBatch(verified.entries);
        return verified;
      });
      metrics.count('zerostate_index_cards_received_total', { result: 'accepted' }, entries.length);
      metrics.count('zerostate_index_cards_received_total', { result: 'refused' }, refused.length);
      for (const { at, code, message } of refused)
        if (named++ < REFUSED_NAMED_MAX) yield line({ refusedLine: total.done + at + 1, code, message });
      total.done += group.length;
      total.accepted += entries.length;
      total.refused += refused.length;
      yield line(total);
    }
    yield line({ ...total, finished: true });
  } catch (error) {
    yield line({ ...total, error: typedError(error).toJSON() });
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function envelopeOf(bytes: Uint8Array): Envelope {
  return envelopeFromJson(parseStrictJson(bytes));
}

/** Lines that are not empty. Throws LIMIT_EXCEEDED at one that is too long. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(NEW_LINE); end >= 0; end = rest.indexOf(NEW_LINE, from)) {
      if (end > from) yield bounded(rest.subarray(from, end));
      from = end + 1;
    }
    rest = bounded(rest.subarray(from));
  }
  if (rest.length > 0) yield rest;
}

function bounded(bytes: Buffer): Buffer {
  if (bytes.length > IMPORT_LINE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a line is longer than ${IMPORT_LINE_BYTES_MAX} bytes`);
  return bytes;
}

async function* groupsOf(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let group: Uint8Array[] = [];
  for await (const one of lines) {
    group.push(one);
    if (group.length < IMPORT_GROUP_MAX) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

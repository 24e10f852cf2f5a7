// Questions: one, or a batch whose answers stand in the order of its queries.

import type { FastifyInstance } from 'fastify';
import type { CardAnswer, CardQuery } from '../../interface.ts';
import type { ServerContext } from '../context.ts';
import { typedError } from '../errors.ts';
import { BATCH_PARALLEL_MAX, QUERY_BYTES_MAX } from '../limits.ts';
import {
  answerSchema,
  batchAnswerSchema,
  batchSchema,
  errorSchema,
  type QueryBody,
  querySchema,
} from '../schema.ts';

export function registerQueryRoutes(app: FastifyInstance, { index, queries }: ServerContext): void {
  app.post<{ Body: QueryBody }>(
    '/v1/query',
    {
      bodyLimit: QUERY_BYTES_MAX,
      schema: {
        summary: 'The cards nearest in meaning',
        body: querySchema,
        response: { 200: answerSchema, '4xx': errorSchema, '5xx': errorSchema },
      },
    },
    (request) => queries.run(() => index.query(cardQuery(request.body))),
  );

  app.post<{ Body: { queries: QueryBody[] } }>(
    '/v1/query/batch',
    {
      schema: {
        summary: 'Several questions at once; each has its answer or its error',
        body: batchSchema,
        response: { 200: batchAnswerSchema, '4xx': errorSchema, '5xx': errorSchema },
      },
    },
    async (request) => {
      const answers = await queries.run(() =>
        each(request.body.queries, (query) => index.query(cardQuery(query))),
      );
      return { answers };
    },
  );
}

function cardQuery({ vector, ...rest }: QueryBody): CardQuery {
  return vector === undefined ? rest : { ...rest, vector: Float32Array.from(vector) };
}

type Outcome = { answer: CardAnswer } | { error: object };

async function each(
  queries: readonly QueryBody[],
  ask: (query: QueryBody) => Promise<CardAnswer>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(queries.length);
  const next = queries.entries();
  const worker = async () => {
    for (const [at, query] of next)
      outcomes[at] = await ask(query).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error: typedError(error).toJSON() }),
      );
  };
  await Promise.all(Array.from({ length: BATCH_PARALLEL_MAX }, worker));
  return outcomes;
}

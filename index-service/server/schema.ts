// What the HTTP server takes and answers, written once: validation, serialisation and the OpenAPI document come from here.
// The search checks queries again and more strictly (search/check-query.ts); this is the form.

import Type from 'typebox';
import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter } from '../interface.ts';
import { DIMS_MAX, FILTER_NODES_MAX, FILTER_VALUES_MAX, QUERY_K_MAX, QUERY_TEXT_MAX } from '../limits.ts';
import { BATCH_QUERIES_MAX, CARDS_PER_PAGE_MAX, CARDS_PER_REQUEST_MAX, REPUTATIONS_MAX } from './limits.ts';

const text = Type.String();
const closed = { additionalProperties: false };
const values = Type.Array(text, { maxItems: FILTER_VALUES_MAX });
const valueOrValues = Type.Union([text, values]);
const level = Type.Unsafe<string>({ type: 'string', enum: [...SLA_CLASSES] });
const inner = Type.Unsafe<CardFilter>({ $ref: 'CardFilter#' });

/** Registered under its id, because it holds itself. */
export const filterSchema = Type.Object(
  {
    region: Type.Optional(valueOrValues),
    owner: Type.Optional(valueOrValues),
    tagsAny: Type.Optional(values),
    tagsAll: Type.Optional(values),
    tagsNone: Type.Optional(values),
    priceMax: Type.Optional(
      Type.Object(
        {
          amount: Type.String({ pattern: '^\\d{1,78}$', description: 'Whole micro-units.' }),
          currency: text,
          unit: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: [...PRICE_UNITS] })),
        },
        closed,
      ),
    ),
    sla: Type.Optional(Type.Union([level, Type.Array(level, { maxItems: SLA_CLASSES.length })])),
    notExpiredAt: Type.Optional(Type.Number({ description: 'Milliseconds since 1970.' })),
    reputationMin: Type.Optional(Type.Number()),
    and: Type.Optional(Type.Array(inner, { maxItems: FILTER_NODES_MAX })),
    or: Type.Optional(Type.Array(inner, { maxItems: FILTER_NODES_MAX })),
    not: Type.Optional(inner),
  },
  { ...closed, $id: 'CardFilter', description: 'All members must hold; docs/reference/index.md says how.' },
);

export const querySchema = Type.Object(
  {
    text: Type.Optional(Type.String({ minLength: 1, maxLength: QUERY_TEXT_MAX })),
    vector: Type.Optional(
      Type.Array(Type.Number(), {
        maxItems: DIMS_MAX,
        description: 'In CBOR a byte string instead: 32-bit floats, little-endian.',
      }),
    ),
    embedder: Type.Optional(Type.String({ maxLength: 256, description: 'Embedder of the vector.' })),
    k: Type.Integer({ minimum: 1, maximum: QUERY_K_MAX, default: 10 }),
    filter: Type.Optional(inner),
  },
  closed,
);

/** A query as the form lets it through. */
export interface QueryBody {
  readonly text?: string;
  readonly vector?: readonly number[];
  readonly embedder?: string;
  readonly k: number;
  readonly filter?: CardFilter;
}

export const batchSchema = Type.Object(
  { queries: Type.Array(querySchema, { minItems: 1, maxItems: BATCH_QUERIES_MAX }) },
  closed,
);

export const errorSchema = Type.Object({
  error: Type.Object({
    code: text,
    message: text,
    retryable: Type.Boolean(),
    hint: text,
    details: Type.Unsafe<object>({ type: 'object', additionalProperties: true }),
  }),
});

export const answerSchema = Type.Object({
  results: Type.Array(
    Type.Object({ agentId: text, cardId: text, name: text, score: Type.Number({ minimum: 0, maximum: 1 }) }),
  ),
  mode: text,
  rough: Type.Boolean(),
  recall: Type.Number(),
  embedder: text,
  matched: Type.Integer(),
  partial: Type.Optional(Type.Boolean({ description: 'True when cards may be missing.' })),
});

/** One of the two for each query, in the order of the queries. */
export const batchAnswerSchema = Type.Object({
  answers: Type.Array(
    Type.Object({ answer: Type.Optional(answerSchema), error: Type.Optional(errorSchema.properties.error) }),
  ),
});

const envelope = Type.Unsafe<object>({
  type: 'object',
  description: 'A signed card: DSSE JSON; in CBOR the wire bytes of its envelope.',
  properties: {
    payloadType: { type: 'string' },
    payload: { type: 'string' },
    signatures: { type: 'array' },
  },
});

export const cardsSchema = Type.Object(
  { cards: Type.Array(envelope, { minItems: 1, maxItems: CARDS_PER_REQUEST_MAX }) },
  closed,
);

export const cardsAnswerSchema = Type.Object({
  accepted: Type.Integer({ description: 'Verified and on disk, or older than what is known.' }),
  refusedCount: Type.Integer(),
  refused: Type.Array(Type.Object({ at: Type.Integer(), code: text, message: text })),
});

export type CardsAnswer = {
  accepted: number;
  refusedCount: number;
  refused: { at: number; code: string; message: string }[];
};

export const storedCardSchema = Type.Object({ agentId: text, cardId: text, envelope });

export const agentParams = Type.Object({ agentId: Type.String({ minLength: 1, maxLength: 128 }) });

export const listParams = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 128, description: 'Last agent id of the page before.' })),
    limit: Type.Optional(
      Type.String({ pattern: '^[1-9]\\d{0,3}$', description: `1 to ${CARDS_PER_PAGE_MAX}.` }),
    ),
  },
  closed,
);

/** Cards by agent id; `next` is left out at the end. */
export const listSchema = Type.Object({
  cards: Type.Array(Type.Object({ agentId: text, cardId: text, reputation: Type.Number() })),
  next: Type.Optional(text),
});

export const reputationsSchema = Type.Object(
  {
    reputations: Type.Array(
      Type.Object(
        {
          agentId: Type.String({ minLength: 1, maxLength: 128 }),
          reputation: Type.Number({ minimum: 0, maximum: 1 }),
        },
        closed,
      ),
      { minItems: 1, maxItems: REPUTATIONS_MAX },
    ),
  },
  closed,
);

export const statsSchema = Type.Unsafe<object>({ type: 'object', additionalProperties: true });

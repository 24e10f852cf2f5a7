// What can be asked of discovery; the HTTP API and the index protocol validate with the same schema.

import Type, { type Static } from 'typebox';

/** Longest query text in characters. */
export const QUERY_CHARS_MAX = 1_000;
/** Most answers of one request. */
export const RESULTS_MAX = 50;

const tag = Type.String({ minLength: 1, maxLength: 64 });
const tags = Type.Array(tag, { maxItems: 16 });

export const findFilterSchema = Type.Object(
  {
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    tagsAny: Type.Optional(tags),
    tagsAll: Type.Optional(tags),
    tagsNone: Type.Optional(tags),
    /** Lower bound of reputation as the asking node sees it: an index has another view and is never asked. */
    reputationMin: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    sla: Type.Optional(
      Type.Union([Type.Literal('best-effort'), Type.Literal('standard'), Type.Literal('premium')]),
    ),
  },
  { additionalProperties: false },
);

export type FindFilter = Static<typeof findFilterSchema>;

/** One question to an index. */
export const shortlistRequestSchema = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: QUERY_CHARS_MAX }),
    k: Type.Integer({ minimum: 1, maximum: RESULTS_MAX * 4 }),
    filter: findFilterSchema,
  },
  { additionalProperties: false },
);

export type ShortlistRequest = Static<typeof shortlistRequestSchema>;

/** An index's answer: ids and scores only. Nothing of it is believed before the cards are checked. */
export const shortlistSchema = Type.Object(
  {
    embedder: Type.String({ maxLength: 256 }),
    mode: Type.String({ maxLength: 32 }),
    /** Set when the vector of the query was a rough one, because too many queries waited. */
    rough: Type.Optional(Type.Boolean()),
    results: Type.Array(
      Type.Object(
        {
          agentId: Type.String({ maxLength: 128 }),
          cardId: Type.String({ maxLength: 128 }),
          score: Type.Number({ minimum: 0, maximum: 1 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: RESULTS_MAX * 4 },
    ),
  },
  { additionalProperties: false },
);

export type Shortlist = Static<typeof shortlistSchema>;

/** Questions of one batch: together no more work than the single questions that a peer may ask in a second. */
export const BATCH_REQUESTS_MAX = 16;
const MESSAGE_CHARS_MAX = 500; // an error message that another node shows

/** Several questions to an index at once. */
export const shortlistBatchSchema = Type.Object(
  { requests: Type.Array(shortlistRequestSchema, { minItems: 1, maxItems: BATCH_REQUESTS_MAX }) },
  { additionalProperties: false },
);

/** One of the two for each question, in the order of the questions. */
export const shortlistBatchAnswerSchema = Type.Object(
  {
    answers: Type.Array(
      Type.Object(
        {
          shortlist: Type.Optional(shortlistSchema),
          error: Type.Optional(
            Type.Object({
              code: Type.String({ maxLength: 64 }),
              message: Type.String({ maxLength: MESSAGE_CHARS_MAX }),
            }),
          ),
        },
        { additionalProperties: false },
      ),
      { maxItems: BATCH_REQUESTS_MAX },
    ),
  },
  { additionalProperties: false },
);

export type ShortlistBatchAnswer = Static<typeof shortlistBatchAnswerSchema>;

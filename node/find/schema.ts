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

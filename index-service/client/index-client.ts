// Speaks to a served index over HTTP, in the binary form. Believes nothing but the form of an answer: cards are to be verified by
// whoever uses them.

import { decode } from '@ipld/dag-cbor';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { type ErrorCode, errorCodes, isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { CardAnswer, CardQuery, IndexStats } from '../interface.ts';
import { CBOR_TYPE, vectorBytes, writeBinary } from '../server/binary.ts';
import { CARDS_PER_REQUEST_MAX, REPUTATIONS_MAX } from '../server/limits.ts';
import {
  answerSchema,
  type CardsAnswer,
  cardsAnswerSchema,
  errorSchema,
  listSchema,
  statsSchema,
} from '../server/schema.ts';

/** Bytes of an answer: a batch of 64 with 1,000 hits each stays below. */
const ANSWER_BYTES_MAX = 32 * 1_048_576;
/** Milliseconds for a question and its answer. */
const ASK_MS_MAX = 30_000;
/** Milliseconds for a part of an import: 256 texts to embed and a flush. */
const WRITE_MS_MAX = 120_000;
const MESSAGE_CHARS_MAX = 500; // what a server says is shown to people: short

export interface IndexClientOptions {
  /** Such as http://127.0.0.1:7350. */
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
}

export type BatchOutcome = { readonly answer: CardAnswer } | { readonly error: ZeroError };

/** A served index. Each method throws NODE_UNREACHABLE, DECODE_FAILED, or the typed error that the server answered. */
export interface IndexClient {
  query(query: CardQuery): Promise<CardAnswer>;
  /** Up to 64 queries; outcomes in their order. */
  queryBatch(queries: readonly CardQuery[]): Promise<BatchOutcome[]>;
  /** Envelopes in wire bytes, sent in parts; `at` of what was refused counts from the first of them all. */
  importCards(
    envelopes: readonly Uint8Array[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<CardsAnswer>;
  /** The stored envelope, or null. */
  get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null>;
  remove(agentId: string): Promise<void>;
  stats(): Promise<IndexStats>;
  /** The cards behind an agent id, in the order of these ids; `next` is where the next page begins. */
  list(after?: string): Promise<CardPage>;
  /** Sets reputations for filters; agents without a card are no error. */
  setReputations(reputations: readonly AgentReputation[]): Promise<void>;
}

export interface AgentReputation {
  readonly agentId: string;
  /** 0..1 */
  readonly reputation: number;
}

export interface CardPage {
  readonly cards: readonly { agentId: string; cardId: string; reputation: number }[];
  readonly next?: string;
}

const outcomesSchema = Type.Object({
  answers: Type.Array(
    Type.Object({
      answer: Type.Optional(answerSchema),
      error: Type.Optional(errorSchema.properties.error),
    }),
  ),
});
const storedSchema = Type.Object({ cardId: Type.String(), envelope: Type.Unsafe<Uint8Array>({}) });

/** A client; opens nothing before it is used. */
export function indexClient(options: IndexClientOptions): IndexClient {
  const base = options.url.replace(/\/$/, '');
  const send = options.fetch ?? fetch;

  async function call(method: string, path: string, body?: object, timeoutMs = ASK_MS_MAX): Promise<unknown> {
    const response = await send(`${base}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${options.token}`,
        accept: CBOR_TYPE,
        ...(body && { 'content-type': CBOR_TYPE }),
      },
      ...(body && { body: writeBinary(body) as Uint8Array<ArrayBuffer> }),
    }).catch((cause) => {
      throw new ZeroError('NODE_UNREACHABLE', `the index at ${base} does not answer`, { cause });
    });
    if (response.status === 204) return null;
    const answer = await readAnswer(response);
    if (!response.ok) throw typed(answer);
    return answer;
  }

  return {
    async query(query) {
      return answerOf(await call('POST', '/v1/query', wire(query)));
    },
    async queryBatch(queries) {
      const found = await call('POST', '/v1/query/batch', { queries: queries.map(wire) });
      if (!Value.Check(outcomesSchema, found) || found.answers.length !== queries.length)
        throw malformed('a batch of answers');
      return found.answers.map(({ answer, error }) =>
        answer === undefined ? { error: typed({ error }) } : { answer: answerOf(answer) },
      );
    },
    async importCards(envelopes, onProgress) {
      const total: CardsAnswer = { accepted: 0, refusedCount: 0, refused: [] };
      for (let at = 0; at < envelopes.length; at += CARDS_PER_REQUEST_MAX) {
        const cards = envelopes.slice(at, at + CARDS_PER_REQUEST_MAX);
        const part = await call('POST', '/v1/cards', { cards }, WRITE_MS_MAX);
        if (!Value.Check(cardsAnswerSchema, part)) throw malformed('a report of an import');
        total.accepted += part.accepted;
        total.refusedCount += part.refusedCount;
        total.refused.push(...part.refused.map((one) => ({ ...one, at: one.at + at })));
        onProgress?.(Math.min(at + cards.length, envelopes.length), envelopes.length);
      }
      return total;
    },
    async get(agentId) {
      try {
        const stored = await call('GET', `/v1/cards/${encodeURIComponent(agentId)}`);
        if (!Value.Check(storedSchema, stored) || !(stored.envelope instanceof Uint8Array))
          throw malformed('a stored card');
        return { cardId: stored.cardId, envelope: stored.envelope };
      } catch (error) {
        if (isZeroError(error) && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
    async remove(agentId) {
      await call('DELETE', `/v1/cards/${encodeURIComponent(agentId)}`);
    },
    async list(after) {
      const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
      const page = await call('GET', `/v1/cards${query}`);
      if (!Value.Check(listSchema, page)) throw malformed('a list of cards');
      return page;
    },
    async setReputations(reputations) {
      for (let at = 0; at < reputations.length; at += REPUTATIONS_MAX)
        await call('POST', '/v1/reputations', { reputations: reputations.slice(at, at + REPUTATIONS_MAX) });
    },
    async stats() {
      const stats = await call('GET', '/v1/stats');
      if (!Value.Check(statsSchema, stats)) throw malformed('figures');
      return stats as unknown as IndexStats;
    },
  };
}

function wire({ vector, filter, ...rest }: CardQuery): object {
  return {
    ...rest,
    ...(filter && { filter: plainAmounts(filter) }),
    ...(vector && { vector: vectorBytes(vector) }),
  };
}

/** Amounts travel as text. */
function plainAmounts(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainAmounts);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainAmounts(member)]));
}

function answerOf(value: unknown): CardAnswer {
  if (!Value.Check(answerSchema, value)) throw malformed('an answer');
  return value as CardAnswer;
}

function malformed(what: string): ZeroError {
  return new ZeroError('DECODE_FAILED', `the index did not send ${what}`);
}

async function readAnswer(response: Response): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body ?? []) {
      length += part.length;
      if (length > ANSWER_BYTES_MAX)
        throw new ZeroError('LIMIT_EXCEEDED', `the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
      parts.push(part);
    }
    return decode(Buffer.concat(parts));
  } catch (cause) {
    if (isZeroError(cause)) throw cause;
    throw new ZeroError(
      'DECODE_FAILED',
      `the index answered with status ${response.status} and no DAG-CBOR`,
      {
        cause,
      },
    );
  }
}

function typed(answer: unknown): ZeroError {
  const { code, message } = (answer as { error?: { code?: unknown; message?: unknown } } | null)?.error ?? {};
  if (typeof code !== 'string' || !Object.hasOwn(errorCodes, code)) return malformed('a typed error');
  return new ZeroError(code as ErrorCode, `index: ${String(message).slice(0, MESSAGE_CHARS_MAX)}`);
}

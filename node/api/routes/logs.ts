// Routes of the logs and of revocations.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { logNamed } from '../../log-service/index.ts';
import { freshnessView } from '../../revocation/freshness-view.ts';
import type { KnownRevocation } from '../../revocation/revocation-service.ts';
import { logsView, logView, revocationView } from '../../views.ts';
import { pageAnswer, pageOf, pageQuery, wordsOf } from '../lists/page.ts';
import { pathOf } from '../operations.ts';
import { freshnessViewSchema, logsViewSchema, logViewSchema, revocationViewSchema } from '../views.ts';

/** Logs whose freshness is told, the stalest first. */
const FRESHNESS_LISTED_MAX = 500;
const query = Type.Object({
  origin: Type.Optional(Type.String({ maxLength: 256 })),
  log: Type.String({ default: '', maxLength: 256, description: 'The same as a peer id or node name.' }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  before: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'Entries older than this index; 0: the newest.',
  }),
});
const revocationsQuery = Type.Object({
  ...pageQuery,
  issuer: Type.String({ maxLength: 128, default: '', description: 'Agent id of who signed it.' }),
});

interface LogAsked {
  origin?: string;
  log: string;
  limit: number;
  before: number;
}
interface RevocationsAsked {
  limit: number;
  cursor: string;
  q: string;
  issuer: string;
}

export function registerLogRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get<{ Querystring: LogAsked }>(
    pathOf('log.get'),
    {
      schema: {
        summary: 'Head of a log (default: the own one) and its newest entries, or those before an index',
        querystring: query,
        response: { 200: logViewSchema },
      },
    },
    async ({ query: { before, limit, log, origin } }) =>
      logView(node, origin ?? logNamed(node, log), limit, before),
  );
  app.get(
    pathOf('log.list'),
    { schema: { summary: 'Every log held', response: { 200: logsViewSchema } } },
    async () => logsView(node),
  );
  app.get<{ Querystring: RevocationsAsked }>(
    pathOf('log.revocations'),
    {
      schema: {
        summary: 'Revocations known, newest first, a page at a time',
        querystring: revocationsQuery,
        response: { 200: Type.Object({ revocations: Type.Array(revocationViewSchema), ...pageAnswer }) },
      },
    },
    async ({ query: { issuer, q, ...page } }) => {
      const ordered = node.revocations.list(Number.MAX_SAFE_INTEGER);
      const words = wordsOf(q);
      const { rows, ...found } = pageOf(
        ordered,
        page,
        ({ statementId }) => statementId,
        (known) => (issuer === '' || known.issuer === issuer) && hasWords(node, known, words),
      );
      return {
        ...found,
        total: ordered.length,
        revocations: rows.map((known) => revocationView(node, known)),
      };
    },
  );
  app.get(
    pathOf('log.freshness'),
    {
      schema: {
        summary: 'How fresh what this node knows of revocations is, log by log, the stalest first',
        response: { 200: freshnessViewSchema },
      },
    },
    async () => freshnessView(node, FRESHNESS_LISTED_MAX),
  );
}

function hasWords(
  { book }: NodeContext,
  { issuer, predicate, statementId }: KnownRevocation,
  words: string[],
): boolean {
  if (words.length === 0) return true;
  const name = book.get(issuer)?.card.name ?? '';
  const text = `${name} ${predicate.reason} ${issuer} ${predicate.target.id} ${statementId}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

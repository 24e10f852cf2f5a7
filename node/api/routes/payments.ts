// Routes of payment channels and of the ledger.

import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { agentAccount, STATEMENT_ENTRIES_MAX } from '../../../protocol/ledger/index.ts';
import type { NodeContext } from '../../context.ts';
import {
  balanceViewSchema,
  balanceViews,
  channelView,
  channelViewSchema,
  entryView,
  ledgerReportSchema,
  postingView,
  postingViewSchema,
  statementViewSchema,
} from '../../payments/views.ts';
import { pathOf } from '../operations.ts';

/** Postings of one answer. */
const LISTED_MAX = 500;
/** Sides that one end of an id is looked up for: both of one channel, and one more that shows that it is not enough to tell them apart. */
const SIDES_SHOWN_MAX = 3;
const closed = { additionalProperties: false } as const;
const agentId = Type.String({ pattern: '^zs:b[a-z2-7]{58}$' });
const amount = Type.String({ pattern: '^[0-9]{1,22}$' });
const currency = Type.String({ pattern: '^[A-Z][A-Z0-9]{2,11}$' });
const name = Type.String({ pattern: '^[!-~]{1,128}$' });
const channelParams = Type.Object({ channel: Type.String({ minLength: 6, maxLength: 64 }) });

const openBody = Type.Object(
  {
    payer: Type.Optional(agentId),
    payee: agentId,
    currency,
    escrow: Type.Optional(amount),
    deposit: Type.Optional(amount),
    step: Type.Optional(amount),
    penalty: Type.Optional(amount),
    disputeSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  },
  closed,
);
const payBody = Type.Object({ amount, reference: name, task: Type.Optional(name) }, closed);
const closeBody = Type.Object({ alone: Type.Boolean({ default: false }) }, closed);
const postBody = Type.Object(
  {
    by: Type.Optional(agentId),
    name: Type.Optional(name),
    kind: Type.Enum(['issue', 'transfer', 'fee']),
    currency,
    amount,
    to: Type.Optional(agentId),
    memo: Type.String({ maxLength: 500, default: '' }),
  },
  closed,
);

interface OpenBody {
  payer?: string;
  payee: string;
  currency: string;
  escrow?: string;
  deposit?: string;
  step?: string;
  penalty?: string;
  disputeSeconds?: number;
}
interface PostBody {
  by?: string;
  name?: string;
  kind: 'issue' | 'transfer' | 'fee';
  currency: string;
  amount: string;
  to?: string;
  memo: string;
}

/** The agent that the caller names, or the first of this node: the one that also asks for its tasks. Throws USAGE when there is none. */
function ownAgent(node: NodeContext, given: string | undefined): string {
  const agent = given ?? node.vault.list()[0]?.agentId;
  if (agent !== undefined) return agent;
  throw new ZeroError('USAGE', 'no agent lives on this node', {
    hint: 'Publish a card first: "zerostate card publish FILE".',
  });
}

/** Sides of a channel that this node has, by its id or the end of it. Throws NOT_FOUND. */
async function sidesOf(node: NodeContext, id: string) {
  const found = await node.payments.sides.endingIn(id, SIDES_SHOWN_MAX);
  if (new Set(found.map(({ terms }) => terms.channel)).size === 1) return found;
  throw new ZeroError(
    'NOT_FOUND',
    found.length === 0 ? `this node has no channel ${id}` : `${id} is the end of several channels`,
    { hint: 'List them: "zerostate channel list".' },
  );
}

function registerChannelRoutes(app: FastifyInstance, node: NodeContext): void {
  const answer = async (id: string) => channelView(node, (await sidesOf(node, id))[0]!);
  app.get(
    pathOf('channels.list'),
    {
      schema: {
        summary: 'Payment channels of this node, newest last, without settled ones that were put away',
        response: { 200: Type.Object({ channels: Type.Array(channelViewSchema) }) },
      },
    },
    async () => ({ channels: node.payments.sides.list().map(({ state }) => channelView(node, state)) }),
  );
  app.post<{ Body: OpenBody }>(
    pathOf('channels.open'),
    {
      schema: {
        summary: 'Open a payment channel to an agent',
        body: openBody,
        response: { 201: channelViewSchema },
      },
    },
    async (request, reply) => {
      const { escrow, deposit, step, penalty, ...rest } = request.body;
      const amounts = Object.fromEntries(
        Object.entries({ escrow, deposit, step, penalty }).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, BigInt(value)]],
        ),
      );
      const wanted = { ...rest, ...amounts, payer: ownAgent(node, rest.payer) };
      return reply.status(201).send(channelView(node, await node.payments.channels.open(wanted)));
    },
  );
  app.get<{ Params: { channel: string } }>(
    pathOf('channels.get'),
    { schema: { summary: 'One channel', params: channelParams, response: { 200: channelViewSchema } } },
    async (request) => answer(request.params.channel),
  );
  app.post<{ Params: { channel: string }; Body: { amount: string; reference: string; task?: string } }>(
    pathOf('channels.pay'),
    {
      schema: {
        summary: 'Pay through a channel, for an offer or for what the reference names',
        params: channelParams,
        body: payBody,
        response: { 200: channelViewSchema },
      },
    },
    async (request) => {
      const { amount: paid, reference, task = null } = request.body;
      const { channel } = (await sidesOf(node, request.params.channel))[0]!.terms;
      await node.payments.channels.pay(channel, { task, amount: BigInt(paid), reference });
      return answer(channel);
    },
  );
  app.post<{ Params: { channel: string }; Body: { alone: boolean } }>(
    pathOf('channels.close'),
    {
      schema: {
        summary: 'End a channel: with the other side, or alone with the newest state',
        params: channelParams,
        body: closeBody,
        response: { 200: channelViewSchema },
      },
    },
    async (request) => {
      const [state] = await sidesOf(node, request.params.channel);
      const { side, terms } = state!;
      await node.payments.channels.close(terms.channel, side, request.body.alone);
      return answer(terms.channel);
    },
  );
  app.post<{ Params: { channel: string } }>(
    pathOf('channels.dispute'),
    {
      schema: {
        summary:
          'Answer what was posted about a channel now; the node does so by itself as soon as it sees it',
        params: channelParams,
        response: { 200: channelViewSchema },
      },
    },
    async (request) => {
      for (const { side, terms } of await sidesOf(node, request.params.channel))
        await node.payments.sides.resume(terms.channel, side);
      return answer(request.params.channel);
    },
  );
}

function registerLedgerRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get<{ Querystring: { limit: number } }>(
    pathOf('ledger.list'),
    {
      schema: {
        summary: 'The newest postings of the ledger',
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: LISTED_MAX, default: 50 }) }),
        response: { 200: Type.Object({ postings: Type.Array(postingViewSchema) }) },
      },
    },
    async (request) => ({ postings: node.payments.ledger.postings(request.query.limit).map(postingView) }),
  );
  app.get<{ Querystring: { prefix: string } }>(
    pathOf('ledger.balances'),
    {
      schema: {
        summary: 'Balances that are not 0',
        querystring: Type.Object({ prefix: Type.String({ maxLength: 80, default: '' }) }),
        response: { 200: Type.Object({ balances: Type.Array(balanceViewSchema) }) },
      },
    },
    async (request) => ({ balances: balanceViews(node, request.query.prefix) }),
  );
  app.get<{ Params: { account: string }; Querystring: { limit: number } }>(
    pathOf('ledger.account'),
    {
      schema: {
        summary: 'Entries of one account, oldest first, and what waits for it',
        params: Type.Object({ account: Type.String({ minLength: 3, maxLength: 80 }) }),
        querystring: Type.Object({
          limit: Type.Integer({ minimum: 1, maximum: STATEMENT_ENTRIES_MAX, default: 100 }),
        }),
        response: { 200: statementViewSchema },
      },
    },
    async (request) => {
      const { account } = request.params;
      const { ledger } = node.payments;
      return {
        account,
        entries: ledger.entries(account, request.query.limit).map(entryView),
        waiting: ledger.network.waiting(account).map(postingView),
      };
    },
  );
  app.get(
    pathOf('ledger.report'),
    { schema: { summary: 'Add the whole ledger up again', response: { 200: ledgerReportSchema } } },
    async () => {
      const report = node.payments.ledger.verify();
      return {
        ...report,
        sums: report.sums.map((one) => ({ ...one, sum: String(one.sum) })),
        overdrawn: report.overdrawn.map((one) => ({ ...one, amount: String(one.amount) })),
        wrong: [...report.wrong],
      };
    },
  );
  app.post<{ Body: PostBody }>(
    pathOf('ledger.post'),
    {
      schema: {
        summary: 'Issue, transfer or give a fee from an agent of this node',
        body: postBody,
        response: { 201: Type.Object({ posting: Type.String(), state: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { kind, to, memo } = request.body;
      const by = ownAgent(node, request.body.by);
      if (kind !== 'issue' && to === undefined)
        throw new ZeroError('USAGE', `a ${kind} goes to an agent: say which`);
      const account = `${kind === 'fee' ? 'fees' : 'agent'}:${to ?? by}`;
      const posting = request.body.name ?? randomUUID();
      const state = await node.payments.ledger.post({
        by,
        name: posting,
        kind,
        currency: request.body.currency,
        to: [
          {
            account: kind === 'issue' ? agentAccount(to ?? by) : account,
            amount: BigInt(request.body.amount),
          },
        ],
        memo,
      });
      return reply.status(201).send({ posting: `${by}/${posting}`, state });
    },
  );
}

export function registerPaymentRoutes(app: FastifyInstance, node: NodeContext): void {
  registerChannelRoutes(app, node);
  registerLedgerRoutes(app, node);
}

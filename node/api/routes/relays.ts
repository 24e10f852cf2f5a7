// Routes of relays that are paid: their bills, and paying them.

import { peerIdFromString } from '@libp2p/peer-id';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

const text = Type.String();
const amount = Type.String({ pattern: '^[0-9]{1,22}$' });
const params = Type.Object({
  peer: Type.String({ minLength: 46, maxLength: 64, pattern: '^[1-9A-HJ-NP-Za-km-z]+$' }),
});
const billSchema = Type.Object({
  /** The relay's agent that is to be paid; null: it relays for nothing. */
  seller: Type.Union([text, Type.Null()]),
  currency: text,
  up: text,
  down: text,
  price: text,
  paid: text,
});
export type RelayBillView = Type.Static<typeof billSchema>;
const paidSchema = Type.Object({
  /** What may be spent without being asked, in millionths; null: nothing. */
  budget: Type.Union([
    Type.Object({ currency: text, perRelay: text, perDay: text, total: text, today: text, all: text }),
    Type.Null(),
  ]),
  relays: Type.Array(
    Type.Object({
      peer: text,
      name: text,
      /** Whom its last bill named; empty: it was not asked. */
      seller: text,
      currency: text,
      /** Own count of bytes over it since it asks a price, and what they cost by its card. */
      up: text,
      down: text,
      price: text,
      /** Paid without being asked, and by hand. */
      paid: text,
      paidByHand: text,
      today: text,
      /** Why it is not paid and not used now: budget, surplus, currency, seller, funds or refused; empty: nothing stands against it. */
      reason: text,
      detail: text,
    }),
  ),
});
export type RelaysPaidView = Type.Static<typeof paidSchema>;
const payBody = Type.Object(
  { most: amount, currency: Type.String({ minLength: 1, maxLength: 16 }), as: Type.Optional(text) },
  { additionalProperties: false },
);

export function registerRelayRoutes(app: FastifyInstance, context: NodeContext): void {
  const { relayPayer } = context;
  app.get(
    pathOf('relays.paid'),
    {
      schema: {
        summary: 'What this node counted over relays that ask a price, and paid for it',
        response: { 200: paidSchema },
      },
    },
    () => paidView(context),
  );
  const bill = async (peer: string) => {
    const { seller, currency, down, paid, price, up } = await relayPayer.bill(peerIdFromString(peer));
    const [upText, downText, priceText, paidText] = [up, down, price, paid].map(String) as [
      string,
      string,
      string,
      string,
    ];
    return { seller, currency, up: upText, down: downText, price: priceText, paid: paidText };
  };
  app.get<{ Params: { peer: string } }>(
    pathOf('relays.bill'),
    {
      schema: {
        summary: 'What a relay has passed on for this node, and asks for it',
        params,
        response: { 200: billSchema },
      },
    },
    async (request) => await bill(request.params.peer),
  );
  app.post<{ Params: { peer: string }; Body: { most: string; currency: string; as?: string } }>(
    pathOf('relays.pay'),
    {
      schema: {
        summary: 'Pay what a relay asks, through a channel, up to an amount; answers the bill afterwards',
        params,
        body: payBody,
        response: { 200: billSchema },
      },
    },
    async (request) => {
      const { as, currency, most } = request.body;
      await relayPayer.pay(peerIdFromString(request.params.peer), BigInt(most), currency, as);
      return await bill(request.params.peer);
    },
  );
}

function paidView({ directory, relayCustomer }: NodeContext): RelaysPaidView {
  const spending = relayCustomer.budget();
  return {
    budget:
      spending === undefined
        ? null
        : {
            currency: spending.budget.currency,
            perRelay: String(spending.budget.perRelay),
            perDay: String(spending.budget.perDay),
            total: String(spending.budget.total),
            today: String(spending.today),
            all: String(spending.all),
          },
    relays: relayCustomer.list().map(({ ended, price, relay, standing, today }) => ({
      peer: relay,
      name: directory.get(relay)?.name ?? '',
      seller: standing.seller ?? '',
      currency: standing.account.currency,
      up: String(standing.account.up),
      down: String(standing.account.down),
      price: String(price),
      paid: String(standing.account.paid),
      paidByHand: String(standing.byHand),
      today: String(today),
      reason: ended?.reason ?? '',
      detail: ended?.detail ?? '',
    })),
  };
}

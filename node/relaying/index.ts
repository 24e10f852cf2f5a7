// Relaying as a trade: what a relay passes on is metered, billed, and paid through channels; who owes too much is not served.

import { peerIdFromString } from '@libp2p/peer-id';
import type { Core } from '../context.ts';
import type { RelayWatch } from '../host/relay-watch.ts';
import type { Payments } from '../payments/make-payments.ts';
import type { Service } from '../services.ts';
import { OwnBook } from './own-book.ts';
import { RelayCustomer } from './relay-customer.ts';
import { RelayDesk } from './relay-desk.ts';
import { RelayPayer } from './relay-payer.ts';
import { SpendingDesk } from './spending-desk.ts';
import { UsageBook } from './usage-book.ts';
import { encodeBill, relayBillProtocol } from './wire.ts';

export type { RelayBill } from './wire.ts';

/** The parts, not started: a desk for a node in the relay role, and what every node needs to pay one. */
export function makeRelaying(core: Core, payments: Payments, watch: RelayWatch) {
  const { clock, config, db, log, rpc, vault } = core;
  const step = BigInt(config.payments.step);
  const relayPayer = new RelayPayer({
    rpc,
    channels: payments.channels,
    vault,
    step,
    network: config.network,
  });
  const { customer, service } = makeCustomer(core, payments, relayPayer);
  watch.customer = customer;
  if (!config.roles.includes('relay')) return { relayPayer, relayCustomer: customer, services: [service] };
  const usage = new UsageBook({ db, clock, log });
  const desk = new RelayDesk({
    ...core,
    usage,
    floor: config.reputation.floor,
    credit: BigInt(config.payments.relayCredit),
  });
  core.book.listen(() => desk.repriced());
  payments.sides.listen((state) => {
    desk.channelMoved(state).catch((error: unknown) => {
      log.warn({ err: error, channel: state.terms.channel }, 'a payment for relaying could not be booked');
    });
  });
  // What a channel paid is on disk before the channel is put away: after a restart nobody would look there.
  payments.sides.settled.mayGo = async (state) => {
    if (watch.desk === undefined) return false;
    await desk.channelMoved(state);
    return true;
  };
  const services: Service[] = [
    service,
    {
      name: 'relaying',
      start: async () => {
        await desk.start(() => payments.sides.list().map(({ state }) => state));
        watch.desk = desk;
        await rpc.handle(relayBillProtocol(config.network), async (_, peer) =>
          encodeBill(desk.bill(peer.toString())),
        );
      },
      stop: async () => {
        watch.desk = undefined;
        await usage.flush();
      },
    },
  ];
  return { relayPayer, relayCustomer: customer, services };
}

/** What counts this node's own use of relays, and pays for it within `relay.pay`. */
function makeCustomer(core: Core, payments: Payments, relayPayer: RelayPayer) {
  const { clock, config, db, host, log, metrics, residents, vault } = core;
  const { pay } = config.relay;
  const { currency } = pay;
  const book = new OwnBook({ db, log, currency });
  const [perRelay, perDay, total] = [pay.perRelay, pay.perDay, pay.total].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ];
  const isOn = currency !== '' && perRelay > 0n && perDay > 0n && total > 0n;
  const desk = new SpendingDesk({ ...payments, book, vault, limits: config.payments, currency });
  relayPayer.onPaid = (relay, amount) => book.paidByHand(relay, amount);
  const customer = new RelayCustomer({
    book,
    cards: core.book,
    residents,
    payer: relayPayer,
    desk,
    clock,
    log,
    metrics,
    isConnected: (relay) => host.getConnections(peerIdFromString(relay)).length > 0,
    budget: isOn ? { currency, perRelay, perDay, total } : undefined,
  });
  const service: Service = {
    name: 'relay-customer',
    start: () => customer.start(),
    stop: () => customer.stop(),
  };
  return { customer, service };
}

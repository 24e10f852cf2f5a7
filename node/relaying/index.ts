// Relaying as a trade: what a relay passes on is metered, billed, and paid through channels; who owes too much is not served.

import type { Core } from '../context.ts';
import type { RelayWatch } from '../host/relay-watch.ts';
import type { Payments } from '../payments/make-payments.ts';
import type { Service } from '../services.ts';
import { RelayDesk } from './relay-desk.ts';
import { RelayPayer } from './relay-payer.ts';
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
  if (!config.roles.includes('relay')) return { relayPayer, services: [] as Service[] };
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
  const services: Service[] = [
    {
      name: 'relaying',
      start: async () => {
        await usage.load();
        for (const { state } of payments.sides.list()) await desk.channelMoved(state);
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
  return { relayPayer, services };
}

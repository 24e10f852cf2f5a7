// Puts payments together: the ledger of the logs, and the channels of the agents that live here.

import { isZeroError } from '../../protocol/errors/index.ts';
import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { CatchUp } from './catch-up.ts';
import { ChannelSides } from './channel-sides.ts';
import { ChannelStore } from './channel-store.ts';
import { LocalLedger } from './local-ledger.ts';
import { PayeeDesk } from './payee-desk.ts';
import { PayeeWork } from './payee-work.ts';
import { PayerDesk } from './payer-desk.ts';
import { receiptPrice, TaskPaymentsOverChannels } from './task-payments.ts';
import { channelProtocol, decodeChannelRequest } from './wire.ts';

/** The parts, not started. */
export function makePayments(core: Core) {
  const { book, clock, config, db, events, log, metrics, ownLog, router, rpc, vault } = core;
  const limits = config.payments;
  const issuers = new Set(limits.issuers);
  const ledger = new LocalLedger({
    vault,
    ownLog,
    clock,
    issuable: (issuer) => (issuers.size > 0 && !issuers.has(issuer) ? 0n : BigInt(limits.issueMax)),
  });
  const store = new ChannelStore(db);
  const sides = new ChannelSides({ store, ledger, vault, ownLog, clock, log, metrics });
  const protocol = channelProtocol(config.network);
  const work = new PayeeWork({
    sides,
    vault,
    log,
    priceOf: (statement, currency) =>
      receiptPrice(book.get(statement.issuer)?.card.prices ?? [], statement.statement.predicate, currency),
  });
  const payee = new PayeeDesk({ sides, work, ledger, vault, ownLog, clock, limits });
  const channels = new PayerDesk({ ...core, sides, payee, ledger, protocol, limits });
  sides.listen((state) => {
    work.changed(state);
    events.emit('channel', () => ({ channel: state.terms.channel, side: state.side, phase: state.phase }));
  });
  sides.onClosing = (state, envelope) => {
    channels.propose(state, envelope).catch((error: unknown) => {
      log.info({ err: error, channel: state.terms.channel }, 'the other side did not sign the end');
    });
  };
  router.listen((statement, { position }) => {
    for (const news of ledger.apply(statement)) {
      if (news.type === 'opened') payee.opened(news.channel.terms.channel);
      sides.noted(news);
    }
    work.accepted(statement);
    if (position.origin === ownLog.origin) work.receipted(statement);
  });
  const catchUp = new CatchUp(core.sync);
  const services: Service[] = [
    {
      name: 'payments',
      start: async () => {
        await rpc.handle(protocol, async (bytes, peer) => {
          const request = decodeChannelRequest(bytes);
          return await payee.answer(request, peer.toString()).catch((error: unknown) => {
            // What lets an offer go stands in the log of whoever asks: it is read now, and the payer asks again.
            if (request.verb === 'withdraw' && isZeroError(error) && error.code === 'CHANNEL_REFUSED')
              void catchUp.with(peer);
            throw error;
          });
        });
        await sides.start();
        for (const [channel, why] of store.damaged)
          log.error({ channel, why }, 'a stored channel is damaged: it stays as it is, and nothing moves it');
        await work.resume();
      },
      stop: () => sides.stop(),
    },
  ];
  return {
    services,
    ledger,
    /** Opens, promises, pays, ends: what a requester uses. */
    channels,
    /** Covers work: what an executor uses. */
    cover: work,
    sides,
    /** Sides of channels that could not be read at the start, by channel and side, and why. */
    damaged: store.damaged,
    taskPayments: new TaskPaymentsOverChannels({ channels, work, sides, book, clock }),
  };
}

/** The payments of one node. */
export type Payments = Omit<ReturnType<typeof makePayments>, 'services'>;

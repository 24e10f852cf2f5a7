// zerostate channel relay: the bill of a relay, paying it, and what relays were paid.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { RelayBillView, RelaysPaidView } from '../../api/routes/relays.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';

function paidText({ budget, relays }: RelaysPaidView): string {
  const spending =
    budget === null
      ? 'nothing is paid by itself (relay.pay)'
      : `spent ${budget.today} of ${budget.perDay} ${plain(budget.currency)} today, ${budget.all} of ${budget.total} in all; at most ${budget.perRelay} a day for one relay`;
  if (relays.length === 0) return `${spending}\nno relay that asks a price was used`;
  const rows = relays.map((one) => [
    one.name === '' ? one.peer.slice(-8) : plain(one.name),
    String(BigInt(one.up) + BigInt(one.down)),
    `${one.price} ${plain(one.currency)}`,
    one.paid,
    one.paidByHand,
    one.today,
    one.reason === '' ? '' : `left: ${plain(one.detail)}`,
  ]);
  return [spending, table([['RELAY', 'BYTES', 'PRICE', 'PAID', 'BY HAND', 'TODAY', 'STATE'], ...rows])].join(
    '\n',
  );
}

/** Adds `channel relay`: the bill of a relay, and paying it; of none, what all were paid. */
export function registerRelayBill(channel: Command): void {
  withTarget(
    channel
      .command('relay')
      .description(
        'what a relay has passed on for this node, and asks for it; without one, what all were paid',
      )
      .argument('[peer]', 'peer id of the relay'),
  )
    .option('--pay <amount>', 'pay it, up to so much, for instance "500000 EUR"')
    .action(async (peer: string | undefined, flags: ClientFlags & { pay?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (peer === undefined) {
          if (flags.pay !== undefined)
            throw new ZeroError('USAGE', '--pay needs the relay that is to be paid');
          print(flags, await client.get<RelaysPaidView>('/v1/relays/paid'), paidText);
          return;
        }
        const path = `/v1/relays/${encodeURIComponent(peer)}`;
        const most = flags.pay === undefined ? undefined : /^([0-9]+) ?([A-Za-z0-9._-]+)$/.exec(flags.pay);
        if (most === null)
          throw new ZeroError(
            'USAGE',
            `${flags.pay} is not an amount with its currency, for instance "500000 EUR"`,
          );
        const bill =
          most === undefined
            ? await client.get<RelayBillView>(`${path}/bill`)
            : await client.post<RelayBillView>(`${path}/pay`, { most: most[1], currency: most[2] });
        print(flags, bill, ({ currency, down, paid, price, seller, up }) =>
          [
            `passed on ${up} bytes from here, ${down} to here`,
            seller === null
              ? 'it asks nothing'
              : `${price} ${currency} in all, ${paid} paid  (to ${plain(seller)})`,
          ].join('\n'),
        );
      });
    });
}

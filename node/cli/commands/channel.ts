// zerostate channel: pay an agent step by step.

import type { Command } from 'commander';
import type { ChannelView } from '../../payments/views.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';
import { registerRelayBill } from './channel-relay.ts';

const EXAMPLES = `
Examples:
  zerostate ledger issue 1000000000 --currency TEST          test money, on a network that has no issuers
  zerostate channel open zs:… --currency TEST --escrow 100000000 --step 5000000 --penalty 5000000
  zerostate channel pay <channel> 2500 --for <receipt id>
  zerostate channel close <channel>                          together with the other side
  zerostate channel close <channel> --alone                  with the newest state, after the time to dispute`;

interface OpenFlags extends ClientFlags {
  payer?: string;
  currency: string;
  escrow?: string;
  deposit?: string;
  step?: string;
  penalty?: string;
  dispute?: string;
}

function channelText(view: ChannelView): string {
  const { outcome } = view;
  const rows: [string, string][] = [
    ['payer', `${plain(view.payerName)}  ${view.payer}`],
    ['payee', `${plain(view.payeeName)}  ${view.payee}`],
    ['escrow', `${view.escrow} ${view.currency}, deposit ${view.deposit}, penalty ${view.penalty}`],
    ['step', `${view.step}: most that is promised and not settled`],
    ['paid', `${view.paid}  (version ${view.version}, acknowledged ${view.acknowledged})`],
    ...view.offers.map(({ task, amount, work }): [string, string] => [
      'offer',
      `${amount} for ${plain(task)}${work === null ? '' : `, ${work}`}`,
    ]),
    ...view.postings.map(({ by, kind, version, at }): [string, string] => [
      'posted',
      `${at}  ${by}: ${kind}${version === null ? '' : `, version ${version}`}`,
    ]),
    ...(view.settlesAt === null ? [] : [['settles', view.settlesAt] as [string, string]]),
    ...(outcome === null
      ? []
      : [
          [
            outcome.final ? 'ended' : 'would end',
            `payer ${outcome.payer}, payee ${outcome.payee}${outcome.penalised.length === 0 ? '' : `; ${outcome.penalised.join(' and ')} penalised`}`,
          ] as [string, string],
        ]),
  ];
  return [
    `${style.bold(view.channel)}  ${view.phase}, this node is the ${view.side}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(10)}${text}`),
  ].join('\n');
}

async function act(flags: ClientFlags, channel: string, verb: string, body: object): Promise<void> {
  const client = await ApiClient.connect(flags);
  const path = `/v1/channels/${encodeURIComponent(channel)}${verb}`;
  const view = verb === '' ? await client.get<ChannelView>(path) : await client.post<ChannelView>(path, body);
  print(flags, view, channelText);
}

export function registerChannel(program: Command): void {
  const channel = program
    .command('channel')
    .description('payment channels: pay an agent step by step')
    .addHelpText('after', EXAMPLES);
  registerRelayBill(channel);
  withTarget(
    channel
      .command('open')
      .description('lock an escrow and open a channel to an agent')
      .argument('<payee>', 'who is to be paid: agent id, its end, or the card’s name')
      .requiredOption('--currency <code>', 'currency, as the prices of its card name it'),
  )
    .option('--payer <agent>', 'agent of this node that pays; needed where there are several')
    .option('--escrow <amount>', 'what is locked, in millionths (default: payments.escrow)')
    .option('--deposit <amount>', 'what the payee is asked to lock (default: 0)')
    .option('--step <amount>', 'most that is promised and not settled (default: payments.step)')
    .option('--penalty <amount>', 'what an old state costs its poster (default: payments.penalty)')
    .option('--dispute <seconds>', 'time to answer a close (default: payments.disputeSeconds)')
    .addHelpText('after', EXAMPLES)
    .action(async (payee: string, flags: OpenFlags) => {
      await runAction(flags, async () => {
        const { payer, currency, escrow, deposit, step, penalty, dispute } = flags;
        const client = await ApiClient.connect(flags);
        const given = Object.entries({ payer, escrow, deposit, step, penalty });
        const view = await client.post<ChannelView>('/v1/channels', {
          payee: await agentOf(client, payee),
          currency,
          ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
          ...(dispute === undefined ? {} : { disputeSeconds: Number(dispute) }),
        });
        print(flags, view, channelText);
      });
    });

  withTarget(channel.command('list').description('channels of the node')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ channels: ChannelView[] }>('/v1/channels'), ({ channels }) =>
          table([
            ['CHANNEL', 'SIDE', 'PHASE', 'OTHER', 'PAID', 'OFFERED', 'ESCROW', 'CURRENCY'],
            ...channels.map((view) => [
              view.channel.slice(-12),
              view.side,
              view.phase,
              plain(view.side === 'payer' ? view.payeeName : view.payerName),
              view.paid,
              String(view.offers.reduce((sum, { amount }) => sum + BigInt(amount), 0n)),
              view.escrow,
              view.currency,
            ]),
          ]),
        );
      });
    },
  );

  const one = (name: string, description: string) =>
    withTarget(channel.command(name).description(description).argument('<channel>', 'channel id or its end'));
  one('show', 'one channel: what is paid, promised, posted').action(
    async (id: string, flags: ClientFlags) => {
      await runAction(flags, async () => act(flags, id, '', {}));
    },
  );
  withTarget(
    channel
      .command('pay')
      .description('pay through a channel')
      .argument('<channel>', 'channel id or its end')
      .argument('<amount>', 'amount in millionths, at most one step'),
  )
    .requiredOption('--for <reference>', 'what is paid for: a receipt id or the digest of a metering')
    .option('--task <task>', 'the task whose offer this settles')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, amount: string, flags: ClientFlags & { for: string; task?: string }) => {
      await runAction(flags, async () => {
        const task = flags.task === undefined ? {} : { task: flags.task };
        await act(flags, id, '/pay', { amount, reference: flags.for, ...task });
      });
    });
  withConfirm(one('close', 'end a channel'))
    .option('--alone', 'with the newest state, without the other side')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, flags: ClientFlags & ConfirmFlags & { alone?: boolean }) => {
      await runAction(flags, async () => {
        const how =
          flags.alone === true ? 'with its newest state, without the other side' : 'with the other side';
        if (await confirmed(flags, `end the channel ${id} ${how}`))
          await act(flags, id, '/close', { alone: flags.alone === true });
      });
    });
  withConfirm(
    one('dispute', 'answer what was posted about a channel now; the node does so by itself'),
  ).action(async (id: string, flags: ClientFlags & ConfirmFlags) => {
    await runAction(flags, async () => {
      if (await confirmed(flags, `post the newest state of the channel ${id}`))
        await act(flags, id, '/dispute', {});
    });
  });
}

// zerostate ledger: who has what, and why.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { BalanceView, LedgerReport, PostingView, StatementView } from '../../payments/views.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';

const EXAMPLES = `
Examples:
  zerostate ledger issue 1000000000 --currency TEST      test money for the agent of this node
  zerostate ledger transfer zs:… 250000 --currency TEST
  zerostate ledger balance
  zerostate ledger statement                             what the agent here got and gave
  zerostate ledger verify                                add everything up again`;

interface PostFlags extends ClientFlags {
  currency: string;
  by?: string;
  name?: string;
  memo?: string;
}

async function post(
  flags: PostFlags,
  { to, ...body }: { kind: string; amount: string; to?: string },
): Promise<void> {
  const client = await ApiClient.connect(flags);
  const given = Object.entries({ by: flags.by, name: flags.name, memo: flags.memo });
  const done = await client.post<{ posting: string; state: string }>('/v1/ledger/postings', {
    ...body,
    ...(to === undefined ? {} : { to: await agentOf(client, to) }),
    currency: flags.currency,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
  });
  print(flags, done, ({ posting, state }) => `${state}  ${posting}`);
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

function reportText(report: LedgerReport): string {
  return [
    `${report.ok ? style.green('balances') : style.red('DOES NOT BALANCE')}  ${count(report.postings, 'posting')}, ${count(report.accounts, 'account')}`,
    ...report.sums.map(({ currency, sum }) => `  ${currency}: all accounts together ${sum}`),
    ...report.overdrawn.map(
      ({ account, amount, currency }) => `  ${style.red('owes')}  ${account}  ${amount} ${currency}`,
    ),
    ...report.wrong.map((account) => `  ${style.red('wrong')}  ${account}`),
  ].join('\n');
}

/** The account that was named: as it is, by its agent, or that of the one agent here that has one. Throws USAGE or NOT_FOUND. */
async function accountOf(client: ApiClient, account: string | undefined): Promise<string> {
  if (account !== undefined)
    return /^[a-z]+:zs:|^escrow:/.test(account) ? account : `agent:${await agentOf(client, account)}`;
  const { balances } = await client.get<{ balances: BalanceView[] }>('/v1/ledger/balances?prefix=agent:');
  const own = [...new Set(balances.filter(({ local }) => local).map((one) => one.account))];
  if (own.length === 1) return own[0] as string;
  throw new ZeroError(
    own.length === 0 ? 'NOT_FOUND' : 'USAGE',
    own.length === 0 ? 'no agent of this node has money' : `${own.length} agents of this node have accounts`,
    { hint: 'Name an account: `zerostate ledger balance` lists them.' },
  );
}

function withPosting(command: Command): Command {
  return withTarget(command)
    .requiredOption('--currency <code>', 'currency')
    .option('--by <agent>', 'agent of this node that gives; needed where there are several')
    .option('--name <name>', 'name of the posting: twice under one name is one posting')
    .option('--memo <text>', 'for people')
    .addHelpText('after', EXAMPLES);
}

export function registerLedger(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('the ledger of the network, as this node’s logs tell it')
    .addHelpText('after', EXAMPLES);
  withTarget(ledger.command('show').description('the newest postings'))
    .option('--limit <n>', 'how many', '20')
    .action(async (flags: ClientFlags & { limit: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const path = `/v1/ledger?limit=${encodeURIComponent(flags.limit)}`;
        print(flags, await client.get<{ postings: PostingView[] }>(path), ({ postings }) =>
          table([
            ['AT', 'KIND', 'ACCOUNT', 'AMOUNT', 'CURRENCY', 'MEMO'],
            ...postings.flatMap(({ at, currency, kind, lines, memo }) =>
              lines.map((line) => [at, kind, line.account, line.amount, currency, plain(memo)]),
            ),
          ]),
        );
      });
    });
  withTarget(
    ledger
      .command('balance')
      .description('balances that are not 0')
      .argument('[prefix]', 'accounts that begin with this, for instance agent: or escrow:', ''),
  ).action(async (prefix: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const path = `/v1/ledger/balances?prefix=${encodeURIComponent(prefix)}`;
      print(flags, await client.get<{ balances: BalanceView[] }>(path), ({ balances }) =>
        table([
          ['ACCOUNT', 'NAME', 'BALANCE', 'AVAILABLE', 'CURRENCY'],
          ...balances.map((view) => [
            view.account,
            `${plain(view.name)}${view.local ? ' (here)' : ''}`,
            view.amount,
            view.available ?? '',
            view.currency,
          ]),
        ]),
      );
    });
  });
  withTarget(
    ledger
      .command('statement')
      .description('entries of one account, with the balance after each')
      .argument(
        '[account]',
        'agent:, fees:, issuance: or escrow: and an id, or the name of an agent (default: that of the agent here)',
      ),
  ).action(async (account: string | undefined, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const named = await accountOf(client, account);
      const path = `/v1/ledger/accounts/${encodeURIComponent(named)}`;
      print(flags, await client.get<StatementView>(path), ({ entries, waiting }) =>
        [
          style.dim(named),
          table([
            ['AT', 'KIND', 'AMOUNT', 'BALANCE', 'CURRENCY', 'POSTING'],
            ...entries.map((entry) => [
              entry.at,
              entry.kind,
              entry.amount,
              entry.balance,
              entry.currency,
              entry.posting,
            ]),
          ]),
          ...waiting.map(({ id }) => `waits for the account to cover it: ${id}`),
        ].join('\n'),
      );
    });
  });
  withTarget(ledger.command('verify').description('add the whole ledger up again')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const report = await client.get<LedgerReport>('/v1/ledger/report');
        print(flags, report, reportText);
        if (!report.ok) process.exitCode = 3;
      });
    },
  );
  withPosting(
    ledger
      .command('issue')
      .description('issue money: test money, where the network names no issuers')
      .argument('<amount>', 'amount in millionths'),
  )
    .option('--to <agent>', 'who gets it (default: who issues it)')
    .action(async (amount: string, flags: PostFlags & { to?: string }) => {
      await runAction(flags, async () => {
        await post(flags, { kind: 'issue', amount, ...(flags.to === undefined ? {} : { to: flags.to }) });
      });
    });
  withConfirm(
    withPosting(
      ledger
        .command('transfer')
        .description('give from an agent of this node to another')
        .argument('<agent>', 'who gets it')
        .argument('<amount>', 'amount in millionths'),
    ),
  ).action(async (to: string, amount: string, flags: PostFlags & ConfirmFlags) => {
    await runAction(flags, async () => {
      if (await confirmed(flags, `give ${amount} ${flags.currency} to ${to}`))
        await post(flags, { kind: 'transfer', to, amount });
    });
  });
}

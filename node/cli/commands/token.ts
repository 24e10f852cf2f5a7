// zerostate token: tokens for parts of a node's API, for tools and people that need no more.

import { type Command, Option } from 'commander';
import { SCOPES, type Scope } from '../../api/operations.ts';
import type { TokenInfo } from '../../api/tokens.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { positiveInteger } from './find.ts';

const when = (ms: number | null) => (ms === null ? 'never' : new Date(ms).toISOString().slice(0, 16));

export function registerToken(program: Command): void {
  const token = program.command('token').description('API tokens with a scope: create, list, revoke');

  withTarget(
    token
      .command('create')
      .description('make a token; it is shown this once')
      .argument('<name>', 'what it is for: one name a tool'),
  )
    .addOption(
      new Option('--scope <scope>', 'read: look; operate: work and pay as well; admin: everything')
        .choices([...SCOPES])
        .default('read'),
    )
    .option('--days <n>', 'days until it ends (default: never)', positiveInteger)
    .addHelpText(
      'after',
      `
Examples:
  $ zerostate token create dashboard
  $ zerostate token create build-server --scope operate --days 90`,
    )
    .action(async (name: string, flags: ClientFlags & { scope: Scope; days?: number }) => {
      await runAction(flags, async () => {
        const { days, scope } = flags;
        const client = await ApiClient.connect(flags);
        const body = { name, scope, ...(days === undefined ? {} : { days }) };
        const made = await client.post<TokenInfo & { token: string }>('/v1/tokens', body);
        print(flags, made, ({ token: secret }) => secret);
        if (flags.json !== true)
          process.stderr.write(
            `Token "${name}" of scope ${scope}, until ${when(made.expiresAt)}. It is not shown again.\n`,
          );
      });
    });

  withTarget(token.command('list').description('tokens of the node, without the tokens themselves'))
    .addHelpText('after', '\nExample:\n  $ zerostate token list')
    .action(async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ tokens: TokenInfo[] }>('/v1/tokens'), ({ tokens }) =>
          table([
            ['NAME', 'SCOPE', 'CREATED (UTC)', 'ENDS'],
            ...tokens.map((one) => [plain(one.name), one.scope, when(one.createdAt), when(one.expiresAt)]),
          ]),
        );
      });
    });

  withConfirm(
    withTarget(
      token
        .command('revoke')
        .description('end a token now')
        .argument('<name>', 'its name, from "zerostate token list"'),
    ),
  )
    .addHelpText('after', '\nExample:\n  $ zerostate token revoke build-server')
    .action(async (name: string, flags: ConfirmFlags & ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (!(await confirmed(flags, `end the token ${name}`))) return;
        const path = `/v1/tokens/${encodeURIComponent(name)}/revoke`;
        print(flags, await client.post<TokenInfo>(path, {}), (ended) => `ended ${plain(ended.name)}`);
      });
    });
}

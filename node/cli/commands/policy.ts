// zerostate policy: what is allowed on a node. Show, check, apply, go back; sign bundles for many nodes; override a gate with a reason.

import type { Command } from 'commander';
import type { EnvelopeJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { PolicyFile, PolicyLine } from '../../../protocol/policy/index.ts';
import type { KeptBundle, Override, PolicySwitch } from '../../policy/index.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { readPolicies } from '../policy-files.ts';
import { type ClientFlags, withJson, withTarget } from '../shared-flags.ts';
import { registerPolicySigning } from './policy-sign.ts';

interface Active {
  readonly id: string;
  readonly name: string;
  readonly sequence: number;
  readonly expiresAt: string | null;
  readonly policies: readonly { id: string; effect: string; detail: string }[];
}

interface Shown {
  readonly active: Active;
  readonly expired: boolean;
  readonly staged: {
    readonly sequence: number;
    readonly startsAt: string;
    readonly acknowledgedBy: readonly string[];
    readonly required: number;
  } | null;
  readonly behind: { readonly sequence: number; readonly startsAt: string } | null;
  readonly insteadOf: string | null;
  readonly files: readonly PolicyFile[];
  readonly line: PolicyLine;
  readonly cedar: string;
}

const when = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

export function registerPolicy(program: Command): void {
  const policy = program
    .command('policy')
    .description('what the node allows: Cedar policies in signed, numbered bundles');

  withTarget(policy.command('show').description('the policy in force'))
    .option('--text', 'the policies themselves, as Cedar')
    .action(async (flags: ClientFlags & { text?: boolean }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<Shown>('/v1/policy'), (shown) =>
          flags.text === true ? shown.files.map(cedarText).join('\n') : describe(shown),
        );
      });
    });

  withJson(
    policy
      .command('check')
      .description('check policies without applying them: syntax, names, types')
      .argument('<path>', 'a .cedar file, a folder of them, or a file of signed bundles'),
  ).action(async (path: string, flags: { json?: boolean }) => {
    await runAction(flags, async () => {
      const { files } = await readPolicies(path);
      const { readCedar } = await import('../../policy/index.ts');
      print(flags, { policies: readCedar(files).list() }, ({ policies }) =>
        [...policies.map(line), `${policies.length} policies, all well`].join('\n'),
      );
    });
  });

  withConfirm(
    withTarget(
      policy
        .command('apply')
        .description('put policies in force: all of them at once, or none')
        .argument('<path>', 'a .cedar file, a folder of them, or a file of signed bundles'),
    ),
  )
    .option('--note <text>', 'why, for the history (policies that the node signs itself)')
    .action(async (path: string, flags: ConfirmFlags & ClientFlags & { note?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const { bundles, files } = await readPolicies(path);
        const count =
          bundles === undefined ? `${files?.length ?? 0} policy files` : `${bundles.length} bundles`;
        if (!(await confirmed(flags, `put ${count} of ${path} in force instead of what is`))) return;
        const body =
          bundles === undefined
            ? { files, ...(flags.note === undefined ? {} : { note: flags.note }) }
            : { bundles: bundles as EnvelopeJson[] };
        const active = await client.post<Active>('/v1/policy', body);
        const { staged } = await client.get<Pick<Shown, 'staged'>>('/v1/policy');
        print(flags, active, (now) => [inForce(now), ...(staged === null ? [] : [waits(staged)])].join('\n'));
      });
    });

  withConfirm(
    withTarget(policy.command('rollback').description('go back to a policy that was in force before')),
  )
    .argument('[sequence]', 'its number; 0: the built-in policies; default: the one before this')
    .requiredOption('--reason <text>', 'why, for the history')
    .action(async (sequence: string | undefined, flags: ConfirmFlags & ClientFlags & { reason: string }) => {
      await runAction(flags, async () => {
        const to = sequence === undefined ? undefined : Number(sequence);
        if (to !== undefined && !Number.isSafeInteger(to))
          throw new ZeroError('USAGE', `${sequence} is not the number of a bundle`);
        const client = await ApiClient.connect(flags);
        if (
          !(await confirmed(flags, `go back to ${to === undefined ? 'the policy before' : `policy ${to}`}`))
        )
          return;
        const body = { reason: flags.reason, ...(to === undefined ? {} : { to }) };
        print(flags, await client.post<Active>('/v1/policy/rollback', body), inForce);
      });
    });

  withTarget(policy.command('history').description('what was in force when, and why')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const history = await client.get<{ bundles: KeptBundle[]; switches: PolicySwitch[] }>(
          '/v1/policy/history?limit=50',
        );
        print(flags, history, ({ switches }) =>
          switches.length === 0
            ? 'the built-in policies, from the start'
            : table([
                ['AT (UTC)', 'ACTION', 'FROM', 'TO', 'WHY'],
                ...switches.map(({ action, at, from, reason, to }) => [
                  when(at),
                  action,
                  String(from),
                  String(to),
                  plain(reason),
                ]),
              ]),
        );
      });
    },
  );

  registerPolicySigning(policy);

  withTarget(
    policy
      .command('override')
      .description('let an agent pass although its revocation is unknown; signed, with a reason, for a time')
      .argument('<agent>', 'agent id, or "all"'),
  )
    .requiredOption('--reason <text>', 'why; it stands in the audit statement')
    .option('--tier <tier>', 'the most dangerous tier that it reaches: safe, risky, dangerous', 'risky')
    .option('--minutes <n>', 'how long, at most 1440', '60')
    .action(async (agent: string, flags: ClientFlags & { reason: string; tier: string; minutes: string }) => {
      await runAction(flags, async () => {
        const seconds = Math.round(Number(flags.minutes) * 60);
        if (!(seconds > 0)) throw new ZeroError('USAGE', `${flags.minutes} is not a number of minutes`);
        const client = await ApiClient.connect(flags);
        const given = await client.post<Override>('/v1/overrides', {
          ...(agent === 'all' ? {} : { agentId: agent }),
          tier: flags.tier,
          reason: flags.reason,
          seconds,
        });
        print(flags, given, (one) => `${overrideLine(one)}\n  the node is in degraded mode until then`);
      });
    });

  withTarget(policy.command('overrides').description('overrides in force'))
    .option('--end <id>', 'end this one now')
    .action(async (flags: ClientFlags & { end?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (flags.end !== undefined)
          await client.post(`/v1/overrides/${encodeURIComponent(flags.end)}/end`, {});
        print(flags, await client.get<{ overrides: Override[] }>('/v1/overrides'), ({ overrides }) =>
          overrides.length === 0 ? 'none' : overrides.map(overrideLine).join('\n'),
        );
      });
    });
}

const cedarText = ({ name, text }: PolicyFile) => `// ${plain(name)}\n${plain(text)}`;
const line = ({ id, effect, detail }: Active['policies'][number]) =>
  `  ${effect === 'permit' ? style.green('permit') : style.red('forbid')}  ${plain(id)}  ${style.dim(plain(detail))}`;
const inForce = ({ id, name, sequence, policies }: Active) =>
  `in force: "${plain(name)}" ${sequence}, ${policies.length} policies\n  ${style.dim(id)}`;
const overrideLine = ({ agentId, id, reason, tier, until }: Override) =>
  `${plain(agentId ?? 'every agent')}  up to ${tier}  until ${when(until)} UTC: ${plain(reason)}\n  ${style.dim(id)}`;

const waits = ({ acknowledgedBy, required, sequence, startsAt }: NonNullable<Shown['staged']>) =>
  `  waits         ${sequence}, for ${plain(startsAt)} and ${acknowledgedBy.length} of ${required} acknowledgements`;

function describe({
  active,
  behind,
  expired,
  insteadOf,
  line: { floor, newest, signers },
  cedar,
  staged,
}: Shown): string {
  return [
    `${style.bold(`"${plain(active.name)}" ${active.sequence}`)}${expired ? style.red(`  ran out ${active.expiresAt}`) : ''}  Cedar ${cedar}`,
    ...active.policies.map(line),
    `  newest taken  ${newest === null ? 'none' : `${newest.sequence}`}, never back below ${floor}`,
    `  next signed   by ${signers.threshold} of ${signers.keys.map(plain).join(' ')}`,
    ...(staged === null ? [] : [waits(staged)]),
    ...(insteadOf === null
      ? []
      : [
          style.red(
            `  stands in     for ${plain(insteadOf)}, under which starts failed, until another is applied`,
          ),
        ]),
    ...(behind === null
      ? []
      : [
          style.red(
            `  closed        others have begun with ${behind.sequence} (${plain(behind.startsAt)}), which is not here: apply it`,
          ),
        ]),
    style.dim(`  ${active.id}`),
  ].join('\n');
}

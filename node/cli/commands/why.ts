// zerostate why: a decision explained from its record, made again, or made by other policies.

import { type Command, Option } from 'commander';
import {
  type Decision,
  type DecisionCandidate,
  POLICY_KINDS,
  type PolicyKind,
} from '../../../protocol/policy/index.ts';
import type { Replay } from '../../policy/index.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { readPolicies } from '../policy-files.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { idOf } from '../short-id.ts';

interface WhyFlags extends ClientFlags {
  replay?: boolean;
  with?: string;
  kind?: PolicyKind;
}

const when = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

export function registerWhy(program: Command): void {
  withTarget(
    program
      .command('why')
      .description('why something was decided as it was: the candidates, what was known, which policy')
      .argument('[decision]', 'id of a decision, or its end; without it the newest are listed'),
  )
    .option('--replay', 'decide again from the record alone, by the policies that decided')
    .option('--with <policy>', 'decide by others: a .cedar file, a folder, a file of bundles, or a number')
    .addOption(new Option('--kind <kind>', 'list only decisions of this kind').choices([...POLICY_KINDS]))
    .action(async (id: string | undefined, flags: WhyFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (id === undefined) return await list(client, flags);
        const path = `/v1/decisions/${encodeURIComponent(await decisionOf(client, id))}`;
        const decision = await client.get<Decision>(path);
        if (flags.replay !== true && flags.with === undefined) return print(flags, decision, describe);
        const others =
          flags.with === undefined
            ? {}
            : /^\d+$/.test(flags.with)
              ? { sequence: Number(flags.with) }
              : { files: (await readPolicies(flags.with)).files };
        const replay = await client.post<Replay>(`${path}/replay`, others);
        print(flags, { ...decision, replay }, () => describeReplay(decision, replay));
      });
    });
}

/** Decisions among which a shortened id is sought: as many as the API lists. */
const SOUGHT_MAX = 200;

async function decisionOf(client: ApiClient, text: string): Promise<string> {
  if (text.startsWith('bafkrei')) return text;
  const { decisions } = await client.get<{ decisions: Decision[] }>(`/v1/decisions?limit=${SOUGHT_MAX}`);
  return idOf(text, decisions) ?? text;
}

async function list(client: ApiClient, flags: WhyFlags): Promise<void> {
  const kind = flags.kind === undefined ? '' : `&kind=${flags.kind}`;
  const answer = await client.get<{ decisions: Decision[] }>(`/v1/decisions?limit=20${kind}`);
  print(flags, answer, ({ decisions }) =>
    table([
      ['AT (UTC)', 'KIND', 'CHOSEN', 'OF', 'POLICY', 'DECISION'],
      ...decisions.map(({ id, record }) => [
        when(record.at),
        record.kind,
        String(record.choice.length),
        String(record.candidates.length + record.omitted),
        `${plain(record.policy.name)} ${record.policy.sequence}`,
        id,
      ]),
    ]),
  );
}

function describe({ id, record }: Decision): string {
  const { candidates, choice, constraints, kind, omitted, policy, principal } = record;
  return [
    `${style.bold(kind)}  ${when(record.at)} UTC, under "${plain(policy.name)}" ${policy.sequence}`,
    `  for       ${nameOf(principal)}`,
    ...Object.entries(constraints).map(([name, value]) => `  ${plain(name).padEnd(8)}  ${plain(value)}`),
    ...candidates.flatMap((one) => candidate(one, choice.includes(one.resource.id))),
    ...(omitted === 0 ? [] : [`  and ${omitted} more that are not kept`]),
    style.dim(`  decision ${id}`),
    style.dim(`  policy   ${policy.id}`),
  ].join('\n');
}

const nameOf = ({ id, facts }: { id: string; facts: Record<string, unknown> }) =>
  `${plain(String(facts.name ?? ''))} ${style.dim(plain(id))}`.trim();

function candidate(one: DecisionCandidate, chosen: boolean): string[] {
  const { allow, context, detail, evidence, resource } = one;
  const mark = chosen ? style.green('✓') : allow ? '·' : style.red('✗');
  const facts = Object.entries(context).map(([name, value]) => `${name} ${String(value)}`);
  return [
    `  ${mark} ${nameOf(resource)}`,
    `      ${plain(detail)}${allow && !chosen ? ' (allowed, and not chosen)' : ''}`,
    `      ${style.dim(plain(facts.join(', ')))}`,
    ...(evidence.length === 0 ? [] : [`      ${style.dim(`evidence ${evidence.map(plain).join(' ')}`)}`]),
  ];
}

function describeReplay({ record }: Decision, { candidates, policy, same }: Replay): string {
  const word = (allow: boolean) => (allow ? style.green('allow') : style.red('deny'));
  const by = policy.name === 'given' ? 'the given policies' : `"${plain(policy.name)}" ${policy.sequence}`;
  const turned = candidates.filter(({ was, now }) => was.allow !== now.allow).length;
  const names = new Map(record.candidates.map(({ resource }) => [resource.id, nameOf(resource)]));
  return [
    ...candidates.map(
      ({ now, resource, same: alike, was }) =>
        `  ${alike ? '=' : '≠'} ${names.get(resource)}: was ${word(was.allow)} (${was.policies.map(plain).join(', ') || 'no policy'}), is ${word(now.allow)}: ${plain(now.detail)}`,
    ),
    same ? `the same under ${by}` : `${turned} of ${candidates.length} verdicts turn under ${by}`,
  ].join('\n');
}

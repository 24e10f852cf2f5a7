// zerostate trust: one page about an agent, each line with what bears it out.

import type { Command } from 'commander';
import { TRUST_SECTIONS, type TrustCard, type TrustLine } from '../../trust/trust-card.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';

export function registerTrust(program: Command): void {
  withTarget(
    program
      .command('trust')
      .description('what is known of an agent: identity, revocations, log, behaviour, reputation, policy')
      .argument('<agent>', 'agent id, its end, or the card’s name'),
  ).action(async (agent: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(
        flags,
        await client.get<TrustCard>(`/v1/trust/${encodeURIComponent(await agentOf(client, agent))}`),
        describe,
      );
    });
  });
}

function describe({ agentId, at, lines, name, tone }: TrustCard): string {
  const head = {
    good: style.green('nothing speaks against it'),
    bad: style.red('something speaks against it'),
    unknown: 'not all of what matters is known',
    plain: '',
  }[tone];
  return [
    `${style.bold(plain(name || agentId))}  ${head}`,
    style.dim(plain(agentId)),
    ...TRUST_SECTIONS.flatMap((section) => {
      const own = lines.filter((line) => line.section === section);
      return own.length === 0 ? [] : ['', style.bold(section), ...own.flatMap(describeLine)];
    }),
    '',
    style.dim(`as of ${new Date(at).toISOString()}`),
  ].join('\n');
}

function describeLine({ evidence, label, tone, value }: TrustLine): string[] {
  const mark = { good: style.green('✓'), bad: style.red('✗'), unknown: '?', plain: '·' }[tone];
  return [
    `  ${mark} ${plain(label)}: ${plain(value)}`,
    ...evidence.map((id) => `      ${style.dim(plain(id))}`),
  ];
}

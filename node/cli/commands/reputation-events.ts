// zerostate reputation events | appeal | reverse: what is said about an agent, and what may be said against it.

import type { Command } from 'commander';
import { UNIT } from '../../../protocol/reputation/index.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';

interface EventView {
  readonly id: string;
  readonly kind: string;
  readonly rater: string | null;
  readonly at: string;
  readonly weight: number;
  readonly evidence: readonly string[];
  readonly appealed: boolean;
  readonly reversedBy: readonly string[];
}

interface ObjectionFlags extends ClientFlags, ConfirmFlags {
  as?: string;
  note?: string;
}

export function registerReputationEvents(reputation: Command): void {
  withTarget(
    reputation
      .command('events')
      .description('the signed events about an agent, with who disputes them and who takes them back')
      .argument('<agent>', 'agent id, its end, or the card’s name'),
  ).action(async (agent: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const about = await agentOf(client, agent);
      const answer = await client.get<{ events: EventView[] }>(
        `/v1/reputation/${encodeURIComponent(about)}/events`,
      );
      print(flags, answer, ({ events }) =>
        table([
          ['WHEN', 'EVENT', 'WEIGHT', 'SAID BY', 'STANDS', 'STATEMENT'],
          ...events.map(({ appealed, at, id, kind, rater, reversedBy, weight }) => [
            at,
            kind,
            (weight / UNIT).toFixed(2),
            rater === null ? 'its own signatures' : `…${plain(rater).slice(-10)}`,
            reversedBy.length > 0
              ? `reversed by ${reversedBy.map((one) => `…${plain(one).slice(-10)}`).join(' ')}`
              : appealed
                ? 'appealed'
                : 'yes',
            plain(id),
          ]),
        ]),
      );
    });
  });

  const objection = (name: string, description: string, kind: 'appeal' | 'reversal', asText: string) =>
    withConfirm(
      withTarget(
        reputation
          .command(name)
          .description(description)
          .argument('<agent>', 'the judged agent: id, its end, or the card’s name')
          .argument('<event>', 'statement id of the event, from "zerostate reputation events"'),
      ),
    )
      .option('--as <agent>', asText)
      .option('--note <text>', 'why, for people')
      .action(async (agent: string, event: string, { as, note, ...flags }: ObjectionFlags) => {
        await runAction(flags, async () => {
          if (!(await confirmed(flags, `say for everybody and for good: ${kind} of ${event}`))) return;
          const client = await ApiClient.connect(flags);
          const said = await client.post<{ id: string }>('/v1/reputation-objections', {
            kind,
            event,
            about: await agentOf(client, agent),
            ...(as === undefined ? {} : { as: await agentOf(client, as) }),
            ...(note === undefined ? {} : { note }),
          });
          print(flags, said, ({ id }) => `${kind} ${id}`);
        });
      });

  objection(
    'appeal',
    'dispute an event about an agent of this node: everybody sees that it is disputed',
    'appeal',
    'the agent of this node that appeals (default: the judged one)',
  );
  objection(
    'reverse',
    'take back an event that one has said, or judge one wrong: it no longer counts for whoever trusts the speaker',
    'reversal',
    'the agent of this node that says so (default: the first)',
  );
}

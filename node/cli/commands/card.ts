// zerostate card: publish, list, show, resolve, revoke.

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { CardView } from '../../api/views.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';

/** A signed card is at most 64 KiB, and a draft is smaller. */
const DRAFT_BYTES_MAX = 64 * 1024;

/** Reads a card draft from YAML or JSON. Throws USAGE. */
export async function readDraft(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
  if (text.length > DRAFT_BYTES_MAX)
    throw new ZeroError('USAGE', `${path} is larger than ${DRAFT_BYTES_MAX} bytes`);
  try {
    return parseYaml(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new ZeroError('USAGE', `${path} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
}

/** An agent id in full, or the only card whose id or name begins like that. */
export async function agentOf(client: ApiClient, text: string): Promise<string> {
  const { cards } = await client.get<{ cards: CardView[] }>('/v1/cards');
  const matches = cards.filter(
    (card) =>
      card.agentId === text || card.agentId.endsWith(text) || card.name.toLowerCase() === text.toLowerCase(),
  );
  if (matches.length === 1) return matches[0]!.agentId;
  if (matches.length === 0) {
    if (text.startsWith('zs:')) return text;
    throw new ZeroError('NOT_FOUND', `no card matches ${text}`);
  }
  throw new ZeroError('USAGE', `${text} is ambiguous: ${matches.map((card) => card.agentId).join(', ')}`);
}

export function registerCard(program: Command): void {
  const card = program.command('card').description('signed agent cards: publish, list, show, revoke');

  withTarget(
    card
      .command('publish')
      .description('make an agent with its own keys and publish its card')
      .argument('<file>', 'YAML or JSON, as in examples/cards'),
  )
    .option('--update <agent>', 'publish a new version for this agent instead of making one')
    .action(async (file: string, flags: ClientFlags & { update?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const draft = await readDraft(file);
        const path =
          flags.update === undefined
            ? '/v1/cards'
            : `/v1/cards/${encodeURIComponent(await agentOf(client, flags.update))}`;
        print(
          flags,
          await client.post<CardView>(path, { draft }),
          (view) =>
            `published ${style.bold(plain(view.name))}\n  agent    ${view.agentId}\n  version  ${view.sequence}, valid until ${view.expiresAt}`,
        );
      });
    });

  withTarget(card.command('list').description('every card that the node knows')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ cards: CardView[] }>('/v1/cards'), ({ cards }) =>
          table([
            ['NAME', 'REGION', 'STATUS', 'V', 'HERE', 'AGENT'],
            ...cards.map((view) => [
              plain(view.name),
              view.region,
              view.status,
              String(view.sequence),
              view.local ? 'yes' : '',
              view.agentId,
            ]),
          ]),
        );
      });
    },
  );

  for (const [name, description, query] of [
    ['show', 'one card, as the node knows it', ''],
    ['resolve', 'look the card up in the DHT and show the newest', '?fresh=true'],
  ] as const) {
    withTarget(
      card
        .command(name)
        .description(description)
        .argument('<agent>', 'agent id, its end, or the card’s name'),
    ).action(async (agent: string, flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(
          flags,
          await client.get<CardView>(`/v1/cards/${encodeURIComponent(await agentOf(client, agent))}${query}`),
          describe,
        );
      });
    });
  }

  withTarget(
    card
      .command('revoke')
      .description('revoke an agent that lives on the node; every other node refuses it from then on')
      .argument('<agent>', 'agent id, its end, or the card’s name'),
  )
    .requiredOption('--reason <text>', 'why; everybody can read it')
    .action(async (agent: string, flags: ClientFlags & { reason: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const answer = await client.post<{ statementId: string }>(
          `/v1/cards/${encodeURIComponent(await agentOf(client, agent))}/revoke`,
          { reason: flags.reason },
        );
        print(flags, answer, ({ statementId }) => `revoked; statement ${statementId}`);
      });
    });
}

function describe(view: CardView): string {
  return [
    `${style.bold(plain(view.name))}  ${view.region}  ${view.status}${view.revocation === null ? '' : ` (${plain(view.revocation.reason)})`}`,
    plain(view.description),
    `  agent    ${view.agentId}`,
    `  card     ${view.cardId}`,
    `  version  ${view.sequence}, valid until ${view.expiresAt}`,
    `  host     ${view.host}${view.local ? ' (this node)' : ''}`,
    `  tags     ${plain(view.tags.join(', '))}`,
    ...view.capabilities.map(
      (capability) => `  can      ${plain(capability.name)}: ${plain(capability.description)}`,
    ),
    ...view.prices.map(
      (price) => `  price    ${price.amount} per ${price.unit} (millionths of ${plain(price.currency)})`,
    ),
  ].join('\n');
}

// zerostate card: create (card-create.ts), publish, update, list, show, resolve, rotate, watch, revoke.

import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { isAgentId } from '../../../protocol/identity/index.ts';
import type { CardView, RevocationView } from '../../api/views.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { allRows } from '../pages.ts';
import { readBounded } from '../read-file.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { idOf } from '../short-id.ts';
import { untilSignal } from '../until-signal.ts';
import { registerCardCreate } from './card-create.ts';

/** A signed card is at most 64 KiB, and a draft is smaller. */
const DRAFT_BYTES_MAX = 64 * 1024;

/** Reads a card draft from YAML or JSON. Throws USAGE or LIMIT_EXCEEDED. */
export async function readDraft(path: string): Promise<unknown> {
  const text = Buffer.from(await readBounded(path, DRAFT_BYTES_MAX)).toString();
  try {
    return parseYaml(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new ZeroError('USAGE', `${path} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
}

/** An agent id in full, its end, or the name of its card. Throws NOT_FOUND, or USAGE when several are meant. */
export async function agentOf(client: ApiClient, text: string): Promise<string> {
  const cards = await allRows<CardView>(
    client,
    `/v1/cards?q=${encodeURIComponent(text.slice(0, 200))}`,
    'cards',
  );
  const found = idOf(
    text,
    cards.map(({ agentId: id, name }) => ({ id, name })),
  );
  if (found !== undefined) return found;
  if (isAgentId(text)) return text;
  throw new ZeroError('NOT_FOUND', `no card matches ${text}`, {
    hint: 'zerostate card list shows them all.',
  });
}

const AGENT_HELP = 'agent id, its end, or the card’s name';

async function publish(file: string, flags: ClientFlags, update: string | undefined): Promise<void> {
  const client = await ApiClient.connect(flags);
  const draft = await readDraft(file);
  const path = update === undefined ? '/v1/cards' : cardPath(await agentOf(client, update));
  print(
    flags,
    await client.post<CardView>(path, { draft }).catch(explainDraft),
    (view) =>
      `published ${style.bold(plain(view.name))}\n  agent    ${view.agentId}\n  version  ${view.sequence}, valid until ${view.expiresAt}${stillRevoked(view)}`,
  );
}

/** What is wrong with a draft is said by the node; what a good one looks like, here. */
function explainDraft(error: unknown): never {
  if (!isZeroError(error) || error.code !== 'DECODE_FAILED') throw error;
  throw new ZeroError('DECODE_FAILED', error.message, {
    cause: error,
    hint: '"zerostate card create FILE" writes a card with everything that one needs.',
  });
}

/** Said with a new version of an agent that stays revoked, or its owner would think it is back. */
function stillRevoked({ status, revocation }: CardView): string {
  if (status !== 'revoked') return '';
  return `\n  status   still revoked (${plain(revocation?.reason ?? '')}): every node goes on refusing it`;
}

function cardPath(agentId: string, ending = ''): string {
  return `/v1/cards/${encodeURIComponent(agentId)}${ending}`;
}

/** Prints each new version of a card as it becomes known, until a signal or the end of the node. */
async function watch(flags: ClientFlags, agent: string | undefined): Promise<void> {
  const client = await ApiClient.connect(flags);
  const wanted = agent === undefined ? undefined : await agentOf(client, agent);
  const { signal } = untilSignal();
  for await (const { kind, data } of client.events(signal)) {
    if (kind !== 'card' && kind !== 'revocation') continue;
    const card = kind === 'card' ? (data as CardView) : undefined;
    const revocation = kind === 'revocation' ? (data as RevocationView) : undefined;
    if (wanted !== undefined && (card?.agentId ?? revocation?.issuer) !== wanted) continue;
    const line =
      flags.json === true
        ? JSON.stringify({ kind, ...(data as object) })
        : card !== undefined
          ? `card      ${plain(card.name)}  version ${card.sequence}, key ${card.epoch}.${card.keySerial}  ${card.agentId}`
          : `revoked   ${plain(revocation?.issuerName ?? '')}  ${plain(revocation?.reason ?? '')}  ${revocation?.issuer}`;
    process.stdout.write(`${line}\n`);
  }
}

export function registerCard(program: Command): void {
  const card = program
    .command('card')
    .description('signed agent cards: create, publish, list, show, rotate keys, revoke');
  registerCardCreate(card);

  withTarget(
    card
      .command('publish')
      .description('make an agent with its own keys and publish its card')
      .argument('<file>', 'YAML or JSON, as in examples/cards'),
  )
    .option('--update <agent>', 'publish a new version for this agent instead of making one')
    .action(async (file: string, flags: ClientFlags & { update?: string }) => {
      await runAction(flags, () => publish(file, flags, flags.update));
    });

  withTarget(
    card
      .command('update')
      .description('publish a new version of the card of an agent that lives on the node')
      .argument('<agent>', AGENT_HELP)
      .argument('<file>', 'YAML or JSON, as in examples/cards'),
  ).action(async (agent: string, file: string, flags: ClientFlags) => {
    await runAction(flags, () => publish(file, flags, agent));
  });

  withTarget(card.command('list').description('every card that the node knows')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, { cards: await allRows<CardView>(client, '/v1/cards', 'cards') }, ({ cards }) =>
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

  for (const [name, description, ending] of [
    ['show', 'one card, as the node knows it', ''],
    ['resolve', 'look the card up in the DHT and show the newest', '/resolve'],
  ] as const) {
    withTarget(card.command(name).description(description).argument('<agent>', AGENT_HELP)).action(
      async (agent: string, flags: ClientFlags) => {
        await runAction(flags, async () => {
          const client = await ApiClient.connect(flags);
          print(
            flags,
            await client.get<CardView & { source?: string }>(cardPath(await agentOf(client, agent), ending)),
            describe,
          );
        });
      },
    );
  }

  withTarget(
    card
      .command('watch')
      .description('print each new card and revocation as the node learns of it, until Ctrl-C')
      .argument('[agent]', AGENT_HELP),
  ).action(async (agent: string | undefined, flags: ClientFlags) => {
    await runAction(flags, () => watch(flags, agent));
  });

  withConfirm(
    withTarget(
      card
        .command('rotate')
        .description(
          'give an agent new keys; whatever is signed with the old ones counts for nothing from then on',
        )
        .argument('<agent>', AGENT_HELP),
    ),
  )
    .option('--identity', 'replace the identity key too, by the one that was promised for it')
    .option('--card <file>', 'what the new card shall say (default: what this node published last)')
    .action(
      async (agent: string, flags: ConfirmFlags & ClientFlags & { identity?: boolean; card?: string }) => {
        await runAction(flags, async () => {
          const client = await ApiClient.connect(flags);
          const draft = flags.card === undefined ? {} : { draft: await readDraft(flags.card) };
          const id = await agentOf(client, agent);
          if (!(await confirmed(flags, `replace the keys of ${id}`))) return;
          print(
            flags,
            await client.post<CardView>(cardPath(id, '/rotate'), {
              identity: flags.identity === true,
              ...draft,
            }),
            (view) =>
              `rotated the keys of ${style.bold(plain(view.name))}\n  agent    ${view.agentId}\n  key      ${view.epoch}.${view.keySerial}\n  version  ${view.sequence}, valid until ${view.expiresAt}${stillRevoked(view)}`,
          );
        });
      },
    );

  withConfirm(
    withTarget(
      card
        .command('revoke')
        .description(
          'revoke the card of an agent that lives on the node; every node refuses it from then on, until a newer version is published',
        )
        .argument('<agent>', AGENT_HELP),
    ),
  )
    .requiredOption('--reason <text>', 'why; everybody can read it')
    .option('--forever', 'the agent itself, with its identity key: no new operational key brings it back')
    .action(
      async (agent: string, flags: ConfirmFlags & ClientFlags & { reason: string; forever?: boolean }) => {
        await runAction(flags, async () => {
          const client = await ApiClient.connect(flags);
          const id = await agentOf(client, agent);
          const what = flags.forever === true ? 'revoke for ever the agent' : 'revoke the card of';
          if (!(await confirmed(flags, `${what} ${id}`))) return;
          const answer = await client.post<{ statementId: string }>(cardPath(id, '/revoke'), {
            reason: flags.reason,
            forever: flags.forever === true,
          });
          print(flags, answer, ({ statementId }) => `revoked; statement ${statementId}`);
        });
      },
    );
}

function describe(view: CardView & { source?: string }): string {
  return [
    `${style.bold(plain(view.name))}  ${view.region}  ${view.status}${view.revocation === null ? '' : ` (${plain(view.revocation.reason)})`}`,
    plain(view.description),
    `  agent    ${view.agentId}`,
    `  card     ${view.cardId}`,
    `  version  ${view.sequence}, valid until ${view.expiresAt}`,
    `  key      ${view.epoch}.${view.keySerial}`,
    ...(view.source === undefined ? [] : [`  source   ${view.source}`]),
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

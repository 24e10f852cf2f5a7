// zerostate guild: create, invite, join, list, show, remove, leave, dissolve.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { GuildView, InvitationView } from '../../guild/index.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { idOf } from '../short-id.ts';
import { agentOf } from './card.ts';
import { positiveInteger } from './find.ts';

const SECOND_MS = 1_000;
const GUILD_HELP = 'guild id, its end, or its name';

interface Listed {
  readonly guilds: GuildView[];
  readonly invitations: InvitationView[];
}

interface CreateFlags extends ClientFlags {
  agent?: string;
  member?: string[];
  coordinator?: string[];
  observer?: string[];
  find?: string;
  count: number;
  region?: string;
  tag?: string[];
  ttl?: number;
  min?: number;
}

/** A guild id in full, or the only guild or invitation whose id or name is meant. Live ones come before ended ones. */
export async function guildOf(client: ApiClient, text: string): Promise<string> {
  const { guilds, invitations } = await client.get<Listed>('/v1/guilds');
  const alive = [
    ...guilds.filter(({ state }) => state === 'active'),
    ...invitations.map(({ guild: id, name }) => ({ id, name })),
  ];
  const ended = guilds.filter(({ state }) => state !== 'active');
  // A name that was used before means the guild that lives.
  const found = idOf(text, alive) ?? idOf(text, ended);
  if (found !== undefined) return found;
  throw new ZeroError('GUILD_UNKNOWN', `no guild or invitation matches ${text}`);
}

const path = (id: string, ending = '') => `/v1/guilds/${encodeURIComponent(id)}${ending}`;

async function create(name: string, flags: CreateFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  const seats = async (names: readonly string[] | undefined, role: string) =>
    await Promise.all((names ?? []).map(async (one) => ({ agent: await agentOf(client, one), role })));
  const members = [
    ...(await seats(flags.member, 'member')),
    ...(await seats(flags.coordinator, 'coordinator')),
    ...(await seats(flags.observer, 'observer')),
  ];
  if (members.length === 0 && flags.find === undefined)
    throw new ZeroError('USAGE', 'a guild needs members', {
      hint: 'Name them with --member AGENT, or have them found with --find "what is needed".',
    });
  const filter = {
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.tag === undefined ? {} : { tagsAll: flags.tag }),
  };
  const view = await client.post<GuildView>('/v1/guilds', {
    name,
    ...(flags.agent === undefined ? {} : { agent: await agentOf(client, flags.agent) }),
    ...(members.length === 0 ? {} : { members }),
    ...(flags.find === undefined ? {} : { find: { text: flags.find, count: flags.count, filter } }),
    ...(flags.ttl === undefined ? {} : { ttlMs: flags.ttl * SECOND_MS }),
    ...(flags.min === undefined ? {} : { min: flags.min }),
  });
  print(flags, view, describe);
}

function describe(view: GuildView): string {
  return [
    `${style.bold(plain(view.name))}  ${view.state}  epoch ${view.epoch}, until ${view.until}`,
    `  guild    ${view.id}`,
    table([
      ['  ROLE', 'NAME', 'SEAT', 'AGENT'],
      ...view.members.map((member) => [
        `  ${member.role}`,
        plain(member.name) || '(no card)',
        member.silent ? 'silent' : member.leaving ? 'leaving' : member.joined ? 'taken' : 'offered',
        member.agent,
      ]),
    ]),
    ...view.refused.map(({ agent, error }) => `  refused  ${agent}: ${plain(error)}`),
  ].join('\n');
}

function describeAll({ guilds, invitations }: Listed): string {
  const lines = [
    guilds.length === 0
      ? 'This node sits in no guild.'
      : table([
          ['NAME', 'STATE', 'ROLE', 'MEMBERS', 'EPOCH', 'GUILD'],
          ...guilds.map((view) => [
            plain(view.name),
            view.state,
            view.role,
            String(view.members.length),
            String(view.epoch),
            view.id,
          ]),
        ]),
  ];
  if (invitations.length > 0)
    lines.push(
      '',
      'Invitations that wait for your yes (zerostate guild join GUILD):',
      table([
        ['NAME', 'ROLE', 'FOR', 'UNTIL', 'GUILD'],
        ...invitations.map((one) => [plain(one.name), one.role, one.agent, one.until, one.guild]),
      ]),
    );
  return lines.join('\n');
}

/** A command that posts to one guild and shows it. */
function onGuild(
  guild: Command,
  verb: 'join' | 'leave' | 'dissolve',
  description: string,
  withReason: boolean,
): void {
  const command = guild.command(verb).description(description).argument('<guild>', GUILD_HELP);
  if (withReason) withConfirm(command.option('--reason <text>', 'why; the members read it'));
  withTarget(command).action(
    async (text: string, flags: ConfirmFlags & ClientFlags & { reason?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const id = await guildOf(client, text);
        if (withReason && !(await confirmed(flags, `${verb} the guild ${id}`))) return;
        const body = withReason ? { reason: flags.reason ?? '' } : {};
        print(flags, await client.post<GuildView>(path(id, `/${verb}`), body), describe);
      });
    },
  );
}

export function registerGuild(program: Command): void {
  const guild = program
    .command('guild')
    .description('short-lived private rings of agents: create, invite, join, dissolve')
    .addHelpText(
      'after',
      '\nExamples:\n  $ zerostate guild create translators --find "translate a contract" --count 3\n  $ zerostate guild create crew --member "Word counter" --observer zs:bafk…\n  $ zerostate guild dissolve crew --reason done',
    );

  withTarget(
    guild
      .command('create')
      .description('make a guild; its members are named, found by meaning, or both')
      .argument('<name>', 'what people see'),
  )
    .option('--find <words>', 'have members found for this need, each on another node')
    .option('--count <n>', 'how many are to be found', positiveInteger, 2)
    .option('--region <region>', 'found ones only of this region')
    .option('--tag <tag...>', 'found ones only with all of these tags')
    .option('--member <agent...>', 'members by hand: agent id, its end, or the card’s name')
    .option('--coordinator <agent...>', 'members that lead while the owner is silent')
    .option('--observer <agent...>', 'members that only read')
    .option('--agent <agent>', 'the agent of this node that owns the guild (default: the first)')
    .option('--ttl <seconds>', 'longest life (default: an hour, at most a day)', positiveInteger)
    .option('--min <n>', 'fewest others that must take their seats (default: all)', positiveInteger)
    .addHelpText(
      'after',
      '\nExamples:\n  $ zerostate guild create translators --find "translate a contract" --count 3\n  $ zerostate guild create crew --member "Word counter" --ttl 600 --json',
    )
    .action(async (name: string, flags: CreateFlags) => {
      await runAction(flags, () => create(name, flags));
    });

  withTarget(
    guild
      .command('invite')
      .description('add agents to a guild; where a node asks a person, they are invited')
      .argument('<guild>', GUILD_HELP)
      .argument('<agents...>', 'agent id, its end, or the card’s name'),
  )
    .option('--role <role>', 'coordinator, member or observer', 'member')
    .addHelpText('after', '\nExample:\n  $ zerostate guild invite crew "Word counter" --role observer')
    .action(async (text: string, names: string[], flags: ClientFlags & { role: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const agents = await Promise.all(names.map((name) => agentOf(client, name)));
        const id = await guildOf(client, text);
        print(
          flags,
          await client.post<GuildView>(path(id, '/invite'), { agents, role: flags.role }),
          describe,
        );
      });
    });

  onGuild(guild, 'join', 'say yes to an invitation that waits on this node', false);

  withTarget(
    guild.command('list').description('guilds of the node, those that ended lately, and invitations'),
  ).action(async (flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<Listed>('/v1/guilds'), describeAll);
    });
  });

  withTarget(
    guild.command('show').description('one guild with its members').argument('<guild>', GUILD_HELP),
  ).action(async (text: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<GuildView>(path(await guildOf(client, text))), describe);
    });
  });

  withConfirm(
    withTarget(
      guild
        .command('remove')
        .description('remove members: the keys change, and they read nothing that follows')
        .argument('<guild>', GUILD_HELP)
        .argument('<agents...>', 'agent id, its end, or the card’s name'),
    ),
  )
    .option('--reason <text>', 'why; the members read it')
    .action(
      async (text: string, names: string[], flags: ConfirmFlags & ClientFlags & { reason?: string }) => {
        await runAction(flags, async () => {
          const client = await ApiClient.connect(flags);
          const agents = await Promise.all(names.map((name) => agentOf(client, name)));
          const body = { agents, reason: flags.reason ?? '' };
          const id = await guildOf(client, text);
          if (!(await confirmed(flags, `remove ${agents.join(', ')} from the guild ${id}`))) return;
          print(flags, await client.post<GuildView>(path(id, '/remove'), body), describe);
        });
      },
    );

  onGuild(guild, 'leave', 'leave a guild; its owner dissolves it instead', true);
  onGuild(guild, 'dissolve', 'end a guild for everybody; its keys are destroyed', true);
}

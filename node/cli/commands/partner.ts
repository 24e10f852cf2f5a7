// zerostate partner: organisations that this node shares with: what each gets, what it gives, and how it has served.

import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { type JsonValue, parseStrictJson } from '../../../protocol/json/index.ts';
import { parseRule, readScope, type Scope, scopeToJson } from '../../../protocol/partner/index.ts';
import type { PartnerView } from '../../partners/view.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { PARTNER_HELP, partnerOf } from '../partner-of.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { positiveInteger } from './find.ts';

interface AddFlags extends ClientFlags {
  name?: string;
  as?: string;
  address: string[];
  give: string[];
  scope?: string;
  queries?: number;
  rows?: number;
  bytes?: number;
  days?: number;
}

const collect = (value: string, before: string[]) => [...before, value];

/** A whole number, nothing included. */
function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('not a whole number');
  return value;
}

/** The scope that the flags mean: nothing, when none is named. */
async function scopeOf({ give, scope }: AddFlags): Promise<Scope> {
  const rules = give.map(parseRule);
  if (scope === undefined) return rules;
  const text = await readFile(scope).catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${scope}`, { cause });
  });
  return [...rules, ...readScope(parseStrictJson(new Uint8Array(text)))];
}

function rulesText(scope: JsonValue): string[] {
  const rules = readScope(scope);
  if (rules.length === 0) return ['    nothing that is private'];
  return rules.map(({ fields, predicateTypes, subjects }) => {
    const opened = fields.length === 0 ? 'the fact alone' : fields.includes('*') ? 'whole' : fields.join(' ');
    return `    ${plain(predicateTypes.join(' '))} about ${plain(subjects.join(' '))}: ${plain(opened)}`;
  });
}

function sideText(title: string, side: PartnerView['given'], none: string): string[] {
  if (side === null) return [`  ${title}: ${none}`];
  const { budget, isInForce, until } = side;
  const force = isInForce ? style.green('in force') : style.red('not in force');
  return [
    `  ${title}: ${force}, until ${until}, agreement ${side.agreement}`,
    ...rulesText(side.scope),
    style.dim(
      `    ${budget.queriesPerMinute} queries a minute, ${budget.rowsPerQuery} rows each, ${budget.bytesPerMinute} bytes a minute`,
    ),
  ];
}

function standingText({ standing }: PartnerView): string {
  const { counts, latencyMs, score, share, status } = standing;
  const word = status === 'caught' || status === 'poor' ? style.red(status) : status;
  const latency = latencyMs === null ? '' : `, ${latencyMs} ms`;
  const { invalid, late, lied, refused, stale, unreachable, verified } = counts;
  return [
    `  standing: ${word}, ${score} of 1000${latency}, served ${share / 10} % of its budget`,
    style.dim(
      `    ${verified} answers verified, ${invalid} invalid, ${late} late, ${unreachable} unreachable, ${refused} refused, ${stale} stale, ${lied} lies`,
    ),
  ].join('\n');
}

function describe(partner: PartnerView): string {
  const { agent, evidence, isConnected, isForked, name, peers } = partner;
  return [
    `${style.bold(plain(name))}  ${plain(agent)}  ${isConnected ? style.green('connected') : style.dim('not connected')}`,
    ...(peers.length === 0 ? [] : [`  peers: ${peers.join(' ')}`]),
    ...sideText('it gets', partner.given, 'nothing'),
    ...sideText('it gives', partner.taken, 'it has not answered yet, or has not added this node'),
    standingText(partner),
    ...(isForked ? [style.red('  its log has two histories')] : []),
    ...evidence.map(({ at, detail, id, lie }) => style.red(`  ${lie} at ${at}: ${detail} (evidence ${id})`)),
  ].join('\n');
}

/** Adds the commands. */
export function registerPartner(program: Command): void {
  const partner = program
    .command('partner')
    .description('organisations that this node shares with: agreements, standings, private statements');
  const client = (flags: ClientFlags) => ApiClient.connect(flags);
  const path = async (api: ApiClient, agent: string, what = '') =>
    `/v1/partners/${encodeURIComponent(await partnerOf(api, agent))}${what}`;

  withTarget(
    partner
      .command('add')
      .description('add a partner, or change what it gets; the other side has to add this node too')
      .argument('<agent>', `${PARTNER_HELP}; one that this node has never heard of by its id`),
  )
    .option('--name <name>', 'what to call it here')
    .option('--as <agent>', 'own agent that deals with it; default: the primary one')
    .option(
      '--address <multiaddr>',
      'where it is reached; may be repeated; default: what its card says',
      collect,
      [],
    )
    .option(
      '--give <rule>',
      'private statements that it may see: "TYPES [SUBJECTS [FIELDS]]", lists with commas, * at an end; may be repeated',
      collect,
      [],
    )
    .option('--scope <file>', 'the same rules as a JSON file')
    .option('--queries <n>', 'queries a minute', count)
    .option('--rows <n>', 'statements of one answer at most', count)
    .option('--bytes <n>', 'bytes a minute', count)
    .option('--days <n>', 'days until the agreement ends', positiveInteger)
    .addHelpText(
      'after',
      '\nExamples:\n  $ zerostate partner add zs:bafkrei… --name acme --give "https://slsa.dev/*"\n  $ zerostate partner add zs:bafkrei… --give "https://slsa.dev/provenance/v1 sha256:4f2c… /buildDefinition,/runDetails/builder"',
    )
    .action(async (agent: string, flags: AddFlags) => {
      await runAction(flags, async () => {
        const { address, as, bytes, days, name, queries, rows } = flags;
        const budget = {
          ...(queries === undefined ? {} : { queriesPerMinute: queries }),
          ...(rows === undefined ? {} : { rowsPerQuery: rows }),
          ...(bytes === undefined ? {} : { bytesPerMinute: bytes }),
        };
        const api = await client(flags);
        const added = await api.post<PartnerView>('/v1/partners', {
          agent: await partnerOf(api, agent),
          scope: scopeToJson(await scopeOf(flags)),
          budget,
          ...(address.length === 0 ? {} : { addresses: address }),
          ...(name === undefined ? {} : { name }),
          ...(as === undefined ? {} : { as }),
          ...(days === undefined ? {} : { days }),
        });
        print(flags, added, describe);
      });
    });

  withTarget(partner.command('list').description('every partner, the first added first')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const { partners } = await (await client(flags)).get<{ partners: PartnerView[] }>('/v1/partners');
        print(flags, { partners }, () =>
          table([
            ['NAME', 'AGENT', 'CONNECTED', 'AGREED', 'STANDING', 'MS', 'VERIFIED', 'LIES'],
            ...partners.map(({ agent, given, isConnected, name, standing, taken }) => [
              plain(name),
              plain(agent),
              isConnected ? 'yes' : 'no',
              given?.isInForce === true && taken?.isInForce === true
                ? 'both'
                : given?.isInForce === true
                  ? 'it gets'
                  : 'no',
              `${standing.status} ${standing.score}`,
              standing.latencyMs === null ? '-' : String(standing.latencyMs),
              String(standing.counts.verified),
              String(standing.counts.lied),
            ]),
          ]),
        );
      });
    },
  );

  withTarget(
    partner
      .command('show')
      .description('what was agreed with a partner, how it has served, what stands against it')
      .argument('<agent>', PARTNER_HELP),
  )
    .option('--evidence <id>', 'print this evidence instead: a file for "zerostate verify"')
    .action(async (agent: string, flags: ClientFlags & { evidence?: string }) => {
      await runAction(flags, async () => {
        const api = await client(flags);
        if (flags.evidence === undefined)
          print(flags, await api.get<PartnerView>(await path(api, agent)), describe);
        else {
          const file = `/v1/partner-evidence/${encodeURIComponent(flags.evidence)}`;
          process.stdout.write(`${await (await api.stream('GET', file)).text()}\n`);
        }
      });
    });

  withTarget(
    partner
      .command('sync')
      .description('greet a partner now, pull its log and what it opens of its private statements')
      .argument('<agent>', PARTNER_HELP),
  ).action(async (agent: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const api = await client(flags);
      const to = await path(api, agent, '/sync');
      const done = await api.post<PartnerView & { size: number; openings: number }>(to, {});
      print(
        flags,
        done,
        ({ openings, size }) =>
          `${describe(done)}\n  ${size} entries of its log held, ${openings} new openings`,
      );
    });
  });

  withConfirm(
    withTarget(
      partner
        .command('remove')
        .description('remove a partner: nothing more goes to it; what it has it keeps')
        .argument('<agent>', PARTNER_HELP),
    ),
  ).action(async (agent: string, flags: ConfirmFlags & ClientFlags) => {
    await runAction(flags, async () => {
      const api = await client(flags);
      const to = await path(api, agent, '/remove');
      if (!(await confirmed(flags, `remove the partner ${agent}`))) return;
      const removed = await api.post<{ removed: string }>(to, {});
      print(flags, removed, () => `removed ${plain(agent)}`);
    });
  });

  withTarget(
    partner
      .command('seal')
      .description(
        'log an in-toto statement so that the log shows a commitment, and only partners what it says',
      )
      .argument('<file>', 'DSSE envelope (JSON)'),
  )
    .option('--hide-type', 'do not show its predicate type')
    .option('--hide-subjects', 'do not show what it is about; then nobody finds it by its subject')
    .option('--as <agent>', 'own agent that answers for it; default: the primary one')
    .action(
      async (
        file: string,
        flags: ClientFlags & { hideType?: boolean; hideSubjects?: boolean; as?: string },
      ) => {
        await runAction(flags, async () => {
          const text = await readFile(file).catch((cause: unknown) => {
            throw new ZeroError('USAGE', `cannot read ${file}`, { cause });
          });
          const api = await client(flags);
          const logged = await api.post<{ statementId: string; origin: string; index: number }>(
            '/v1/sealed',
            {
              envelope: parseStrictJson(new Uint8Array(text)),
              hideType: flags.hideType === true,
              hideSubjects: flags.hideSubjects === true,
              ...(flags.as === undefined ? {} : { as: flags.as }),
            },
          );
          print(
            flags,
            logged,
            ({ index, origin, statementId }) => `sealed ${statementId}\n  entry ${index} of ${origin}`,
          );
        });
      },
    );
}

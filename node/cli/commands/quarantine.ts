// zerostate quarantine: keeps agents, nodes, modules or a partner apart by signed order, and releases them with proof. What an order touches is
// always shown before it is given.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { QuarantineTarget } from '../../../protocol/statement/index.ts';
import type { Impact } from '../../quarantine/index.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { print, runAction, style } from '../output.ts';
import { allRows } from '../pages.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';
import { positiveInteger } from './find.ts';
import { checkTyped, moduleOf } from './quarantine-input.ts';
import { describe, describeImpact, describeList, named, type Order } from './quarantine-text.ts';

interface TargetFlags {
  agent?: string[];
  peer?: string[];
  module?: string[];
  partner?: string[];
}

interface OrderFlags extends ClientFlags, ConfirmFlags, TargetFlags {
  reason: string;
  hours: number;
  region?: string[];
  evidence?: string[];
  releaseBy?: string[];
  threshold?: number;
  by?: string;
}

/** Statements and orders as people type them: the whole id, or its end. */
const ENDING_CHARS_MIN = 6;

/** What an order does not do by itself. */
const ELSEWHERE =
  'Each other node judges by its own policy: those obey that name the signer in quarantine.authorities, or whose partner it is.';

function many(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function withTargets(command: Command): Command {
  return command
    .option('--agent <agent>', 'an agent: id, its end, or the card’s name; may be repeated', many)
    .option('--peer <id>', 'a node, and the agents that live on it; may be repeated', many)
    .option('--module <id>', 'a module by its content id or sha256 digest; may be repeated', many)
    .option('--partner <agent>', 'a partner by its agent id, its nodes and agents; may be repeated', many);
}

async function targetsOf(client: ApiClient, flags: TargetFlags): Promise<QuarantineTarget[]> {
  checkTyped(flags);
  const { agent = [], module = [], partner = [], peer = [] } = flags;
  const agents = await Promise.all(agent.map((one) => agentOf(client, one)));
  const targets = [
    ...agents.map((id) => ({ kind: 'agent' as const, id })),
    ...peer.map((id) => ({ kind: 'peer' as const, id })),
    ...module.map((text) => ({ kind: 'module' as const, id: moduleOf(text) })),
    ...partner.map((id) => ({ kind: 'partner' as const, id })),
  ];
  if (targets.length === 0) throw new ZeroError('USAGE', 'say what: --agent, --peer, --module or --partner');
  return targets;
}

async function orderOf(client: ApiClient, text: string): Promise<Order> {
  const orders = await allRows<Order>(client, '/v1/quarantine', 'orders');
  const found = orders.filter(
    ({ order }) => order === text || (text.length >= ENDING_CHARS_MIN && order.endsWith(text)),
  );
  if (found.length === 1) return found[0] as Order;
  throw new ZeroError('NOT_FOUND', `${found.length === 0 ? 'no' : 'more than one'} order matches ${text}`, {
    hint: '"zerostate quarantine list" shows them all.',
  });
}

/** Puts the command in place. */
export function registerQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('keep agents, nodes, modules or a partner apart on every node that obeys, by signed order');

  withTarget(
    withTargets(quarantine.command('impact').description('what an order would touch; changes nothing')),
  ).action(async (flags: ClientFlags & TargetFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await impactOf(client, await targetsOf(client, flags)), describeImpact);
    });
  });

  withConfirm(
    withTarget(
      withTargets(
        quarantine
          .command('order')
          .description(
            'sign an order and spread it; shows what it touches, and wants --yes where it cannot ask',
          )
          .requiredOption('--reason <text>', 'why, for everybody who meets it'),
      ),
    ),
  )
    .option('--hours <n>', 'how long it holds unless it is released', positiveInteger, 24)
    .option('--region <region>', 'only nodes of this region are to obey; may be repeated', many)
    .option('--evidence <id>', 'a statement that bears it out; may be repeated', many)
    .option('--release-by <agent>', 'whose release counts; may be repeated (default: who signs it)', many)
    .option('--threshold <n>', 'how many of them must release it', positiveInteger)
    .option('--by <agent>', 'the agent of this node that signs')
    .action(async (flags: OrderFlags) => {
      await runAction(flags, async () => await give(flags));
    });

  withTarget(quarantine.command('list').description('orders known here, and whether they are obeyed'))
    .option('--state <state>', 'only held, pending, expired, released or void ones')
    .action(async (flags: ClientFlags & { state?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const asked = flags.state === undefined ? '' : `?state=${encodeURIComponent(flags.state)}`;
        const orders = await allRows<Order>(client, `/v1/quarantine${asked}`, 'orders');
        print(flags, { orders }, () => describeList(orders));
      });
    });

  withTarget(
    quarantine
      .command('show')
      .description('one order: what, why, whether it is obeyed here, and who may release it')
      .argument('<order>', 'id of the order, or its end'),
  ).action(async (order: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      print(flags, await orderOf(await ApiClient.connect(flags), order), describe);
    });
  });

  withConfirm(
    withTarget(
      quarantine
        .command('release')
        .description('release an order, with the statements that prove that its reason is gone')
        .argument('<order>', 'id of the order, or its end')
        .requiredOption('--reason <text>', 'why')
        .requiredOption(
          '--evidence <id>',
          'a statement that proves it, held on this node; may be repeated',
          many,
        ),
    ),
  )
    .option('--by <agent>', 'the agent of this node that signs')
    .action(
      async (
        order: string,
        flags: ClientFlags & ConfirmFlags & { reason: string; evidence: string[]; by?: string },
      ) => {
        await runAction(flags, async () => {
          checkTyped({ evidence: flags.evidence });
          const client = await ApiClient.connect(flags);
          const found = await orderOf(client, order);
          if (!(await confirmed(flags, `release ${named(found.targets)} from the order ${found.order}`)))
            return;
          const { statementId } = await client.post<{ statementId: string }>(
            `/v1/quarantine/${found.order}/release`,
            {
              reason: flags.reason,
              evidence: flags.evidence,
              ...(flags.by === undefined ? {} : { by: await agentOf(client, flags.by) }),
            },
          );
          const after = await client.get<Order>(`/v1/quarantine/${found.order}`);
          print(flags, { statementId, state: after.state }, () =>
            after.state === 'released'
              ? `released; the release is ${statementId}`
              : `signed ${statementId}; ${after.releases.length} of ${after.release.threshold} releases that it takes are there`,
          );
        });
      },
    );
}

async function impactOf(
  client: ApiClient,
  targets: readonly QuarantineTarget[],
  regions: readonly string[] = [],
): Promise<Impact> {
  return await client.post<Impact>('/v1/quarantine/impact', {
    targets,
    ...(regions.length === 0 ? {} : { regions }),
  });
}

async function give(flags: OrderFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  const targets = await targetsOf(client, flags);
  const impact = await impactOf(client, targets, flags.region);
  if (flags.dryRun === true) {
    print(flags, { dryRun: true, impact }, () => `${describeImpact(impact)}\n\nnothing was done`);
    return;
  }
  if (flags.yes !== true && (flags.json === true || process.stdin.isTTY !== true))
    throw new ZeroError('USAGE', 'an order reaches every node that obeys it: say --yes', {
      hint: '"zerostate quarantine impact" shows what it touches; --dry-run too.',
    });
  if (flags.json !== true) process.stderr.write(`${describeImpact(impact)}\n\n`);
  if (!(await confirmed(flags, `keep ${named(targets)} apart for ${flags.hours} h`))) return;
  const { evidence, hours, reason, region, releaseBy, threshold } = flags;
  const { statementId } = await client.post<{ statementId: string }>('/v1/quarantine', {
    targets,
    reason,
    seconds: hours * 3_600,
    regions: region ?? [],
    ...(evidence === undefined ? {} : { evidence }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(releaseBy === undefined
      ? {}
      : { releaseBy: await Promise.all(releaseBy.map((one) => agentOf(client, one))) }),
    ...(flags.by === undefined ? {} : { by: await agentOf(client, flags.by) }),
  });
  const order = await client.get<Order>(`/v1/quarantine/${statementId}`);
  print(flags, order, () => `${style.bold('ordered')}\n${describe(order)}\n\n${style.dim(ELSEWHERE)}`);
}

// What people read of quarantine: orders, one or many, and what one would touch. Must not ask the node anything.

import type { QuarantineTarget } from '../../../protocol/statement/index.ts';
import type { Impact } from '../../quarantine/index.ts';
import { plain, style, table } from '../output.ts';

/** An order, as the API gives it. */
export interface Order {
  readonly order: string;
  readonly issuer: string;
  readonly state: string;
  readonly sequence: number;
  readonly targets: readonly QuarantineTarget[];
  readonly regions: readonly string[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly reason: string;
  readonly evidence: readonly { id: string; held: boolean }[];
  readonly release: { by: readonly string[]; threshold: number };
  readonly releases: readonly { id: string; issuer: string; reason: string }[];
  readonly obeyed: readonly QuarantineTarget[];
  readonly detail: string;
  readonly missing: number;
}

/** The things of an order in one line. */
export const named = (targets: readonly QuarantineTarget[]): string =>
  targets.map(({ kind, id }) => `${kind} ${id}`).join(', ');

/** What an order would touch. */
export function describeImpact({
  cards,
  channels,
  guilds,
  partners,
  peers,
  tasks,
  warnings,
}: Impact): string {
  const lists: readonly [string, number, readonly string[]][] = [
    ['cards hidden', cards.count, cards.shown.map(({ agentId, name }) => `${name} ${agentId}`)],
    ['tasks under way there', tasks.count, tasks.shown.map(({ name, taskId }) => `${name} ${taskId}`)],
    [
      'guilds with such members',
      guilds.count,
      guilds.shown.map(({ name, members }) => `${name} (${members})`),
    ],
    ['channels open with them', channels.count, channels.shown.map(({ channel }) => channel)],
    [
      'nodes limited',
      peers.count,
      peers.shown.map(({ connected, name, peerId }) => `${name} ${peerId}${connected ? ' (connected)' : ''}`),
    ],
    ['partners not asked', partners.count, partners.shown.map(({ agent, name }) => `${name} ${agent}`)],
  ];
  return [
    style.bold('would be touched, as far as this node knows'),
    ...lists.flatMap(([what, count, shown]) => [
      `  ${what}: ${count}`,
      ...shown.map((one) => `      ${style.dim(plain(one))}`),
    ]),
    ...warnings.map((one) => `  ${style.red('!')} ${plain(one)}`),
  ].join('\n');
}

/** Orders as a table. */
export function describeList(orders: readonly Order[]): string {
  if (orders.length === 0) return 'no quarantine order is known here';
  return table([
    ['ORDER', 'STATE', 'HERE', 'UNTIL', 'WHAT', 'REASON'],
    ...orders.map(({ expiresAt, obeyed, order, reason, state, targets }) => [
      order.slice(-12),
      state,
      state !== 'held' ? '' : obeyed.length > 0 ? 'obeyed' : 'not obeyed',
      expiresAt,
      plain(
        `${targets[0]?.kind} …${targets[0]?.id.slice(-12)}${targets.length > 1 ? ` and ${targets.length - 1}` : ''}`,
      ),
      plain(reason),
    ]),
  ]);
}

/** One order. */
export function describe(order: Order): string {
  const { evidence, missing, obeyed, regions, release, releases, state, targets } = order;
  const here =
    state !== 'held'
      ? state
      : obeyed.length === 0
        ? `known, not obeyed here: ${order.detail}`
        : `obeyed here: ${order.detail}`;
  return [
    `  order     ${order.order}`,
    `  state     ${plain(here)}`,
    ...targets.map((target) => `  keeps     ${target.kind} ${plain(target.id)}`),
    `  reason    ${plain(order.reason)}`,
    `  by        ${plain(order.issuer)}, number ${order.sequence}`,
    `  until     ${plain(order.expiresAt)}`,
    ...(regions.length === 0 ? [] : [`  regions   ${plain(regions.join(', '))}`]),
    ...evidence.map(({ held, id }) => `  evidence  ${plain(id)}${held ? '' : ' (not held here)'}`),
    `  release   ${release.threshold} of ${plain(release.by.join(', '))}`,
    ...releases.map(({ issuer, reason }) => `  released  by ${plain(issuer)}: ${plain(reason)}`),
    ...(missing === 0 ? [] : [`  missing   ${missing} more statements of its issuer are not here`]),
  ].join('\n');
}

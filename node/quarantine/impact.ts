// What an order would touch, before it is given: looked up in what this node knows, so others may see more. Reads only.

import type { QuarantineTarget } from '../../protocol/statement/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { NodeContext } from '../context.ts';
import { peersOf } from './quarantines.ts';

/** Lines of each list that are shown; the counts are whole. */
const SHOWN_MAX = 50;

/** A list, cut to what people read. */
export interface Hits<T> {
  readonly count: number;
  readonly shown: readonly T[];
}

/** The blast radius of an order. */
export interface Impact {
  readonly cards: Hits<{ agentId: string; name: string; local: boolean }>;
  /** Tasks of this node that have not ended and have a run there, or run the module. */
  readonly tasks: Hits<{ taskId: string; name: string; phase: string }>;
  readonly guilds: Hits<{ id: string; name: string; members: number }>;
  readonly channels: Hits<{ channel: string; payer: string; payee: string; phase: string }>;
  /** Nodes that would be limited, and whether they are connected now. */
  readonly peers: Hits<{ peerId: string; name: string; connected: boolean }>;
  readonly partners: Hits<{ agent: string; name: string }>;
  /** What a person should think about once more. */
  readonly warnings: readonly string[];
}

type Looked = Pick<
  NodeContext,
  'book' | 'config' | 'directory' | 'guilds' | 'host' | 'partners' | 'payments' | 'peerId' | 'tasks' | 'vault'
>;

function hits<T>(all: readonly T[]): Hits<T> {
  return { count: all.length, shown: all.slice(0, SHOWN_MAX) };
}

/** Regions of an order in which no node is known, and this node where it is in none of them: a word mistyped is an order that nobody obeys. */
function strayRegions({ config, directory }: Looked, regions: readonly string[]): string[] {
  if (regions.length === 0) return [];
  const known = new Set([config.region, ...directory.nodes().map(({ region }) => region)]);
  return [
    ...regions.filter((region) => !known.has(region)).map((region) => `no node in ${region} is known here`),
    ...(regions.includes(config.region)
      ? []
      : [
          `this node is in ${config.region}, and would not obey: it would be so at nodes in ${regions.join(', ')}`,
        ]),
  ];
}

/** What an order about these things would touch; `regions` are those whose nodes are to obey, none for all. */
export async function impactOf(
  node: Looked,
  targets: readonly QuarantineTarget[],
  regions: readonly string[] = [],
): Promise<Impact> {
  const { book, config, directory, guilds, host, partners, payments, peerId, tasks, vault } = node;
  const ids = (kind: QuarantineTarget['kind']) =>
    new Set(targets.filter((target) => target.kind === kind).map(({ id }) => id));
  const [agents, modules, organisations] = [ids('agent'), ids('module'), ids('partner')];
  const touched = partners.book.list().filter(({ agent }) => organisations.has(agent));
  const peers = new Set([...ids('peer'), ...touched.flatMap((partner) => partner.peers)]);
  const isHit = ({ agentId, card }: BookEntry): boolean =>
    agents.has(agentId) || organisations.has(agentId) || [...peersOf(card)].some((peer) => peers.has(peer));
  const cards = book.list().filter(isHit);
  const all = new Set<string>([...agents, ...organisations, ...cards.map(({ agentId }) => agentId)]);
  const connected = new Set(host.getPeers().map(String));
  const local = cards.filter(({ agentId }) => vault.has(agentId));
  const isKnown = (peer: string) =>
    connected.has(peer) ||
    directory.get(peer) !== undefined ||
    book.list().some(({ card }) => peersOf(card).has(peer));
  const open = [];
  for (const entry of tasks.open()) {
    const signed = await tasks.manifest(entry.taskId).catch(() => undefined);
    const isOfModule = signed !== undefined && modules.has(signed.manifest.module.cid);
    const isThere = entry.task.attempts.some(({ agentId, state }) => state === 'asked' && all.has(agentId));
    if (isOfModule || isThere) open.push(entry);
  }
  return {
    cards: hits(cards.map(({ agentId, card }) => ({ agentId, name: card.name, local: vault.has(agentId) }))),
    tasks: hits(open.map(({ name, task, taskId }) => ({ taskId, name, phase: task.phase }))),
    guilds: hits(
      guilds
        .list()
        .filter(({ state }) => state === 'active')
        .map(({ id, members, name }) => ({
          id,
          name,
          members: members.filter(({ agent, peer }) => all.has(agent) || peers.has(peer)).length,
        }))
        .filter(({ members }) => members > 0),
    ),
    channels: hits(
      payments.sides
        .list()
        .map(({ state }) => ({
          channel: state.terms.channel,
          payer: state.terms.payer,
          payee: state.terms.payee,
          phase: state.phase,
        }))
        .filter(({ payee, payer, phase }) => phase !== 'settled' && (all.has(payee) || all.has(payer))),
    ),
    peers: hits(
      [...peers].map((peer) => ({
        peerId: peer,
        name: (peer === peerId ? config.name : directory.get(peer)?.name) ?? '',
        connected: connected.has(peer),
      })),
    ),
    partners: hits(touched.map(({ agent, name }) => ({ agent, name }))),
    warnings: [
      ...(peers.has(peerId) ? ['this node itself is named: it would run no more tasks'] : []),
      ...(local.length > 0 ? [`${local.length} agent(s) of this node would be kept apart`] : []),
      ...targets
        .filter(({ kind, id }) => kind === 'agent' && book.get(id as never) === undefined)
        .map(({ id }) => `no card of ${id} is known here`),
      ...targets
        .filter(({ kind, id }) => kind === 'peer' && id !== peerId && !isKnown(id))
        .map(({ id }) => `no node ${id} is known here`),
      ...strayRegions(node, regions),
    ],
  };
}

// What is known, in the words of the schema: nodes, agents, peers, tasks and statements as entities. Must not decide anything.

import type { PolicyEntity } from '../../protocol/policy/index.ts';
import type { BookEntry } from '../cards/card-book.ts';

/** Characters of a fact that others wrote: names and tags are bounded by their own rules already. */
const FACT_CHARS_MAX = 512;

const short = (text: string | undefined): string => (text ?? '').slice(0, FACT_CHARS_MAX);

/** This node. */
export interface NodeFacts {
  readonly peerId: string;
  readonly name: string;
  readonly region: string;
  readonly network: string;
}

export function nodeOf({ peerId, name, region, network }: NodeFacts): PolicyEntity {
  return { type: 'Node', id: peerId, facts: { name, region, network } };
}

/** An agent by its newest card. */
export function agentOf({ agentId, card }: BookEntry, local: boolean): PolicyEntity {
  const tags = [...new Set([...card.tags, ...card.capabilities.flatMap((one) => one.tags)])].sort();
  return {
    type: 'Agent',
    id: agentId,
    facts: {
      name: short(card.name),
      region: card.region,
      operator: short(card.operator),
      sla: card.sla,
      host: card.endpoints[0]?.peer ?? '',
      tags,
      priced: card.prices.length > 0,
      local,
    },
  };
}

/** An agent whose card is not known here. */
export function unknownAgent(agentId: string, local: boolean): PolicyEntity {
  return {
    type: 'Agent',
    id: agentId,
    facts: { name: '', region: '', operator: '', sla: '', host: '', tags: [], priced: false, local },
  };
}

/** Another node, as far as it has announced itself. */
export function peerOf(
  peerId: string,
  known: { readonly name: string; readonly region: string; readonly roles: readonly string[] } | undefined,
): PolicyEntity {
  const { name = '', region = '', roles = [] } = known ?? {};
  return {
    type: 'Peer',
    id: peerId,
    facts: { name: short(name), region, roles: [...roles].sort(), known: known !== undefined },
  };
}

/** A task that another node asks this one to run. */
export interface TaskFacts {
  readonly taskId: string;
  readonly name: string;
  readonly capability: string;
  readonly module: string;
  readonly executor: string;
  readonly fuel: string;
  readonly memoryBytes: number;
  readonly wallMs: number;
  readonly priced: boolean;
}

/** Fuel beyond what a safe integer holds counts as the largest: no limit of a policy lies there. */
export function taskOf({ taskId, fuel, ...facts }: TaskFacts): PolicyEntity {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const amount = BigInt(fuel);
  return {
    type: 'Task',
    id: taskId,
    facts: {
      ...facts,
      name: short(facts.name),
      capability: short(facts.capability),
      fuel: Number(amount > most ? most : amount),
    },
  };
}

/** A statement. */
export function statementOf(statement: {
  readonly id: string;
  readonly predicateType: string;
  readonly issuer: string;
  readonly origin: string;
  readonly local: boolean;
}): PolicyEntity {
  const { id, ...facts } = statement;
  return { type: 'Statement', id, facts };
}

// Which agents live on which node, as both say: the agent's card names the node's log, and that log holds the card. Neither can
// claim the other alone.

import type { VerifiedCard } from '../../protocol/card/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { originOf } from '../../protocol/log/index.ts';

/** Nodes remembered: as many as a directory holds some times over. */
const NODES_MAX = 10_000;
/** Agents remembered of one node, those heard of first: a node cannot crowd them out by making more. */
const AGENTS_MAX = 8;

/** The agents of each node. */
export class Residents {
  readonly #byOrigin = new Map<string, Set<AgentId>>();

  /** Notes a card that a log holds. */
  note({ card }: Pick<VerifiedCard, 'card'>, origin: string): void {
    if (card.log?.origin !== origin) return;
    const agents = this.#byOrigin.get(origin) ?? new Set();
    if (agents.size < AGENTS_MAX) agents.add(card.id);
    this.#byOrigin.set(origin, agents);
    if (this.#byOrigin.size > NODES_MAX) this.#byOrigin.delete(this.#byOrigin.keys().next().value as string);
  }

  /** Agents of a node by its peer id, the one heard of first at the front. */
  of(peerId: string): AgentId[] {
    return [...(this.#byOrigin.get(originOf(peerId)) ?? [])];
  }
}

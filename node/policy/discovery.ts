// The policy in discovery: every candidate with what is known of it, one decision a request. Written behind the answer: a search changes nothing.

import type { BookEntry } from '../cards/card-book.ts';
import type { DiscoveryDecision, DiscoveryPolicy } from '../find/policy.ts';
import { agentOf, type NodeFacts, nodeOf } from './entities.ts';
import type { Gate, Standing } from './gate.ts';
import type { PolicyService } from './policy-service.ts';

/** How dangerous it is to be told of an agent: whoever is found is given work, and money. */
export const FIND_TIER = 'dangerous';

export interface DiscoveryPolicyDeps {
  readonly policy: PolicyService;
  readonly gate: Gate;
  readonly node: NodeFacts;
  readonly isLocal: (agentId: string) => boolean;
  /** Oldest knowledge of revocations that discovery takes, in ms. */
  readonly maxAgeMs: number;
}

/** The port of discovery over the node's policy. */
export function discoveryPolicy(deps: DiscoveryPolicyDeps): DiscoveryPolicy {
  const { gate, isLocal, maxAgeMs, node, policy } = deps;
  const begin = (constraints: Readonly<Record<string, string>>): DiscoveryDecision => {
    const draft = policy.begin('find', nodeOf(node), constraints);
    const standings = new Map<string, Standing>();
    const standingOf = ({ agentId }: BookEntry): Standing => {
      const standing = standings.get(agentId) ?? gate.of(agentId, FIND_TIER, { maxAgeMs });
      standings.set(agentId, standing);
      return standing;
    };
    return {
      decide({ entry }) {
        const { evidence, facts } = standingOf(entry);
        return draft.ask(agentOf(entry, isLocal(entry.agentId)), facts, evidence);
      },
      refused(entry, reason) {
        const { evidence, facts } = standingOf(entry);
        draft.refuse(agentOf(entry, isLocal(entry.agentId)), facts, reason, evidence);
      },
      override: (entry) => standingOf(entry).override?.reason,
      end: (chosen) => draft.recordBehind(chosen),
    };
  };
  return { begin, decide: (question) => begin({}).decide(question) };
}

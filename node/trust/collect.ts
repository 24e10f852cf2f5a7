// Collects what a node knows of an agent for its trust card. Reads only.

import type { AgentId } from '../../protocol/identity/index.ts';
import { SAFETY_TIERS } from '../../protocol/statement/index.ts';
import type { NodeContext } from '../context.ts';
import { type TrustCard, type TrustFacts, trustCard } from './trust-card.ts';

/** Receipts and revocations looked through: what the books list at once. */
const LOOKED_AT_MAX = 20_000;
/** Decisions looked through for those about one agent: reading them costs a disk access each. */
const DECISIONS_LOOKED_AT = 100;

/** Everything that this node knows of an agent. Never throws for an agent that nobody knows: the card then says so. */
export async function trustOf(node: NodeContext, agentId: AgentId): Promise<TrustCard> {
  const { clock, gate, policy, receipts, reputation, revocations } = node;
  const entry = await node.cards.resolve(agentId).catch(() => undefined);
  return trustCard({
    agentId,
    now: clock.now(),
    entry,
    revocation: SAFETY_TIERS.map((tier) => {
      const { detail, evidence, judged } = gate.of(agentId, tier);
      return { tier, state: judged.status === 'valid' ? 'clear' : judged.status, detail, evidence };
    }),
    held: node.quarantines.agent(agentId),
    revoked: revocations
      .list(LOOKED_AT_MAX)
      .filter(({ issuer }) => issuer === agentId)
      .map(({ predicate, statementId }) => ({
        statementId,
        kind: predicate.target.kind,
        reason: predicate.reason,
      })),
    log: await logOf(node, entry?.card.log?.origin),
    receipts: receipts.list(LOOKED_AT_MAX).filter(({ issuer }) => issuer === agentId),
    standing: reputation.of(agentId),
    policy: { ...node.verdicts.wouldFind(agentId), ...nameOf(policy.bundles.active) },
    decisions: await decisionsAbout(policy, agentId),
  });
}

async function logOf(
  { forks, logProofs, store }: NodeContext,
  origin: string | undefined,
): Promise<TrustFacts['log']> {
  if (origin === undefined) return null;
  const { size } = store.state(origin);
  if (size === 0) return null;
  const quorum = await logProofs.witnessQuorumOf(origin).catch(() => undefined);
  return {
    origin,
    size,
    forked: forks.has(origin),
    quorum:
      quorum === undefined
        ? undefined
        : {
            met: quorum.reached,
            detail: `${quorum.counted.length} of ${quorum.known} witnesses vouch for its newest head, ${quorum.required} are asked for`,
          },
  };
}

async function decisionsAbout(
  policy: NodeContext['policy'],
  agentId: string,
): Promise<TrustFacts['decisions']> {
  const found = await policy.decisions(DECISIONS_LOOKED_AT);
  return found.flatMap(({ id, record }) => {
    if (record.kind === 'run' && record.principal.id === agentId)
      return [{ id, kind: record.kind, at: record.at, allow: record.choice.length > 0 }];
    const about = record.candidates.find(({ resource }) => resource.id === agentId);
    return about === undefined ? [] : [{ id, kind: record.kind, at: record.at, allow: about.allow }];
  });
}

const nameOf = ({ id, name, sequence }: { id: string; name: string; sequence: number }) => ({
  id,
  name: sequence === 0 ? 'the built-in policies' : `policy "${name}" ${sequence}`,
});

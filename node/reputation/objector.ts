// Appeals and reversals: signed statements in the own log. Neither deletes anything; whether a reversal counts is decided by everybody for
// themselves (protocol/reputation/assess.ts).

import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { REPUTATION_EVENT_PREDICATE, signAgentStatement } from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { ReputationService } from './reputation-service.ts';

export interface ObjectorDeps {
  readonly reputation: ReputationService;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
}

/** What is objected to, by whom. */
export interface ObjectionOrder {
  /** appeal: the judged agent disputes an event. reversal: somebody takes it back, or judges it wrong. */
  readonly kind: 'appeal' | 'reversal';
  /** The judged agent. */
  readonly about: AgentId;
  /** Statement id of the event, or of evidence that it rests on. */
  readonly event: string;
  /** The agent of this node that speaks. Default: for an appeal the judged one, for a reversal the first. */
  readonly as?: AgentId | undefined;
  readonly note?: string | undefined;
}

/** Signs and logs an objection; answers its statement id. Throws NOT_FOUND (no such event, no such agent here) or USAGE. */
export async function object(deps: ObjectorDeps, order: ObjectionOrder): Promise<string> {
  const { clock, ownLog, reputation, vault } = deps;
  const { about, event, kind, note } = order;
  const as = order.as ?? (kind === 'appeal' ? about : vault.list()[0]?.agentId);
  if (as === undefined)
    throw new ZeroError('NOT_FOUND', 'this node has no agent that could say so', {
      hint: 'Publish a card first: zerostate card publish.',
    });
  if (kind === 'appeal' && as !== about)
    throw new ZeroError('USAGE', 'only the judged agent appeals; others reverse');
  const known = reputation.events(about).find(({ id, evidence }) => id === event || evidence.includes(event));
  if (known === undefined)
    throw new ZeroError('NOT_FOUND', `no event ${event} about ${about} is known here`, {
      hint: `See them: zerostate reputation events ${about}`,
    });
  const agent = vault.get(as);
  const envelope = signAgentStatement({
    predicateType: REPUTATION_EVENT_PREDICATE,
    predicate: {
      issuedAt: rfc3339(clock.now()),
      about,
      kind,
      value: 0,
      evidence: [event],
      ...(note === undefined ? {} : { note }),
    },
    keychain: agent.keychain,
    signer: seedSigner(agent.operationalSeed),
  });
  return (await ownLog.append(envelope)).statementId;
}

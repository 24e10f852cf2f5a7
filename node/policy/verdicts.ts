// The policy where work and statements come in: may this task run here, may this statement be kept, may a verdict rest on it?

import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { PolicyVerdict } from '../../protocol/policy/index.ts';
import type { RevocationSubject } from '../../protocol/revocation/index.ts';
import type { SafetyTier } from '../../protocol/statement/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { FIND_TIER } from './discovery.ts';
import {
  agentOf,
  type NodeFacts,
  nodeOf,
  statementOf,
  type TaskFacts,
  taskOf,
  unknownAgent,
} from './entities.ts';
import type { Gate } from './gate.ts';
import type { Decided, PolicyService } from './policy-service.ts';

/** A standing that was not looked at: what a log brings is kept whatever its issuer's standing is that day, else nodes would differ. */
const NOT_LOOKED_AT = {
  revocation: 'unknown',
  ageSeconds: -1,
  tier: 'safe',
  reputation: 0,
  proven: false,
  override: false,
} as const;

export interface VerdictDeps {
  readonly policy: PolicyService;
  readonly gate: Gate;
  readonly book: CardBook;
  readonly isLocal: (agentId: string) => boolean;
  /** What is kept apart by order, with the reason. */
  readonly quarantines: Quarantine;
  readonly node: NodeFacts;
  /** Oldest knowledge of revocations that discovery takes, in ms. */
  readonly findMaxAgeMs: number;
  readonly tiers: { readonly run: SafetyTier; readonly statement: SafetyTier };
}

/** What is kept apart by order: what a node obeys, whatever its other policies say. */
export interface Quarantine {
  agent(agentId: AgentId): { readonly order: string; readonly detail: string } | undefined;
  peer(peerId: string): { readonly order: string; readonly detail: string } | undefined;
  module(cid: string): { readonly order: string; readonly detail: string } | undefined;
}

/** A statement that somebody wants to rely on. */
export interface StatementClaim {
  readonly id: string;
  readonly predicateType: string;
  /** An agent id, or the key of another tool's signer. */
  readonly issuer: string;
  readonly origin: string;
  /** What decides whether a revocation reaches it; the issuer's newest card otherwise. */
  readonly subject?: RevocationSubject;
  readonly tier?: SafetyTier;
}

/** Verdicts about tasks and statements. */
export class Verdicts {
  readonly #deps: VerdictDeps;

  constructor(deps: VerdictDeps) {
    this.#deps = deps;
  }

  #agent(agentId: string) {
    const { book, isLocal } = this.#deps;
    const entry = book.get(agentId);
    return entry === undefined ? unknownAgent(agentId, isLocal(agentId)) : agentOf(entry, isLocal(agentId));
  }

  /** What the policy says now of an agent as an answer, without a record. `unknown`: its revocation is. */
  wouldFind(agentId: AgentId): PolicyVerdict & { readonly unknown: boolean } {
    const { findMaxAgeMs, gate, node, policy } = this.#deps;
    const { facts, judged } = gate.of(agentId, FIND_TIER, { maxAgeMs: findMaxAgeMs });
    const question = {
      kind: 'find' as const,
      principal: nodeOf(node),
      resource: this.#agent(agentId),
      context: facts,
    };
    return { ...policy.judge(question), unknown: judged.status === 'unknown' };
  }

  /** Throws QUARANTINED or POLICY_DENIED unless the task may run here. What it answers resolves when the decision is on disk: no result may leave before. */
  admitTask(
    { id, keys, manifest }: VerifiedManifest,
    task: Omit<TaskFacts, 'taskId' | 'module'>,
  ): Promise<void> {
    const { gate, policy, tiers } = this.#deps;
    const { requester } = manifest;
    const { quarantines } = this.#deps;
    refuseHeld('the requester', quarantines.agent(requester) ?? quarantines.peer(manifest.peer));
    refuseHeld('the module', quarantines.module(manifest.module.cid));
    refuseHeld('the agent that would run it', quarantines.agent(task.executor as AgentId));
    const subject = {
      agentId: requester,
      key: keys.operationalKey,
      epoch: keys.epoch,
      keySerial: keys.serial,
      order: keys,
    };
    const standing = gate.of(requester, tiers.run, { subject });
    const draft = policy.begin('run', this.#agent(requester), { revocation: standing.detail });
    const resource = taskOf({ ...task, taskId: manifest.taskId, module: manifest.module.cid });
    const context = { ...standing.facts, peer: manifest.peer };
    const { allow, detail } = draft.ask(resource, context, [id, ...standing.evidence]);
    const { id: decision, written } = draft.end(allow ? [resource.id] : []);
    if (!allow)
      throw new ZeroError('POLICY_DENIED', `the task may not run here: ${detail}`, { details: { decision } });
    return written;
  }

  /** May a statement of a log be handed to the parts of this node? Holds for all of one issuer, type and log. */
  keeps(issuer: AgentId, predicateType: string, origin: string): boolean {
    const question = {
      kind: 'accept-statement' as const,
      // The facts of the card are left out: they change, and with them what is kept would.
      principal: unknownAgent(issuer, false),
      resource: statementOf({ id: predicateType, predicateType, issuer, origin, local: false }),
      context: { ...NOT_LOOKED_AT, purpose: 'store' },
    };
    return this.#deps.policy.decideOnce(question).allow;
  }

  /** May a verdict rest on this statement now? With what is known of its revocation, and the id of the decision. */
  reliesOn({ subject, tier = this.#deps.tiers.statement, ...claim }: StatementClaim): Decided & {
    readonly standing: string;
    readonly revocation: 'clear' | 'revoked' | 'unknown';
  } {
    const { gate, isLocal, policy } = this.#deps;
    const standing = gate.of(claim.issuer, tier, subject === undefined ? {} : { subject });
    const held = this.#deps.quarantines.agent(claim.issuer);
    const decided = policy.decideOnce(
      {
        kind: 'accept-statement',
        principal: this.#agent(claim.issuer),
        resource: statementOf({ ...claim, local: isLocal(claim.issuer) }),
        context: { ...standing.facts, purpose: 'use' },
      },
      [claim.id, ...standing.evidence],
    );
    const { status } = standing.judged;
    const apart = held === undefined ? {} : { allow: false, detail: held.detail };
    return {
      ...decided,
      ...apart,
      standing: standing.detail,
      revocation: status === 'valid' ? 'clear' : status,
    };
  }
}

function refuseHeld(
  who: string,
  held: { readonly order: string; readonly detail: string } | undefined,
): void {
  if (held !== undefined)
    throw new ZeroError('QUARANTINED', `${who} is ${held.detail}`, { details: { order: held.order } });
}

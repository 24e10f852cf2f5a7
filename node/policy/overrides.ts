// Overrides of revocation gates: a person lets the unknown pass, for a reason, until a time. Each is a signed statement in the own log before it
// has any effect. What is revoked stays refused: there is no override for that.

import { toHex, utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { digestOfContentId, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  DECISION_PREDICATE,
  type DecisionPredicate,
  SAFETY_TIERS,
  type SafetyTier,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';
import { OVERRIDE_MS_MAX, OVERRIDES_MAX } from './limits.ts';

/** One override. */
export interface Override {
  /** Id of the audit statement. */
  readonly id: string;
  /** Whom it lets pass; null: every agent. */
  readonly agentId: string | null;
  /** The most dangerous tier that it reaches. */
  readonly tier: SafetyTier;
  readonly reason: string;
  /** The agent that signed it. */
  readonly by: string;
  /** ms since 1970. */
  readonly from: number;
  readonly until: number;
}

export interface OverridesDeps {
  readonly db: Database;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  /** Content id of the policy in force. */
  readonly policyId: () => string;
}

/** The overrides of one node. */
export class Overrides {
  readonly #deps: OverridesDeps;
  readonly #level: JsonLevel<Override>;
  readonly #held = new Map<string, Override>();
  /** Those that have ended and are still on disk: at most as many as were in force. */
  readonly #ended = new Set<string>();

  constructor(deps: OverridesDeps) {
    this.#deps = deps;
    this.#level = jsonLevel(deps.db, 'policy-overrides');
  }

  async load(): Promise<void> {
    for await (const [id, override] of this.#level.iterator()) this.#held.set(id, override);
    this.list();
    // A disk that takes nothing does not keep a node from starting for this.
    await this.#forget().catch((err) =>
      this.#deps.log.warn({ err }, 'overrides that have ended stay on disk'),
    );
  }

  /** Those in force now. What has ended does not come back when the clock steps back. */
  list(): Override[] {
    const now = this.#deps.clock.now();
    for (const { id, until } of [...this.#held.values()])
      if (until <= now) {
        this.#held.delete(id);
        this.#ended.add(id);
      }
    this.#deps.metrics.set('zerostate_policy_overrides', this.#held.size);
    return [...this.#held.values()];
  }

  /** The override that lets an agent pass in an action of this tier. */
  for(agentId: string, tier: SafetyTier): Override | undefined {
    if (this.#held.size === 0) return undefined;
    const reach = SAFETY_TIERS.indexOf(tier);
    return this.list().find(
      (one) => (one.agentId === null || one.agentId === agentId) && SAFETY_TIERS.indexOf(one.tier) >= reach,
    );
  }

  /**
   * Gives an override; resolves when its audit statement is in the log. `known`: what was known of the agent's revocations when it was given.
   * Throws OVERRIDE_REFUSED, or what the log throws.
   */
  async give(
    wanted: Pick<Override, 'agentId' | 'tier' | 'reason'> & { readonly ms: number },
    known: { readonly asOf: number | null; readonly detail: string },
  ): Promise<Override> {
    const { agentId, ms, reason, tier } = wanted;
    const from = this.#deps.clock.now();
    if (ms < 1_000 || ms > OVERRIDE_MS_MAX)
      throw new ZeroError(
        'OVERRIDE_REFUSED',
        `an override holds from a second to ${OVERRIDE_MS_MAX / 3_600_000} hours`,
      );
    if (reason.trim() === '') throw new ZeroError('OVERRIDE_REFUSED', 'an override needs a reason');
    if (this.list().length >= OVERRIDES_MAX)
      throw new ZeroError('OVERRIDE_REFUSED', `${OVERRIDES_MAX} overrides are in force already`);
    await this.#forget();
    const until = from + ms;
    const { statementId, by } = await this.#audit({
      action: 'gate.override',
      agentId,
      tier,
      verdict: 'allow',
      asOf: known.asOf,
      reasons: [
        { check: 'revocation', ok: false, detail: known.detail.slice(0, 500) },
        { check: 'override', ok: true, detail: `until ${rfc3339(until)}: ${reason}`.slice(0, 500) },
      ],
      evidence: [],
    });
    const override = { id: statementId, agentId, tier, reason, by, from, until };
    await this.#level.put(statementId, override, DURABLE as never);
    this.#held.set(statementId, override);
    this.#deps.log.warn({ ...override }, 'a revocation gate is overridden: degraded mode');
    this.list();
    return override;
  }

  /** Ends an override before its time, with a statement that says so. Throws NOT_FOUND. */
  async end(id: string): Promise<Override> {
    const override = this.list().find((one) => one.id === id);
    if (override === undefined) throw new ZeroError('NOT_FOUND', 'no such override is in force');
    const { agentId, tier } = override;
    await this.#audit({
      action: 'gate.override-end',
      agentId,
      tier,
      verdict: 'deny',
      asOf: null,
      reasons: [{ check: 'override', ok: false, detail: 'ended before its time' }],
      evidence: [id],
    });
    await this.#level.del(id, DURABLE as never);
    this.#held.delete(id);
    this.list();
    return override;
  }

  /** Takes what has ended off the disk: a node that starts with an earlier clock must not find it in force. */
  async #forget(): Promise<void> {
    for (const id of this.#ended) {
      await this.#level.del(id, DURABLE as never);
      this.#ended.delete(id);
    }
  }

  async #audit(
    entry: { readonly agentId: string | null; readonly asOf: number | null } & Pick<
      DecisionPredicate,
      'action' | 'tier' | 'verdict' | 'reasons' | 'evidence'
    >,
  ): Promise<{ statementId: string; by: string }> {
    const { clock, network, ownLog, policyId, vault } = this.#deps;
    const agent = vault.list()[0];
    if (agent === undefined)
      throw new ZeroError('OVERRIDE_REFUSED', 'no agent lives on this node that could sign for it');
    const { agentId, asOf, ...rest } = entry;
    const name = agentId ?? `network:${network}`;
    const digest = agentId === null ? sha256(utf8(name)) : digestOfContentId(agentId.slice('zs:'.length));
    const envelope = signAgentStatement({
      predicateType: DECISION_PREDICATE,
      predicate: {
        ...rest,
        issuedAt: rfc3339(clock.now()),
        resource: { name, digest: `sha256:${toHex(digest)}` },
        degraded: entry.verdict === 'allow',
        asOf: asOf === null ? null : rfc3339(asOf),
        policyDigest: `sha256:${toHex(digestOfContentId(policyId()))}`,
      },
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
    });
    const { statementId } = await ownLog.append(envelope);
    return { statementId, by: agent.agentId };
  }
}

// The revocation gate: what may be said of an agent for an action of a safety tier, as facts for the policy and words for people. Knowledge older
// than the tier allows is "unknown", never "valid".

import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Facts } from '../../protocol/policy/index.ts';
import {
  type RevocationJudgement,
  type RevocationSubject,
  subjectOfCard,
} from '../../protocol/revocation/index.ts';
import type { SafetyTier } from '../../protocol/statement/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { ReputationService } from '../reputation/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import { AGE_STEP_SECONDS } from './limits.ts';
import type { Override, Overrides } from './overrides.ts';

/** Statements of a reputation that a decision cites. */
const CITED_MAX = 4;

/** What is known of an agent. */
export interface Standing {
  readonly facts: Facts;
  readonly judged: RevocationJudgement;
  /** One sentence for a person. */
  readonly detail: string;
  /** Ids of what it rests on. */
  readonly evidence: readonly string[];
  readonly override: Override | undefined;
}

export interface GateDeps {
  readonly book: CardBook;
  readonly revocations: RevocationService;
  readonly reputation: ReputationService;
  readonly overrides: Overrides;
  /** Oldest knowledge that each tier takes, in ms. */
  readonly maxAgeMs: Readonly<Record<SafetyTier, number>>;
}

/** Judges standings. */
export class Gate {
  readonly #deps: GateDeps;

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** What an override of this agent would set aside. Throws OVERRIDE_REFUSED for what is revoked: nothing sets that aside. */
  describe(agentId: AgentId, tier: SafetyTier): { readonly asOf: number | null; readonly detail: string } {
    const { detail, judged } = this.of(agentId, tier);
    if (judged.revoked !== null)
      throw new ZeroError('OVERRIDE_REFUSED', `${agentId} is ${detail}`, {
        details: { statementId: judged.revoked.statementId },
      });
    return { asOf: judged.asOf, detail };
  }

  /**
   * The standing of an agent for an action of this tier. `subject`: the object that the action rests on, when it is not the agent's newest
   * card; `maxAgeMs`: where the action has an age of its own.
   */
  of(
    agentId: AgentId,
    tier: SafetyTier,
    options: { readonly subject?: RevocationSubject; readonly maxAgeMs?: number } = {},
  ): Standing {
    const { book, overrides, reputation, revocations } = this.#deps;
    const entry = book.get(agentId);
    const subject = options.subject ?? (entry === undefined ? { agentId } : subjectOfCard(entry));
    const maxAgeMs = options.maxAgeMs ?? this.#deps.maxAgeMs[tier];
    const judged = revocations.judge(subject, entry?.card.log?.origin, maxAgeMs);
    const override = judged.status === 'unknown' ? overrides.for(agentId, tier) : undefined;
    const { lower, status, terms } = reputation.of(agentId);
    return {
      facts: {
        revocation: judged.status === 'valid' ? 'clear' : judged.status,
        ageSeconds:
          judged.ageMs === null ? -1 : Math.ceil(judged.ageMs / 1_000 / AGE_STEP_SECONDS) * AGE_STEP_SECONDS,
        tier,
        reputation: Math.floor(lower / 1_000),
        proven: status !== 'unproven',
        override: override !== undefined,
      },
      judged,
      detail: describeJudgement(judged, tier, maxAgeMs, override),
      evidence: [
        ...(judged.revoked === null ? [] : [judged.revoked.statementId]),
        ...(override === undefined ? [] : [override.id]),
        ...(entry === undefined ? [] : [entry.cardId]),
        ...terms.flatMap(({ evidence }) => evidence).slice(0, CITED_MAX),
      ],
      override,
    };
  }
}

function describeJudgement(
  { ageMs, revoked, state, status }: RevocationJudgement,
  tier: SafetyTier,
  maxAgeMs: number,
  override: Override | undefined,
): string {
  if (revoked !== null) return `revoked ${revoked.issuedAt}: ${revoked.reason}`;
  const age = ageMs === null ? null : `${Math.round(ageMs / 100) / 10} s`;
  if (status === 'valid') return `not revoked, as of ${age} ago`;
  const why =
    state === 'incomplete'
      ? 'a revocation of this agent is known to be missing'
      : age === null
        ? 'its host has not been heard of yet'
        : `the newest knowledge is ${age} old, and ${tier} takes at most ${maxAgeMs / 1_000} s`;
  return override === undefined ? `unknown: ${why}` : `unknown: ${why}; let pass: ${override.reason}`;
}

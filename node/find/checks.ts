// The checks of discovery: pure functions from what is known to a reason. A reason that refuses has a stable code.

import type { ScoreBounds } from '../../index-service/index.ts';
import { type AgentCard, checkCardTime, SLA_CLASSES, verifyCard } from '../../protocol/card/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type BookEntry, isTakenIn } from '../cards/card-book.ts';
import type { RevocationStatus } from '../revocation/revocation-service.ts';
import type { DiscoveryDecision, PolicyQuestion } from './policy.ts';
import type { FindFilter } from './schema.ts';
import { isHonest } from './score-check.ts';

/** Clocks may differ by this much before a fresh card counts as from the future. */
const CLOCK_TOLERANCE_MS = 600_000;

export type CheckName =
  | 'score'
  | 'resolved'
  | 'signature'
  | 'sequence'
  | 'validity'
  | 'revocation'
  | 'quarantine'
  | 'constraints'
  | 'reputation'
  | 'policy';

/** Why an agent was refused; stable, for scripts. */
export type RefusalCode =
  | 'SCORE_LOW'
  | 'NOT_RESOLVED'
  | 'SIGNATURE_INVALID'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'REVOKED'
  | 'REVOCATION_UNKNOWN'
  | 'QUARANTINED'
  | 'CONSTRAINTS_UNMET'
  | 'REPUTATION_LOW'
  | 'POLICY_DENIED';

/** One check of one agent. */
export interface Reason {
  readonly check: CheckName;
  readonly ok: boolean;
  /** One sentence for a person. */
  readonly detail: string;
  /** Set when the check refuses. */
  readonly code?: RefusalCode;
}

function accept(check: CheckName, detail: string): Reason {
  return { check, ok: true, detail };
}

/** A refusing reason. */
export function refuse(check: CheckName, code: RefusalCode, detail: string): Reason {
  return { check, ok: false, detail, code };
}

/** A score and where it comes from. */
export interface JudgedScore {
  readonly score: number;
  /** What this node computed itself; undefined where it could not, or not in time. */
  readonly computed: ScoreBounds | undefined;
  readonly claimed: number;
}

/** The claim of an index, or what was computed here where the claim cannot be true. */
export function judgeScore(claimed: number, computed: ScoreBounds | undefined): JudgedScore {
  const score = computed === undefined || isHonest(claimed, computed) ? claimed : computed.cosine;
  return { score, computed, claimed };
}

/** Is the card close enough in meaning? 0 to 1. */
export function checkScore({ score, computed, claimed }: JudgedScore, floor: number): Reason {
  const source =
    computed === undefined
      ? 'as the index claims'
      : score === claimed
        ? 'computed here as well'
        : `as computed here; the index claimed ${claimed.toFixed(3)}`;
  const text = `similarity ${score.toFixed(3)} (${source})`;
  return score >= floor
    ? accept('score', `${text}, at least ${floor}`)
    : refuse('score', 'SCORE_LOW', `${text}, below ${floor}`);
}

/** Does the envelope verify? What was verified when it was taken in, under the same card id, is not verified again. */
export function checkSignature(entry: BookEntry): Reason {
  try {
    if (!isTakenIn(entry)) verifyCard(entry.bytes);
    return accept('signature', `signed by ${entry.card.operationalKey}`);
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return refuse('signature', 'SIGNATURE_INVALID', `${error.code}: ${error.message}`);
  }
}

/** The newest known version is judged, whichever the index proposed. */
export function checkSequence({ card, cardId }: BookEntry, proposed: string): Reason {
  const note =
    cardId === proposed ? 'the newest known' : 'the index proposed another version and was corrected';
  return accept('sequence', `version ${card.sequence}, ${note}`);
}

/** Is the card in force? */
export function checkValidity(card: Pick<AgentCard, 'issuedAt' | 'expiresAt'>, now: number): Reason {
  if (checkCardTime(card, now) === 'expired')
    return refuse('validity', 'EXPIRED', `expired ${card.expiresAt}`);
  if (checkCardTime(card, now + CLOCK_TOLERANCE_MS) === 'not-yet-valid') {
    return refuse('validity', 'NOT_YET_VALID', `valid from ${card.issuedAt}`);
  }
  return accept('validity', `valid until ${card.expiresAt}`);
}

/** Fails closed: what is not known to be unrevoked is refused, unless a person let the unknown pass, for the reason given. */
export function checkRevocation({ state, detail }: RevocationStatus, override?: string): Reason {
  if (state === 'clear') return accept('revocation', detail);
  if (state === 'unknown' && override !== undefined)
    return accept('revocation', `${detail}; let pass: ${override}`);
  return refuse('revocation', state === 'revoked' ? 'REVOKED' : 'REVOCATION_UNKNOWN', detail);
}

/** Is it kept apart by order? Says nothing of whom no order names: then there is nothing to read. */
export function checkQuarantine(held: { readonly detail: string } | undefined): Reason[] {
  return held === undefined ? [] : [refuse('quarantine', 'QUARANTINED', held.detail)];
}

/** Has it kept its word, as this node sees it? */
export function checkReputation({ ok, detail }: { ok: boolean; detail: string }): Reason {
  return ok ? accept('reputation', detail) : refuse('reputation', 'REPUTATION_LOW', detail);
}

/** The caller's filter. The index applies it too, but nothing of what an index says is believed. */
export function checkConstraints(card: AgentCard, filter: FindFilter): Reason[] {
  if (Object.keys(filter).length === 0) return [];
  const tags = new Set([...card.tags, ...card.capabilities.flatMap((capability) => capability.tags)]);
  const { region, sla } = filter;
  const lacks = filter.tagsAll?.filter((tag) => !tags.has(tag)) ?? [];
  const banned = filter.tagsNone?.filter((tag) => tags.has(tag)) ?? [];
  const any = filter.tagsAny ?? [];
  const failed = [
    ...(region !== undefined && card.region !== region ? [`region is ${card.region}, not ${region}`] : []),
    ...(lacks.length > 0 ? [`lacks ${lacks.join(', ')}`] : []),
    ...(any.length > 0 && !any.some((tag) => tags.has(tag)) ? [`has none of ${any.join(', ')}`] : []),
    ...(banned.length > 0 ? [`has ${banned.join(', ')}`] : []),
    ...(sla !== undefined && SLA_CLASSES.indexOf(card.sla) < SLA_CLASSES.indexOf(sla)
      ? [`offers ${card.sla}, not ${sla}`]
      : []),
  ];
  return [
    failed.length > 0
      ? refuse('constraints', 'CONSTRAINTS_UNMET', failed.join('; '))
      : accept('constraints', 'meets the constraints of the request'),
  ];
}

/** The policy's word. A policy that fails refuses. */
export async function checkPolicy(policy: DiscoveryDecision, question: PolicyQuestion): Promise<Reason> {
  try {
    const { allow, detail } = await policy.decide(question);
    return allow ? accept('policy', detail) : refuse('policy', 'POLICY_DENIED', detail);
  } catch (error) {
    return refuse('policy', 'POLICY_DENIED', `the policy failed: ${(error as Error).message}`);
  }
}

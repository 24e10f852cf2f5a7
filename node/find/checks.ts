// The checks of discovery: pure functions from what is known to a reason. A reason that refuses has a stable code.

import { type AgentCard, checkCardTime, SLA_CLASSES, verifyCard } from '../../protocol/card/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { RevocationStatus } from '../revocation/revocation-service.ts';
import type { FindFilter } from './schema.ts';

/** Clocks may differ by this much before a fresh card counts as from the future. */
const CLOCK_TOLERANCE_MS = 600_000;

export type CheckName =
  | 'score'
  | 'resolved'
  | 'signature'
  | 'sequence'
  | 'validity'
  | 'revocation'
  | 'constraints';

/** Why an agent was refused; stable, for scripts. */
export type RefusalCode =
  | 'SCORE_LOW'
  | 'NOT_RESOLVED'
  | 'SIGNATURE_INVALID'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'REVOKED'
  | 'REVOCATION_UNKNOWN'
  | 'CONSTRAINTS_UNMET';

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

/** Is the card close enough in meaning? Cosine similarity, 0 to 1. */
export function checkScore(score: number, floor: number): Reason {
  const text = score.toFixed(3);
  return score >= floor
    ? accept('score', `similarity ${text}, at least ${floor}`)
    : refuse('score', 'SCORE_LOW', `similarity ${text}, below ${floor}`);
}

/** Does the stored envelope still verify? */
export function checkSignature(entry: BookEntry): Reason {
  try {
    verifyCard(entry.bytes);
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

/** Fails closed: what is not known to be unrevoked is refused. */
export function checkRevocation({ state, detail }: RevocationStatus): Reason {
  if (state === 'clear') return accept('revocation', detail);
  return refuse('revocation', state === 'revoked' ? 'REVOKED' : 'REVOCATION_UNKNOWN', detail);
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

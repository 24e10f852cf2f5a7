// The table of our predicates: how each is read, and what its statement must be about.

import { ZeroError } from '../../errors/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { DigestSet, Subject } from '../types.ts';
import { cardEventSubjects, readCardEvent } from './card-event.ts';
import { decisionSubjects, readDecision } from './decision.ts';
import { readReceipt, receiptSubjects } from './execution-receipt.ts';
import { importSubjects, readImport } from './imported-attestation.ts';
import {
  channelOpenSubjects,
  channelSubjects,
  ledgerPostingSubjects,
  readChannelAccept,
  readChannelClose,
  readChannelOpen,
  readLedgerPosting,
} from './payment.ts';
import {
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  LEDGER_POSTING_PREDICATE,
} from './payment-types.ts';
import {
  quarantineOrderSubjects,
  quarantineReleaseSubjects,
  readQuarantineOrder,
  readQuarantineRelease,
} from './quarantine.ts';
import { QUARANTINE_ORDER_PREDICATE, QUARANTINE_RELEASE_PREDICATE } from './quarantine-types.ts';
import { acceptanceSubjects, readAcceptance } from './receipt-acceptance.ts';
import { readReputationEvent, reputationEventSubjects } from './reputation-event.ts';
import { readRevocation, revocationSubjects } from './revocation.ts';
import { comparisonSubjects, readComparison } from './run-comparison.ts';
import { readSealed, sealedSubjects } from './sealed-statement.ts';
import * as types from './types.ts';

interface Rule<P> {
  readonly read: (value: JsonValue) => P;
  readonly subjects: (predicate: P) => Subject[];
}

const RULES: { readonly [T in types.OwnPredicateType]: Rule<types.OwnPredicates[T]> } = {
  [types.RECEIPT_PREDICATE]: { read: readReceipt, subjects: receiptSubjects },
  [types.CARD_EVENT_PREDICATE]: { read: readCardEvent, subjects: cardEventSubjects },
  [types.REVOCATION_PREDICATE]: { read: readRevocation, subjects: revocationSubjects },
  [types.REPUTATION_EVENT_PREDICATE]: { read: readReputationEvent, subjects: reputationEventSubjects },
  [types.DECISION_PREDICATE]: { read: readDecision, subjects: decisionSubjects },
  [types.IMPORT_PREDICATE]: { read: readImport, subjects: importSubjects },
  [types.ACCEPTANCE_PREDICATE]: { read: readAcceptance, subjects: acceptanceSubjects },
  [types.COMPARISON_PREDICATE]: { read: readComparison, subjects: comparisonSubjects },
  [types.SEALED_PREDICATE]: { read: readSealed, subjects: sealedSubjects },
  [CHANNEL_OPEN_PREDICATE]: { read: readChannelOpen, subjects: channelOpenSubjects },
  [CHANNEL_ACCEPT_PREDICATE]: { read: readChannelAccept, subjects: channelSubjects },
  [CHANNEL_CLOSE_PREDICATE]: { read: readChannelClose, subjects: channelSubjects },
  [LEDGER_POSTING_PREDICATE]: { read: readLedgerPosting, subjects: ledgerPostingSubjects },
  [QUARANTINE_ORDER_PREDICATE]: { read: readQuarantineOrder, subjects: quarantineOrderSubjects },
  [QUARANTINE_RELEASE_PREDICATE]: { read: readQuarantineRelease, subjects: quarantineReleaseSubjects },
};

/** The predicate types that verifyAgentStatement admits. */
export const OWN_PREDICATE_TYPES = Object.keys(RULES) as types.OwnPredicateType[];

/** True for a predicate type of ours. */
export function isOwnPredicateType(type: string): type is types.OwnPredicateType {
  return Object.hasOwn(RULES, type);
}

function sameDigests(a: DigestSet, b: DigestSet): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function sameSubjects(a: readonly Subject[], b: readonly Subject[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(
    (subject, i) =>
      subject.name === b[i]?.name &&
      subject.uri === b[i]?.uri &&
      sameDigests(subject.digest, (b[i] as Subject).digest),
  );
}

/**
 * Reads a predicate of ours and checks that the statement's subjects are those that follow from it: an index by subject must not lie.
 * Errors: DECODE_FAILED, KEY_INVALID, STATEMENT_INVALID.
 */
export function readOwnPredicate<T extends types.OwnPredicateType>(
  type: T,
  predicate: JsonValue,
  subjects: readonly Subject[],
): types.OwnPredicates[T] {
  const rule = RULES[type];
  const read = rule.read(predicate);
  if (!sameSubjects(subjects, rule.subjects(read)))
    throw new ZeroError(
      'STATEMENT_INVALID',
      'the subjects of the statement do not follow from its predicate',
    );
  return read;
}

/** The subjects of a statement with this predicate. */
export function subjectsOf<T extends types.OwnPredicateType>(type: T, predicate: JsonValue): Subject[] {
  const rule = RULES[type];
  return rule.subjects(rule.read(predicate));
}

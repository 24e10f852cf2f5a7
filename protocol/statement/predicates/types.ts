// The predicates of our own: types, members, and who may sign each.

import type { AgentId, KeychainJson } from '../../identity/index.ts';
import type { DigestSet } from '../types.ts';
import type { ImportFacts } from './import-facts.ts';
import type {
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  ChannelAcceptPredicate,
  ChannelClosePredicate,
  ChannelOpenPredicate,
  LEDGER_POSTING_PREDICATE,
  LedgerPostingPredicate,
} from './payment-types.ts';
import type {
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  QuarantineOrderPredicate,
  QuarantineReleasePredicate,
} from './quarantine-types.ts';

const BASE = 'https://zerostate.dev/predicates';

export const RECEIPT_PREDICATE = `${BASE}/execution-receipt/v1`;
export const CARD_EVENT_PREDICATE = `${BASE}/card-event/v1`;
export const REVOCATION_PREDICATE = `${BASE}/revocation/v1`;
export const REPUTATION_EVENT_PREDICATE = `${BASE}/reputation-event/v1`;
export const DECISION_PREDICATE = `${BASE}/decision/v1`;
export const IMPORT_PREDICATE = `${BASE}/imported-attestation/v1`;
export const ACCEPTANCE_PREDICATE = `${BASE}/receipt-acceptance/v1`;
export const COMPARISON_PREDICATE = `${BASE}/run-comparison/v1`;
export const SEALED_PREDICATE = `${BASE}/sealed-statement/v1`;

/** Members that every predicate of ours begins with. */
export type Authored = {
  /** Who says so. */
  issuer: AgentId;
  /** The issuer's keys, so that the statement verifies alone. */
  keychain: KeychainJson;
  issuedAt: string;
};

/** Ends that the same module and inputs reach on every machine, and that may therefore be signed as a result. */
export const RECEIPT_STATUSES = [
  'OK',
  'EXIT',
  'TRAP',
  'OUT_OF_FUEL',
  'STACK_LIMIT',
  'OUT_OF_MEMORY',
  'OUTPUT_LIMIT',
  'MODULE_INVALID',
  'FEATURE_REFUSED',
  'IMPORT_REFUSED',
  'LIMIT_REFUSED',
] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

/** What replaying must reproduce, and all that it needs besides the bytes themselves. Digests are 'sha256:<hex>'. */
export type ReceiptDeterministic = {
  moduleDigest: string;
  inputsDigest: string;
  argsDigest: string;
  envDigest: string;
  stdinDigest: string;
  /** Id of the fuel schedule; another schedule is another task. */
  scheduleId: string;
  rewriter: string;
  abi: string;
  limits: { fuel: string; memoryBytes: number; stackBytes: number; outputBytes: number };
  /** 64 hexadecimal digits. */
  seed: string;
  /** Virtual clock in nanoseconds: origin, and step a call. */
  clock: { origin: string; step: string };
  result: {
    status: ReceiptStatus;
    exitCode: number | null;
    trap: string | null;
    fuel: string;
    stdoutDigest: string;
    stderrDigest: string;
    outputTreeDigest: string;
  };
};

/** What was observed once and cannot be replayed. */
export type ReceiptObserved = {
  taskId: string;
  /** Digest of the signed task manifest. */
  manifestDigest: string | null;
  /** For whom the task ran: a receipt presented by another requester is a replay. */
  requester: AgentId | null;
  /** Peer id of the node that ran it. */
  executor: string;
  /** Log that the executor appends this receipt to. */
  origin: string | null;
  startedAt: string;
  wallMs: number;
};

export type ReceiptPredicate = Authored & {
  deterministic: ReceiptDeterministic;
  observed: ReceiptObserved;
  /** Signature by the operational key over the deterministic part alone, base64: equal payloads of several executors join into one receipt. */
  deterministicSignature?: string;
};

/** The requester's countersignature under a receipt. */
export type AcceptancePredicate = Authored & {
  /** Statement id of the receipt. */
  receipt: string;
  executor: AgentId;
  taskId: string;
  /** Content id of the signed manifest. */
  manifest: string;
  resultDigest: string;
  /** What is owed for it, in the smallest unit of the currency; null when nothing is. */
  price: { amount: string; currency: string } | null;
};

export const COMPARISON_OUTCOMES = ['agreed', 'diverged', 'unresolved'] as const;
/** Runs of one comparison: the redundancy that a manifest may ask for, with its tie-break. */
export const COMPARISON_RUNS_MAX = 9;

/** What N runs of one task came to. */
export type ComparisonPredicate = Authored & {
  taskId: string;
  jobDigest: string;
  runs: { receipt: string; executor: AgentId; resultDigest: string }[];
  outcome: (typeof COMPARISON_OUTCOMES)[number];
  /** What all, or a strict majority, came to; null when there is none. */
  resultDigest: string | null;
};

export const CARD_EVENTS = ['published', 'updated', 'withdrawn'] as const;
export type CardEventPredicate = Authored & {
  event: (typeof CARD_EVENTS)[number];
  card: string;
  sequence: number;
  previous: string | null;
};

export const REVOCATION_KINDS = ['card', 'statement', 'key', 'agent'] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/** Where a revoked card stood: cards at or below it are revoked too, so an older one cannot be replayed in its place. */
export type CardPosition = { epoch: number; keySerial: number; sequence: number };

/** Card and statement ids are content ids, keys are did:key texts, agents are agent ids. */
export type RevocationTarget = { kind: RevocationKind; id: string; through?: CardPosition };

export type RevocationPredicate = Authored & {
  /** 1, 2, 3 … per issuer. */
  sequence: number;
  /** Statement id of the issuer's revocation before this one. */
  previous: string | null;
  target: RevocationTarget;
  reason: string;
};

export const REPUTATION_KINDS = [
  'task-completed',
  'task-failed',
  'task-diverged',
  'relay-served',
  'relay-failed',
  'index-failed',
  'partner-lied',
  'payment-settled',
  'payment-defaulted',
  'appeal',
  'reversal',
] as const;
export type ReputationEventPredicate = Authored & {
  about: AgentId;
  kind: (typeof REPUTATION_KINDS)[number];
  /** From -100 (as bad as can be) to 100. */
  value: number;
  /** Statement ids, receipts above all. */
  evidence: string[];
  note?: string;
};

export const SAFETY_TIERS = ['safe', 'risky', 'dangerous'] as const;
export type SafetyTier = (typeof SAFETY_TIERS)[number];

export type DecisionReason = { check: string; ok: boolean; detail: string };
export type DecisionPredicate = Authored & {
  action: string;
  resource: { name: string; digest: string };
  verdict: 'allow' | 'deny';
  tier: SafetyTier;
  /** True when the decision was taken on stale knowledge because policy allowed it. */
  degraded: boolean;
  /** Up to when revocations were known; null when they were not. */
  asOf: string | null;
  /** Digest of the policy that decided. */
  policyDigest: string | null;
  reasons: DecisionReason[];
  evidence: string[];
};

export const IMPORT_KINDS = [
  'slsa-provenance',
  'slsa-verification-summary',
  'cyclonedx',
  'spdx',
  'openvex',
] as const;
export const IMPORT_FORMS = ['dsse', 'sigstore-bundle', 'statement', 'document'] as const;

/** What an agent holds of another tool. The original bytes are found by their digest, beside the log. */
export type ImportPredicate = Authored & {
  kind: (typeof IMPORT_KINDS)[number];
  /** Of the original. */
  predicateType: string;
  form: (typeof IMPORT_FORMS)[number];
  /** 'sha256:<hex>' of the original bytes, and their number. */
  digest: string;
  bytes: number;
  /** Content id of the original's envelope; null when it is bare. */
  envelope: string | null;
  /** Keys under which the issuer verified it; empty when it is unverified. */
  verifiedBy: string[];
  subjects: { name: string; digest: DigestSet }[];
  /** What the importer read in the original; missing in records of older importers. */
  facts?: ImportFacts;
};

/** The public part of a private statement. What it commits to goes to partners, wholly or in parts. */
export type SealedPredicate = Authored & {
  /** The statement's predicate type; null where it is hidden too. */
  sealedType: string | null;
  /** The statement's subjects; empty where they are hidden. */
  subjects: { name: string; digest: DigestSet }[];
  /** 'sha256:<hex>' of the salted statement as it was signed. */
  commitment: string;
  /** Salted digests of its parts, sorted, with random ones among them. */
  disclosures: string[];
};

/** Predicate type to predicate. */
export type OwnPredicates = {
  [RECEIPT_PREDICATE]: ReceiptPredicate;
  [CARD_EVENT_PREDICATE]: CardEventPredicate;
  [REVOCATION_PREDICATE]: RevocationPredicate;
  [REPUTATION_EVENT_PREDICATE]: ReputationEventPredicate;
  [DECISION_PREDICATE]: DecisionPredicate;
  [IMPORT_PREDICATE]: ImportPredicate;
  [ACCEPTANCE_PREDICATE]: AcceptancePredicate;
  [COMPARISON_PREDICATE]: ComparisonPredicate;
  [SEALED_PREDICATE]: SealedPredicate;
  [CHANNEL_OPEN_PREDICATE]: ChannelOpenPredicate;
  [CHANNEL_ACCEPT_PREDICATE]: ChannelAcceptPredicate;
  [CHANNEL_CLOSE_PREDICATE]: ChannelClosePredicate;
  [LEDGER_POSTING_PREDICATE]: LedgerPostingPredicate;
  [QUARANTINE_ORDER_PREDICATE]: QuarantineOrderPredicate;
  [QUARANTINE_RELEASE_PREDICATE]: QuarantineReleasePredicate;
};
export type OwnPredicateType = keyof OwnPredicates;

// Partners: what they agree on, what of private statements they may see, what they sign, and what convicts them. The only door of this folder.

export {
  AGREEMENT_TYPE,
  type Agreement,
  type AgreementTerms,
  CONSENT_TYPE,
  type Consent,
  PASS_TYPE,
  type PartnerBudget,
  type Pass,
  type PassTerms,
  signAgreement,
  signConsent,
  signPass,
  verifyAgreement,
  verifyConsent,
  verifyPass,
} from './agreement.ts';
export {
  ANSWER_TYPE,
  APART_MAX,
  decodeRequest,
  encodeRequest,
  PARTNER_REQUEST_BYTES_MAX,
  type PartnerAnswer,
  type PartnerRequest,
  signAnswer,
  verifyAnswer,
} from './answer.ts';
export { type Entropy, readDisclosure } from './disclosure.ts';
export type { DocumentAuthor } from './document.ts';
export {
  type ListedEntry,
  type OmittedEntry,
  type PartnerEvidence,
  type PartnerFinding,
  verifyPartnerEvidence,
} from './evidence.ts';
export { decodePartnerEvidence, encodePartnerEvidence, PARTNER_EVIDENCE_KIND } from './evidence-file.ts';
export * from './limits.ts';
export { type FactsAt, isProvable, type Owed, owedByIndex, owedOf } from './owed.ts';
export { type Body, joinParts, type Part, type PartialBody, splitBody } from './paths.ts';
export {
  applyScope,
  isOpened,
  OPEN_SCOPE,
  parseRule,
  readScope,
  type Scope,
  type ScopeRule,
  type ScopeVerdict,
  scopeToJson,
} from './scope.ts';
export {
  type Opened,
  type Opening,
  openingFor,
  type SealedClaims,
  type SealedSecret,
  sealCommitment,
  sealStatement,
  verifyOpening,
} from './seal.ts';
export {
  compareStandings,
  freshUsage,
  noteUsage,
  PATIENCE_MS_MAX,
  POOR_SCORE,
  planFanOut,
  type Standing,
  standingOf,
  type UsageEvent,
  type UsageState,
} from './usage.ts';

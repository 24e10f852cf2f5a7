// Revocation: one statement, one card, one key or an agent, by its owner only. The only door of this folder.

export { type Freshness, type FreshnessState, judgeFreshness, maxAgeMs } from './freshness.ts';
export {
  decodeRevokedIndexes,
  encodeRevokedIndexes,
  golombDivisor,
  type RevokedIndexes,
} from './index-list.ts';
export type { RevocationFork, RevocationHead } from './issuer.ts';
export * from './limits.ts';
export {
  revocationOf,
  type SignRevocationInput,
  signRevocation,
  type VerifiedRevocation,
  verifyRevocation,
} from './revocation.ts';
export {
  type LogPosition,
  type OwnerOf,
  type RevocationJudgement,
  RevocationSet,
  type RevocationVerdict,
  type Revoked,
} from './set.ts';
export { type RevocationSubject, subjectOfCard, subjectOfStatement } from './subject.ts';

// Replay capsules. The only door of this folder.

export * from './capsule.ts';
export { exporterOf, signCapsule } from './exporter.ts';
export * from './limits.ts';
export {
  type CapsulePolicy,
  originalsOf,
  partOf,
  policiesOf,
  receiptFileOf,
  type SignedOriginal,
  splitReceiptFile,
} from './originals.ts';
export { CAPSULE_MEMBERS_MAX, type Known, knownOf, type Ranking, replayRanking } from './ranking.ts';
export {
  type DecisionReplay,
  type Difference,
  type Others,
  type ReplayedTerm,
  replayCapsuleDecisions,
} from './replay.ts';
export { exporterText, verifyWithCapsules } from './verify.ts';

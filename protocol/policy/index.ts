// Policies: signed bundles, the line of them that a node follows, and the records of what was decided. The only door of this folder.

export {
  isPolicyInForce,
  POLICY_BUNDLE_TYPE,
  type PolicyBundle,
  type PolicyFile,
  type PolicySigners,
  policyBundlesFromText,
  policyBundlesToText,
  policyFilesId,
  signPolicyBundle,
  type VerifiedBundle,
  verifyPolicyBundle,
} from './bundle.ts';
export {
  type Decision,
  type DecisionCandidate,
  type DecisionRecord,
  decisionId,
  decisionRecordSchema,
  makeDecision,
  type Replayed,
  readDecisionForm,
  readDecisionRecord,
  replayDecision,
} from './decision.ts';
export {
  type Acknowledgement,
  type EpochKnowledge,
  type EpochStanding,
  judgeEpoch,
  type PolicyEpoch,
  type PolicyMembers,
} from './epoch.ts';
export * from './kinds.ts';
export * from './limits.ts';
export { goBack, newPolicyLine, type PolicyLine, stagePolicy, takePolicy } from './line.ts';

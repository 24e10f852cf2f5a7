// Tasks: the signed manifest, the state machine of a task at its requester, and the choice of members. Pure. The only door of this folder.

export * from './limits.ts';
export {
  manifestIdOf,
  type SignManifestInput,
  signManifest,
  TASK_MANIFEST_TYPE,
  type TaskManifest,
  type TaskPart,
  taskIdOf,
  type VerifiedManifest,
  verifyManifest,
} from './manifest.ts';
export { type Candidate, type Preference, type Ranked, rankMembers } from './rank.ts';
export {
  type Attempt,
  FINAL_STATES,
  type FinalState,
  finalOf,
  isFinal,
  type RunEnd,
  type Task,
  type TaskEffect,
  type TaskEvent,
  type TaskPhase,
} from './state.ts';
export { openTask, stepTask } from './step.ts';

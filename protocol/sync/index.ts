// Synchronisation of logs between partners, without I/O: compare heads, fetch tails, check everything before it is stored.

export { decodeSyncMessage, encodeSyncMessage, syncMessageBytesMax } from './codec.ts';
export { answerConsistency, consistencyRequest, consistencyResponse, judgeConsistency } from './fork.ts';
export {
  answerHeads,
  type Fetch,
  type Fork,
  type Head,
  headsRequests,
  planSync,
  type SyncPlan,
} from './heads.ts';
export * from './limits.ts';
export type {
  ConsistencyRequest,
  ConsistencyResponse,
  HeadsRequest,
  HeadsResponse,
  Refusal,
  SyncMessage,
  TailEntry,
  TailRequest,
  TailResponse,
  WireEntry,
} from './messages.ts';
export {
  newPull,
  PULL_BUDGET,
  type PullBudget,
  type PullEffect,
  type PullEvent,
  type PullState,
  type PullStep,
  type PullView,
  stepPull,
} from './pull.ts';
export { answerTail, encodeTail, type TailSource, tailResponse } from './serve.ts';
export { isHeadOf, type SyncedEntry, type Tail, tailRequest, verifyTail } from './tail.ts';

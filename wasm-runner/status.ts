// How a task can end, and which ends may be signed. Must not: know how a status was reached.

/** Ends that follow from the job alone: any honest machine reaches the same one, so a receipt may carry them. */
export const SIGNABLE_STATUSES = [
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

/** Ends that speak of the machine or the caller, not of the job: never signed as a result. */
export const UNSIGNABLE_STATUSES = [
  'TIMEOUT',
  'HOST_OOM',
  'WORKER_CRASH',
  'CANCELLED',
  'OVERLOADED',
] as const;

export type SignableStatus = (typeof SIGNABLE_STATUSES)[number];
export type Status = SignableStatus | (typeof UNSIGNABLE_STATUSES)[number];

/** True when a status is a function of the job, so that a receipt may state it. */
export function isSignable(status: Status): status is SignableStatus {
  return (SIGNABLE_STATUSES as readonly string[]).includes(status);
}

// How a task can end, and which ends may be signed. Must not: know how a status was reached.

import { RECEIPT_STATUSES, type ReceiptStatus } from '../protocol/statement/index.ts';

/** Ends that follow from the job alone: any honest machine reaches the same one. They are those that a receipt may carry. */
export const SIGNABLE_STATUSES = RECEIPT_STATUSES;

/** Ends that speak of the machine or the caller, not of the job: never signed as a result. */
export const UNSIGNABLE_STATUSES = [
  'TIMEOUT',
  'HOST_OOM',
  'WORKER_CRASH',
  'CANCELLED',
  'OVERLOADED',
] as const;

export type SignableStatus = ReceiptStatus;
export type Status = SignableStatus | (typeof UNSIGNABLE_STATUSES)[number];

/** True when a status is a function of the job, so that a receipt may state it. */
export function isSignable(status: Status): status is SignableStatus {
  return (SIGNABLE_STATUSES as readonly string[]).includes(status);
}

// Reconciliation of unordered sets: which ids does each of two sides lack, in few bytes and rounds. The only door of this folder.

export * from './limits.ts';
export type { Header } from './message.ts';
export { type Bound, type Item, RangeSet } from './range-set.ts';
export { reconciliationHeader, type StepResult, startReconciliation, stepReconciliation } from './session.ts';

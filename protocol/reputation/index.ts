// Reputation: events from statements, and scores from events. The only door of this folder.

export { type Assessment, assess, assessmentBytes, type Term, type Viewpoint } from './assess.ts';
export { dayOf, decayed } from './decay.ts';
export { EvidenceBook, type ReputationEvent } from './evidence-book.ts';
export { FlowNetwork } from './flow.ts';
export * from './limits.ts';
export type { Objection } from './objections.ts';
export { type Posterior, posterior } from './posterior.ts';

// Trust cards: what is known of an agent, each line with its evidence. The only door of this folder.

export { trustOf } from './collect.ts';
export { TRUST_SECTIONS, type TrustCard, type TrustFacts, type TrustLine, trustCard } from './trust-card.ts';

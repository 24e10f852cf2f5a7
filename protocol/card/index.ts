// Agent cards: draft, sign, verify, compare. The only door of this folder.

export * from './limits.ts';
export { type CardOrder, cardOrder, compareCardOrder, compareCards } from './order.ts';
export { draftCard, type SignCardInput, signCard } from './sign.ts';
export {
  AGENT_CARD_TYPE,
  type AgentCard,
  CARD_CONTEXT,
  type Capability,
  type CardDraft,
  type CardLog,
  type Endpoint,
  PRICE_UNITS,
  type Price,
  type PriceUnit,
  SLA_CLASSES,
  type SlaClass,
} from './types.ts';
export { checkCardTime, type VerifiedCard, verifyCard } from './verify.ts';

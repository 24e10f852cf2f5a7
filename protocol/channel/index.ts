// Payment channels: terms, messages, one side as a machine, and how an end is computed. The only door of this folder.

export { claimsOf, settleAt } from './ending.ts';
export * from './limits.ts';
export { pendingEffects, stepChannel } from './machine.ts';
export {
  CHANNEL_ACK_TYPE,
  CHANNEL_CLOSING_TYPE,
  CHANNEL_UPDATE_TYPE,
  CHANNEL_WITHDRAWAL_TYPE,
  signAck,
  signClosing,
  signUpdate,
  signWithdrawal,
  verifyAck,
  verifyClosing,
  verifyUpdate,
  verifyWithdrawal,
} from './messages.ts';
export { type Cheating, cheatingOf, equivocationOf, type Outcome, outcomeOf } from './outcome.ts';
export { outstanding } from './payer.ts';
export {
  type Change,
  type ChannelEvent,
  type ChannelState,
  type Effect,
  initialState,
  type Phase,
  type PostEffect,
  type RefusalCode,
  type Step,
  type StepContext,
  type Verdict,
  type Work,
} from './state.ts';
export {
  CHANNEL_PREDICATES,
  capacityOf,
  checkAcceptance,
  checkTerms,
  postingOf,
  sideOf,
  termsOf,
} from './statements.ts';
export { channelFromStored, channelToStored } from './stored.ts';
export type {
  Ack,
  Closing,
  Offer,
  Pay,
  Posting,
  ReceiptFacts,
  ReceiptLookup,
  Side,
  Terms,
  Update,
} from './types.ts';

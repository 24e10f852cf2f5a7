// The predicates of payments: members, and who may sign each. What they mean together is computed in protocol/channel and protocol/ledger.

import type { AgentId } from '../../identity/index.ts';
import type { Authored } from './types.ts';

const BASE = 'https://zerostate.dev/predicates';

export const CHANNEL_OPEN_PREDICATE = `${BASE}/channel-open/v1`;
export const CHANNEL_ACCEPT_PREDICATE = `${BASE}/channel-accept/v1`;
export const CHANNEL_CLOSE_PREDICATE = `${BASE}/channel-close/v1`;
export const LEDGER_POSTING_PREDICATE = `${BASE}/ledger-posting/v1`;

/** What both sides of a channel agree to. Amounts: decimal integers in millionths of the currency. */
export type ChannelTermsJson = {
  /** The side that is paid; the issuer of the statement pays. */
  payee: AgentId;
  currency: string;
  /** What the payer locks: what it can pay, and the penalty on top. */
  escrow: string;
  /** What the payee locks, for its own penalty; may be 0. */
  deposit: string;
  /** Most that may be promised and not yet settled at a time: what either side can lose. */
  step: string;
  /** What a side loses that posts a state which it had given up before. */
  penalty: string;
  /** How long the other side may answer a close. */
  disputeSeconds: number;
  /** did:key texts of the keys that sign updates and acknowledgements, for the life of the channel. */
  payerKey: string;
  payeeKey: string;
  /** 32 hexadecimal digits: two channels of the same terms are two channels. */
  nonce: string;
};
/** Signed by the payer. The statement's id is the channel's id. */
export type ChannelOpenPredicate = Authored & ChannelTermsJson;
/** Signed by the payee. */
export type ChannelAcceptPredicate = Authored & { channel: string };

export const CHANNEL_CLOSE_KINDS = ['cooperative', 'unilateral', 'dispute', 'settle'] as const;
export type ChannelCloseKind = (typeof CHANNEL_CLOSE_KINDS)[number];
/** What a payee did for an offer that the payer did not settle. */
export type ChannelClaim = { task: string; receipt: string };
/** Signed by either side. Texts are base64 of envelopes on the wire. */
export type ChannelClosePredicate = Authored & {
  channel: string;
  kind: ChannelCloseKind;
  /** The payer's update that the poster holds to be the newest; null for the state at open. */
  update: string | null;
  /** The payee's acknowledgement of the newest update that it has acknowledged. */
  ack: string | null;
  /** A cooperative close: the other side's signature under the end. */
  agreement: string | null;
  claims: ChannelClaim[];
};

export const POSTING_KINDS = ['issue', 'transfer', 'fee'] as const;
export type PostingKind = (typeof POSTING_KINDS)[number];
/** Amount: a decimal integer, negative where the account gives. */
export type PostingLineJson = { account: string; amount: string };
/** Signed by the agent whose accounts give. */
export type LedgerPostingPredicate = Authored & {
  /** Unique for its issuer: posting twice under one name is one posting. */
  posting: string;
  kind: PostingKind;
  currency: string;
  lines: PostingLineJson[];
  memo: string;
};

// Typed forms of a payment channel: terms, messages, what was posted. Amounts are bigints in millionths of the channel's currency.

import type { Envelope } from '../envelope/index.ts';
import type { AgentId } from '../identity/index.ts';
import type { ChannelClaim, ChannelCloseKind } from '../statement/index.ts';

export type Side = 'payer' | 'payee';

/** What both sides agreed to; read from a verified opening. */
export interface Terms {
  /** Id of the channel: of the statement that opened it. */
  readonly channel: string;
  readonly payer: AgentId;
  readonly payee: AgentId;
  readonly currency: string;
  readonly escrow: bigint;
  readonly deposit: bigint;
  readonly step: bigint;
  readonly penalty: bigint;
  readonly disputeMs: number;
  readonly payerKey: string;
  readonly payeeKey: string;
}

/** A promise for one task. `condition` is the digest of the manifest; null promises without one, and cannot be claimed. */
export interface Offer {
  readonly task: string;
  readonly amount: bigint;
  readonly condition: string | null;
}

/** A part of what was paid: for a task that had an offer, or for something else that `reference` names (a receipt, a metering digest). */
export interface Pay {
  readonly task: string | null;
  readonly amount: bigint;
  readonly reference: string;
}

/** A message of the payer, verified. */
export interface Update {
  /** Content id of its envelope. */
  readonly id: string;
  readonly version: number;
  /** Everything ever paid. */
  readonly paid: bigint;
  readonly offers: readonly Offer[];
  /** How `paid` grew since the version before. */
  readonly pays: readonly Pay[];
  readonly envelope: Envelope;
}

/** A message of the payee, verified: it takes this update and gives up everything before. */
export interface Ack {
  readonly version: number;
  readonly update: string;
  readonly envelope: Envelope;
}

/** One side's signature under the end. Who has signed it signs nothing else on this channel. */
export interface Closing {
  readonly version: number;
  readonly paid: bigint;
  readonly envelope: Envelope;
}

/** A verified step towards the end, as it stands in a log. */
export interface Posting {
  /** Statement id. */
  readonly id: string;
  readonly by: Side;
  readonly kind: ChannelCloseKind;
  readonly update: Update | null;
  readonly ack: Ack | null;
  readonly agreement: Closing | null;
  readonly claims: readonly ChannelClaim[];
  /** Milliseconds since 1970, as its author dated it. */
  readonly issuedAtMs: number;
}

/** What a claim needs to know of a receipt; undefined for one that is not known. */
export interface ReceiptFacts {
  readonly executor: AgentId;
  readonly requester: AgentId | null;
  readonly task: string;
  readonly manifestDigest: string | null;
}
export type ReceiptLookup = (id: string) => ReceiptFacts | undefined;

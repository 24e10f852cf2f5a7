// What one side of a channel remembers, what happens to it, and what it wants done. Plain data: the machine is in machine.ts.

import type { Envelope, Signer } from '../envelope/index.ts';
import { isZeroError } from '../errors/index.ts';
import type { ChannelClaim, ChannelCloseKind } from '../statement/index.ts';
import type { Outcome } from './outcome.ts';
import type { Ack, Closing, Offer, Pay, Posting, ReceiptLookup, Side, Terms, Update } from './types.ts';

/**
 * opening: the payee has not accepted yet. open: updates flow. closing: a side has begun the end, nothing is promised or paid any more.
 * settled: over.
 */
export type Phase = 'opening' | 'open' | 'closing' | 'settled';

/** Work for one offer, as the payee keeps it: begun, or done and owed. */
export type Work =
  | { readonly state: 'running' }
  | { readonly state: 'due'; readonly amount: bigint; readonly receipt: string };

/** One side of a channel. Durable: it is on disk before any effect of the step that made it. */
export interface ChannelState {
  readonly side: Side;
  readonly terms: Terms;
  readonly phase: Phase;
  /** Payer: the newest update it has signed. Payee: the newest it has acknowledged. */
  readonly newest: Update | null;
  /** Payer: the newest acknowledgement it has got. Payee: the one of `newest`. */
  readonly ack: Ack | null;
  /** Payee only: work begun for offers, by task. */
  readonly work: Readonly<Record<string, Work>>;
  /** Payee only: what it was owed in all and has let go, because somebody else was paid for the same task. */
  readonly yielded: bigint;
  /** This side has signed an end: it signs nothing else. */
  readonly closing: Closing | null;
  /** A second update of one version, signed by the payer: evidence against it. */
  readonly contradiction: Update | null;
  readonly postings: readonly Posting[];
  /** When this side first saw a unilateral close; ms since 1970. */
  readonly closeSeenMs: number | null;
}

/** What a payer wants changed, all in one update. */
export interface Change {
  /** New promises. */
  readonly offers?: readonly Offer[];
  /** Payments: for tasks (their offers end) and for other things. */
  readonly pays?: readonly Pay[];
  /** Promises to take back; refused by the payee where work has begun. */
  readonly withdraw?: readonly string[];
}

export type ChannelEvent =
  | { readonly type: 'accepted' }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'update'; readonly envelope: Envelope }
  | { readonly type: 'ack'; readonly envelope: Envelope }
  | {
      readonly type: 'begin';
      readonly task: string;
      readonly amount: bigint;
      readonly condition: string | null;
    }
  | { readonly type: 'done'; readonly task: string; readonly amount: bigint; readonly receipt: string }
  | { readonly type: 'dropped'; readonly task: string }
  /** Somebody else's run of the task was accepted: this one's pay is let go, within what `payee.ts` allows. */
  | { readonly type: 'yield'; readonly task: string }
  | { readonly type: 'propose-end' }
  | { readonly type: 'end-proposed'; readonly envelope: Envelope }
  | { readonly type: 'close' }
  /** `replayed`: read from the logs at start; what this side has to say is for the tick that follows when all are read. */
  | { readonly type: 'posted'; readonly posting: Posting; readonly replayed?: boolean }
  | { readonly type: 'tick' };

/** A statement to be signed and appended to the own log. */
export interface PostEffect {
  readonly type: 'post';
  readonly kind: ChannelCloseKind;
  readonly update: Update | null;
  readonly ack: Ack | null;
  readonly agreement: Closing | null;
  readonly claims: readonly ChannelClaim[];
}
/** What the side wants done, after its state is on disk. A lost message is sent again by whoever waits for the answer. */
export type Effect =
  | { readonly type: 'send'; readonly message: 'update' | 'ack' | 'closing'; readonly envelope: Envelope }
  | PostEffect
  | { readonly type: 'wake'; readonly atMs: number }
  | { readonly type: 'settled'; readonly outcome: Outcome };

/** Why a step was not taken. */
export type RefusalCode =
  | 'WRONG_SIDE'
  | 'NOT_OPEN'
  | 'UNACKNOWLEDGED'
  | 'KNOWN'
  | 'OLD'
  | 'GAP'
  | 'MALFORMED'
  | 'SIGNATURE'
  | 'CONTRADICTION'
  | 'PAID_LESS'
  | 'SUM'
  | 'OVER_STEP'
  | 'OVER_ESCROW'
  | 'OFFER_CHANGED'
  | 'OFFER_KNOWN'
  | 'OFFER_UNKNOWN'
  | 'OFFER_RUNNING'
  | 'OFFER_UNPAID'
  | 'NOT_COVERED'
  | 'YIELDED_ENOUGH'
  | 'FULL'
  | 'OTHER_END';

/** accept: the state has moved. ignore: nothing new, harmless. reject: the other side may not do that. */
export type Verdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'ignore' | 'reject'; readonly code: RefusalCode; readonly detail: string };

export interface Step {
  readonly state: ChannelState;
  readonly effects: readonly Effect[];
  readonly verdict: Verdict;
}

/** What the machine is given beside state and event: time, the own key, and the receipts that are known. */
export interface StepContext {
  readonly nowMs: number;
  readonly signer: Signer;
  readonly receipts: ReceiptLookup;
}

/** A side of a channel that was just opened. */
export function initialState(side: Side, terms: Terms): ChannelState {
  return {
    side,
    terms,
    phase: 'opening',
    newest: null,
    ack: null,
    work: {},
    yielded: 0n,
    closing: null,
    contradiction: null,
    postings: [],
    closeSeenMs: null,
  };
}

/** A step that was taken. */
export function accept(state: ChannelState, effects: readonly Effect[] = []): Step {
  return { state, effects, verdict: { verdict: 'accept' } };
}

/** A step that changes nothing. */
export function refuse(
  state: ChannelState,
  verdict: 'ignore' | 'reject',
  code: RefusalCode,
  detail: string,
  effects: readonly Effect[] = [],
): Step {
  return { state, effects, verdict: { verdict, code, detail } };
}

/** Refuses a message that does not verify, by what is wrong with it. Throws what is no finding about the message. */
export function refuseUnverified(state: ChannelState, error: unknown): Step {
  if (!isZeroError(error)) throw error;
  const code = error.code === 'SIGNATURE_INVALID' ? 'SIGNATURE' : 'MALFORMED';
  return refuse(state, 'reject', code, error.message);
}

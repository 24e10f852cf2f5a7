// How a side ends a channel: together with the other, or alone with the newest state, answering what the other posts.

import type { Envelope } from '../envelope/index.ts';
import type { ChannelClaim } from '../statement/index.ts';
import { POSTINGS_PER_SIDE_MAX } from './limits.ts';
import { signClosing, verifyClosing } from './messages.ts';
import { cheatingOf, outcomeOf } from './outcome.ts';
import { outstanding } from './payer.ts';
import {
  accept,
  type ChannelState,
  type Effect,
  type PostEffect,
  refuse,
  refuseUnverified,
  type Step,
  type StepContext,
} from './state.ts';
import type { Closing, Posting, ReceiptLookup } from './types.ts';

/** What the payee has earned and was not paid. */
export function claimsOf({ side, newest, work }: ChannelState): ChannelClaim[] {
  if (side !== 'payee') return [];
  return (newest?.offers ?? []).flatMap(({ task }) => {
    const done = Object.hasOwn(work, task) ? work[task] : undefined;
    return done?.state === 'due' ? [{ task, receipt: done.receipt }] : [];
  });
}

function post(state: ChannelState, kind: 'unilateral' | 'dispute'): PostEffect {
  const { newest: update, ack } = state;
  return { type: 'post', kind, update, ack, agreement: null, claims: claimsOf(state) };
}

/** Nothing is promised, nothing under way: what both can sign as the end. */
function isQuiet(state: ChannelState): boolean {
  return outstanding(state) === undefined && (state.newest?.offers.length ?? 0) === 0;
}

/** Signs the end as it stands, for the other side to sign too. From here on this side signs nothing else. */
export function proposeEnd(state: ChannelState, { signer }: StepContext): Step {
  if (state.phase !== 'open' && state.closing === null)
    return refuse(state, 'reject', 'NOT_OPEN', `the channel is ${state.phase}`);
  if (!isQuiet(state)) return refuse(state, 'reject', 'UNACKNOWLEDGED', 'something is promised or under way');
  const end = { version: state.newest?.version ?? 0, paid: state.newest?.paid ?? 0n };
  const closing = state.closing ?? signClosing(state.terms, end, signer);
  return accept({ ...state, phase: state.phase === 'settled' ? 'settled' : 'closing', closing }, [
    { type: 'send', message: 'closing', envelope: closing.envelope },
  ]);
}

/**
 * Takes the other side's signature under the end; posts it when this side sees the same end. Not from a side that has posted what it had given up:
 * an agreed end would spare it the penalty.
 */
export function takeEnd(state: ChannelState, envelope: Envelope, context: StepContext): Step {
  const { terms, side } = state;
  let theirs: Closing;
  try {
    theirs = verifyClosing(terms, envelope, side === 'payer' ? terms.payeeKey : terms.payerKey);
  } catch (error) {
    return refuseUnverified(state, error);
  }
  if (state.phase === 'opening' || state.phase === 'settled')
    return refuse(state, 'ignore', 'NOT_OPEN', `the channel is ${state.phase}`);
  const same = theirs.version === (state.newest?.version ?? 0) && theirs.paid === (state.newest?.paid ?? 0n);
  if (!same || !isQuiet(state))
    return refuse(state, 'reject', 'OTHER_END', 'the channel stands otherwise here');
  if (state.postings.length > 0 && hasCheated(state, context.nowMs))
    return refuse(state, 'reject', 'OTHER_END', 'an old state was posted, and has its price');
  const closing = state.closing ?? signClosing(terms, theirs, context.signer);
  const { newest: update, ack } = state;
  return accept({ ...state, phase: 'closing', closing }, [
    { type: 'post', kind: 'cooperative', update, ack, agreement: theirs, claims: [] },
  ]);
}

/** Ends the channel alone, with the newest state. */
export function close(state: ChannelState): Step {
  if (state.phase === 'settled') return refuse(state, 'ignore', 'NOT_OPEN', 'the channel is settled');
  if (state.postings.some(({ kind }) => kind === 'unilateral'))
    return refuse(state, 'ignore', 'KNOWN', 'the end has begun');
  return accept({ ...state, phase: 'closing' }, [post(state, 'unilateral')]);
}

/** The posting that this side would make, as if it were in the log. */
function mine(state: ChannelState, nowMs: number): Posting {
  const { update, ack, claims } = post(state, 'dispute');
  return {
    id: 'mine',
    by: state.side,
    kind: 'dispute',
    update,
    ack,
    agreement: null,
    claims,
    issuedAtMs: nowMs,
  };
}

/** True when the other side has posted what it had given up, as what this side knows shows. */
function hasCheated(state: ChannelState, nowMs: number): boolean {
  return cheatingOf([...state.postings, mine(state, nowMs)]).some(({ side }) => side !== state.side);
}

/** True when posting what this side knows makes the end better for it. */
function shouldAnswer(state: ChannelState, nowMs: number, receipts: ReceiptLookup): boolean {
  const { postings, side, terms } = state;
  const now = outcomeOf(terms, postings, true, receipts);
  const then = outcomeOf(terms, [...postings, mine(state, nowMs)], true, receipts);
  return !now.cooperative && then[side] > now[side];
}

/**
 * True when all that is to be said is what was done since, more of it is under way, and half of the words of a side are spent: it is said together
 * later. Else a payer of many small promises would have words run out before the work is done.
 */
function canWait(state: ChannelState, own: number, nowMs: number): boolean {
  const { newest, postings, side, work } = state;
  const due = settleAt(state);
  return (
    own >= POSTINGS_PER_SIDE_MAX / 2 &&
    due !== undefined &&
    nowMs < due &&
    Object.values(work).some((one) => one.state === 'running') &&
    postings.some(({ by, update }) => by === side && update?.id === newest?.id)
  );
}

function contradictions(state: ChannelState): Effect[] {
  const { contradiction, postings } = state;
  // Below the newest acknowledgement it would be a state that this side has given up.
  if (contradiction === null || contradiction.version < (state.ack?.version ?? 0)) return [];
  if (postings.some(({ update }) => update?.id === contradiction.id)) return [];
  return [{ type: 'post', kind: 'dispute', update: contradiction, ack: null, agreement: null, claims: [] }];
}

/** A step towards the end stands in a log, the other side's or the own. Disputes what is old, and wakes when the time to dispute is over. */
export function posted(state: ChannelState, posting: Posting, context: StepContext, replayed = false): Step {
  if (state.postings.some(({ id }) => id === posting.id))
    return refuse(state, 'ignore', 'KNOWN', 'known already');
  const ofSide = state.postings.filter(({ by }) => by === posting.by).length;
  if (ofSide >= POSTINGS_PER_SIDE_MAX)
    return refuse(state, 'ignore', 'FULL', 'that side has posted too much');
  const closeSeenMs = state.closeSeenMs ?? (posting.kind === 'unilateral' ? context.nowMs : null);
  const next: ChannelState = {
    ...state,
    postings: [...state.postings, posting],
    phase: state.phase === 'settled' ? 'settled' : 'closing',
    closeSeenMs,
  };
  return replayed ? accept(next) : answer(next, context);
}

/** What this side has to say to what was posted so far. */
export function answer(state: ChannelState, { nowMs, receipts }: StepContext): Step {
  const effects: Effect[] = [];
  const own = state.postings.filter(({ by }) => by === state.side).length;
  if (own < POSTINGS_PER_SIDE_MAX - 1 && state.postings.length > 0) {
    // A dispute without a close ends nothing: the other side is up to something, so this one closes.
    const begun = state.postings.some(({ kind }) => kind !== 'dispute');
    if (!begun || (shouldAnswer(state, nowMs, receipts) && !canWait(state, own, nowMs)))
      effects.push(post(state, begun ? 'dispute' : 'unilateral'));
    else effects.push(...contradictions(state));
  }
  const outcome = outcomeOf(state.terms, state.postings, true, receipts);
  if (outcome.final) {
    if (state.phase === 'settled' && effects.length === 0) return accept(state);
    return accept({ ...state, phase: 'settled' }, [...effects, { type: 'settled', outcome }]);
  }
  const due = settleAt(state);
  if (due === undefined) return accept(state, effects);
  if (nowMs < due) return accept(state, [...effects, { type: 'wake', atMs: due }]);
  if (effects.length > 0) return accept(state, [...effects, { type: 'wake', atMs: nowMs + 1 }]);
  return accept(state, [
    { type: 'post', kind: 'settle', update: null, ack: null, agreement: null, claims: [] },
  ]);
}

/** When the time to dispute is over for this side: counted from when it saw the close, and not before the close's own date allows. */
export function settleAt({ closeSeenMs, postings, terms }: ChannelState): number | undefined {
  const dated = postings.filter(({ kind }) => kind === 'unilateral').map(({ issuedAtMs }) => issuedAtMs);
  if (closeSeenMs === null || dated.length === 0) return undefined;
  return Math.max(closeSeenMs, Math.min(...dated)) + terms.disputeMs;
}

// The payee's steps: takes updates, and begins work only when an offer that it has acknowledged covers it.

import type { Envelope } from '../envelope/index.ts';
import { checkChange, checkWork } from './changes.ts';
import { close } from './ending.ts';
import { signAck, verifyUpdate } from './messages.ts';
import {
  accept,
  type ChannelState,
  type Effect,
  refuse,
  refuseUnverified,
  type Step,
  type StepContext,
  type Work,
} from './state.ts';
import type { Update } from './types.ts';

/** Takes an update of the payer, and acknowledges it. One that comes twice is acknowledged twice. */
export function takeUpdate(state: ChannelState, envelope: Envelope, { signer }: StepContext): Step {
  if (state.side !== 'payee') return refuse(state, 'reject', 'WRONG_SIDE', 'only the payee takes updates');
  let update: Update;
  try {
    update = verifyUpdate(state.terms, envelope);
  } catch (error) {
    return refuseUnverified(state, error);
  }
  const { newest, terms } = state;
  if (newest !== null && update.version === newest.version) {
    if (update.id === newest.id)
      return refuse(state, 'ignore', 'KNOWN', 'acknowledged already', ackOf(state));
    return contradicted(state, update);
  }
  if (newest !== null && update.version < newest.version)
    return refuse(state, 'ignore', 'OLD', 'a newer update is acknowledged');
  if (state.phase !== 'open') return refuse(state, 'reject', 'NOT_OPEN', `the channel is ${state.phase}`);
  const refusal = checkChange(terms, newest, update) ?? checkWork(newest, update, state.work);
  if (refusal !== undefined) return refuse(state, 'reject', refusal.code, refusal.detail);
  const ack = signAck(terms, update, signer);
  const work = keepWork(state.work, update);
  return accept({ ...state, newest: update, ack, work }, [
    { type: 'send', message: 'ack', envelope: ack.envelope },
  ]);
}

/** The payer has two words: this side works no more, and closes. */
function contradicted(state: ChannelState, update: Update): Step {
  const next: ChannelState = { ...state, contradiction: state.contradiction ?? update };
  const ended = state.phase === 'open' ? close(next) : undefined;
  const detail = 'the payer has signed two updates of one version';
  return refuse(ended?.state ?? next, 'reject', 'CONTRADICTION', detail, ended?.effects);
}

function ackOf({ ack }: ChannelState): Effect[] {
  return ack === null ? [] : [{ type: 'send', message: 'ack', envelope: ack.envelope }];
}

function keepWork(work: ChannelState['work'], { offers }: Update): ChannelState['work'] {
  const promised = new Set(offers.map(({ task }) => task));
  return Object.fromEntries(Object.entries(work).filter(([task]) => promised.has(task)));
}

function withWork(state: ChannelState, task: string, work: Work | undefined): ChannelState {
  const { [task]: _, ...others } = state.work;
  return { ...state, work: work === undefined ? others : { ...others, [task]: work } };
}

/** Begins work for an offer: from here on the offer cannot be taken back unpaid. Refuses NOT_COVERED. */
export function begin(state: ChannelState, task: string, amount: bigint, condition: string | null): Step {
  if (state.side !== 'payee') return refuse(state, 'reject', 'WRONG_SIDE', 'only the payee works');
  if (state.phase !== 'open') return refuse(state, 'reject', 'NOT_OPEN', `the channel is ${state.phase}`);
  const offer = state.newest?.offers.find((one) => one.task === task);
  if (offer === undefined || offer.amount < amount || offer.condition !== condition)
    return refuse(state, 'reject', 'NOT_COVERED', `no offer covers ${amount} for ${task}`);
  if (Object.hasOwn(state.work, task)) return refuse(state, 'ignore', 'KNOWN', `${task} has begun already`);
  return accept(withWork(state, task, { state: 'running' }));
}

/** Work is done, for no more than was offered: it is owed, and claimed when the channel ends before it is paid. */
export function done(state: ChannelState, task: string, amount: bigint, receipt: string): Step {
  const offer = state.newest?.offers.find((one) => one.task === task);
  const work = Object.hasOwn(state.work, task) ? state.work[task] : undefined;
  if (work?.state !== 'running' || offer === undefined)
    return refuse(state, 'ignore', 'OFFER_UNKNOWN', `${task} is not running`);
  if (amount > offer.amount)
    return refuse(state, 'reject', 'NOT_COVERED', `only ${offer.amount} was offered`);
  return accept(withWork(state, task, { state: 'due', amount, receipt }));
}

/** Running work came to nothing: its offer may be taken back. What has a receipt stays owed. */
export function dropped(state: ChannelState, task: string): Step {
  if (!Object.hasOwn(state.work, task) || state.work[task]?.state !== 'running')
    return refuse(state, 'ignore', 'OFFER_UNKNOWN', `${task} is not running`);
  return accept(withWork(state, task, undefined));
}

/**
 * Lets go what is owed for work that another executor was paid for: a link was cut or a node was gone, and the task was done twice. In all no
 * more than one step of a channel, and no more than it has paid: a payer that only pretends gains less than it has spent. Refuses
 * YIELDED_ENOUGH; the claim then stands.
 */
export function yieldWork(state: ChannelState, task: string): Step {
  const work = Object.hasOwn(state.work, task) ? state.work[task] : undefined;
  if (work?.state !== 'due') return refuse(state, 'ignore', 'OFFER_UNKNOWN', `nothing is owed for ${task}`);
  if (state.phase !== 'open') return refuse(state, 'ignore', 'NOT_OPEN', `the channel is ${state.phase}`);
  const paid = state.newest?.paid ?? 0n;
  const most = paid < state.terms.step ? paid : state.terms.step;
  const yielded = state.yielded + work.amount;
  if (yielded > most)
    return refuse(state, 'reject', 'YIELDED_ENOUGH', `${state.yielded} was let go, of ${most} at most`);
  return accept({ ...withWork(state, task, undefined), yielded });
}

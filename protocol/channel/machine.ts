// One side of a payment channel as a machine without I/O: (state, event, context) -> state, effects, verdict. The caller stores the state
// before it carries out an effect; every event may come twice, late, or after a restart.

import { answer, close, posted, proposeEnd, takeEnd } from './ending.ts';
import { begin, done, dropped, takeUpdate, yieldWork } from './payee.ts';
import { change, outstanding, takeAck } from './payer.ts';
import {
  accept,
  type ChannelEvent,
  type ChannelState,
  type Effect,
  refuse,
  type Step,
  type StepContext,
} from './state.ts';

/** Takes one step. Never throws on what the other side wrote. */
export function stepChannel(state: ChannelState, event: ChannelEvent, context: StepContext): Step {
  switch (event.type) {
    case 'accepted':
      return state.phase === 'opening'
        ? accept({ ...state, phase: 'open' })
        : refuse(state, 'ignore', 'KNOWN', 'accepted already');
    case 'change':
      return change(state, event.change, context);
    case 'update':
      return takeUpdate(state, event.envelope, context);
    case 'ack':
      return takeAck(state, event.envelope);
    case 'begin':
      return begin(state, event.task, event.amount, event.condition);
    case 'done': {
      const step = done(state, event.task, event.amount, event.receipt);
      return step.verdict.verdict === 'accept' && step.state.postings.length > 0
        ? answer(step.state, context)
        : step;
    }
    case 'dropped':
      return dropped(state, event.task);
    case 'yield':
      return yieldWork(state, event.task);
    case 'propose-end':
      return proposeEnd(state, context);
    case 'end-proposed':
      return takeEnd(state, event.envelope, context);
    case 'close':
      return close(state);
    case 'posted':
      return posted(state, event.posting, context, event.replayed === true);
    case 'tick':
      return state.phase === 'settled' || state.postings.length === 0
        ? refuse(state, 'ignore', 'NOT_OPEN', 'nothing to do')
        : answer(state, context);
  }
}

/** What a side does again after a restart, or when an answer has not come: a crash may have come between its state and its effects. */
export function pendingEffects(state: ChannelState): Effect[] {
  const update = state.side === 'payer' && state.phase === 'open' ? outstanding(state) : undefined;
  if (update !== undefined) return [{ type: 'send', message: 'update', envelope: update.envelope }];
  if (state.phase !== 'closing' || state.postings.length > 0) return [];
  if (state.closing !== null) return [{ type: 'send', message: 'closing', envelope: state.closing.envelope }];
  return [...close(state).effects];
}

// The payer's steps: one update after another, each acknowledged before the next is signed.

import type { Envelope } from '../envelope/index.ts';
import { applyChange, checkChange } from './changes.ts';
import { OFFERS_MAX } from './limits.ts';
import { signUpdate, unreadable, verifyAck } from './messages.ts';
import {
  accept,
  type Change,
  type ChannelState,
  refuse,
  refuseUnverified,
  type Step,
  type StepContext,
} from './state.ts';
import type { Ack, Update } from './types.ts';

/** The update that the payee has not acknowledged yet. */
export function outstanding({ newest, ack }: ChannelState): Update | undefined {
  return newest !== null && newest.version > (ack?.version ?? 0) ? newest : undefined;
}

/** Signs the next update. It is on disk before it is sent, so that a restart sends the same one again and never a second of its version. */
export function change(state: ChannelState, wish: Change, { signer }: StepContext): Step {
  if (state.side !== 'payer')
    return refuse(state, 'reject', 'WRONG_SIDE', 'only the payer changes a channel');
  if (state.phase !== 'open') return refuse(state, 'reject', 'NOT_OPEN', `the channel is ${state.phase}`);
  if (outstanding(state) !== undefined)
    return refuse(state, 'reject', 'UNACKNOWLEDGED', 'the update before is not acknowledged yet');
  const body = applyChange(state.newest, wish);
  if (body.offers.length > OFFERS_MAX)
    return refuse(state, 'reject', 'FULL', `more than ${OFFERS_MAX} offers at once`);
  if (new Set(body.offers.map(({ task }) => task)).size !== body.offers.length)
    return refuse(state, 'reject', 'OFFER_KNOWN', 'the task has an offer already');
  const paid = body.pays.flatMap(({ task }) => task ?? []);
  if (new Set(paid).size !== paid.length)
    return refuse(state, 'reject', 'OFFER_UNKNOWN', 'a task is paid once: its offer ends with it');
  const mistake = unreadable(body);
  if (mistake !== undefined) return refuse(state, 'reject', 'MALFORMED', mistake);
  const refusal = checkChange(state.terms, state.newest, body);
  if (refusal !== undefined) return refuse(state, 'reject', refusal.code, refusal.detail);
  const newest = signUpdate(state.terms, body, signer);
  return accept({ ...state, newest }, [{ type: 'send', message: 'update', envelope: newest.envelope }]);
}

/** Takes the payee's acknowledgement of the newest update. */
export function takeAck(state: ChannelState, envelope: Envelope): Step {
  if (state.side !== 'payer') return refuse(state, 'reject', 'WRONG_SIDE', 'only the payer is acknowledged');
  let ack: Ack;
  try {
    ack = verifyAck(state.terms, envelope);
  } catch (error) {
    return refuseUnverified(state, error);
  }
  if (ack.version <= (state.ack?.version ?? 0))
    return refuse(state, 'ignore', 'KNOWN', 'acknowledged already');
  if (ack.version !== state.newest?.version || ack.update !== state.newest.id)
    return refuse(
      state,
      'reject',
      'CONTRADICTION',
      'the acknowledgement is of an update that was not signed here',
    );
  return accept({ ...state, ack });
}

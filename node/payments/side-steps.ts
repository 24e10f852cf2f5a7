// Steps of a side of a channel that wait together, and what becomes of it by them. Must not: touch the disk.

import {
  type ChannelEvent,
  type ChannelState,
  type Effect,
  type Side,
  type Step,
  stepChannel,
  type Terms,
  type Verdict,
} from '../../protocol/channel/index.ts';
import { type Signer, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { HeldSide } from './channel-store.ts';
import type { LocalLedger } from './local-ledger.ts';

/** What came of a step: the state after it, the messages that it made, and the verdict. */
export interface Stepped {
  readonly state: ChannelState;
  readonly messages: readonly Extract<Effect, { type: 'send' }>[];
  readonly verdict: Verdict;
}

/** A step that somebody waits for. */
export interface Waiting {
  readonly event: ChannelEvent;
  readonly resolve: (stepped: Stepped) => void;
  readonly reject: (error: unknown) => void;
}

/** A step that was taken, and the side after it. */
export interface Taken {
  readonly waiting: Waiting;
  readonly step: Step;
  readonly next: HeldSide;
}

/** The local agent of a side. */
export function agentOf(terms: Terms, side: Side): string {
  return side === 'payer' ? terms.payer : terms.payee;
}

/** What becomes of a side by some events, one after another. Throws NOT_FOUND when its agent does not live here. */
export function takeSteps(
  before: HeldSide,
  queue: readonly Waiting[],
  { clock, ledger, vault }: { clock: Clock; ledger: LocalLedger; vault: AgentVault },
): Taken[] {
  const { side, terms } = before.state;
  const { operationalSeed } = vault.get(agentOf(terms, side));
  const signer = signerOf(terms, side, seedSigner(operationalSeed));
  let held = before;
  return queue.map((waiting) => {
    const context = { nowMs: clock.now(), signer, receipts: ledger.network.receipt };
    const step = stepChannel(held.state, waiting.event, context);
    held = { ...held, state: step.state };
    return { waiting, step, next: held };
  });
}

/**
 * Signs for a side as long as its agent has the key that the channel was opened under. What another key signs is refused by the other side, and would
 * be found damaged when it is read back from the disk: after a rotation nothing is signed in it any more.
 */
function signerOf({ channel, payeeKey, payerKey }: Terms, side: Side, signer: Signer): Signer {
  if (signer.keyid === (side === 'payer' ? payerKey : payeeKey)) return signer;
  return {
    keyid: signer.keyid,
    sign: () => {
      throw new ZeroError(
        'CHANNEL_REFUSED',
        `the channel ${channel} is bound to a key of the ${side} that was replaced`,
        { hint: 'End it with "zerostate channel close CHANNEL --alone", and open another.' },
      );
    },
  };
}

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
import { seedSigner } from '../../protocol/envelope/index.ts';
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
  const { operationalSeed } = vault.get(agentOf(before.state.terms, before.state.side));
  const signer = seedSigner(operationalSeed);
  let held = before;
  return queue.map((waiting) => {
    const context = { nowMs: clock.now(), signer, receipts: ledger.network.receipt };
    const step = stepChannel(held.state, waiting.event, context);
    held = { ...held, state: step.state };
    return { waiting, step, next: held };
  });
}

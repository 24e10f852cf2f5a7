// How far the payments of one channel for relaying are counted, and what of them waits until it is known which peer its payer is. Pure.

import type { AgentId } from '../../protocol/identity/index.ts';

/** One channel that pays for relaying. */
export interface Counted {
  /** The update up to which it is counted. */
  readonly version: number;
  /** Counted, and not in an account: nobody knows yet which peer the payer is. In millionths. */
  readonly waits?:
    | { readonly payer: AgentId; readonly currency: string; readonly amount: bigint }
    | undefined;
  /** Nothing is to come of it. Not kept: the channel says so again at the next start. */
  readonly isOver: boolean;
}

/** As it is kept; a number where nothing waits. */
export type StoredCounted =
  | number
  | {
      readonly version: number;
      readonly waits: { readonly payer: string; readonly currency: string; readonly amount: string };
    };

export function storedCounted({ version, waits }: Counted): StoredCounted {
  return waits === undefined ? version : { version, waits: { ...waits, amount: String(waits.amount) } };
}

export function countedOf(stored: StoredCounted): Counted {
  if (typeof stored === 'number') return { version: stored, isOver: false };
  const { version, waits } = stored;
  const { amount, currency, payer } = waits;
  return { version, isOver: false, waits: { payer, currency, amount: BigInt(amount) } };
}

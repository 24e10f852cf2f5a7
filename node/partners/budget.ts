// What partners may still ask of this node: their agreement's budgets, by agent and not by peer, so that coming back under another peer id
// or connection refills nothing. Knows no protocol.

import type { PartnerBudget } from '../../protocol/partner/index.ts';
import type { Clock } from '../clock/index.ts';
import { PARTNERS_MAX } from './limits.ts';

const MINUTE_MS = 60_000;

interface Account {
  queries: number;
  bytes: number;
  at: number;
}

/** A node's accounts of its partners. */
export class PartnerBudgets {
  readonly #accounts = new Map<string, Account>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Books one query. `share`: thousandths of the budget that the partner's standing leaves it. False when nothing is left. */
  takeQuery(agent: string, budget: PartnerBudget, share: number): boolean {
    const account = this.#refilled(agent, budget, share);
    if (account.queries < 1 || account.bytes <= 0) return false;
    account.queries -= 1;
    return true;
  }

  /** Books bytes that are on their way; known only afterwards, so they may take the account below zero. False when it was empty before. */
  takeBytes(agent: string, budget: PartnerBudget, share: number, bytes: number): boolean {
    const account = this.#refilled(agent, budget, share);
    if (account.bytes <= 0) return false;
    account.bytes -= bytes;
    return true;
  }

  #refilled(agent: string, budget: PartnerBudget, share: number): Account {
    const now = this.#clock.now();
    const queriesMax = Math.floor((budget.queriesPerMinute * share) / 1_000);
    const bytesMax = Math.floor((budget.bytesPerMinute * share) / 1_000);
    const account = this.#accounts.get(agent) ?? { queries: queriesMax, bytes: bytesMax, at: now };
    // A clock that steps back refills nothing.
    const minutes = Math.max(0, now - account.at) / MINUTE_MS;
    account.queries = Math.min(queriesMax, account.queries + minutes * queriesMax);
    account.bytes = Math.min(bytesMax, account.bytes + minutes * bytesMax);
    account.at = Math.max(now, account.at);
    this.#accounts.set(agent, account);
    // Agents come here only as partners: the map is as large as the partner book, and some that were removed.
    if (this.#accounts.size > PARTNERS_MAX * 2)
      this.#accounts.delete(this.#accounts.keys().next().value as string);
    return account;
  }
}

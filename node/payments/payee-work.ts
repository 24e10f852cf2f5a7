// What a payee works for: offers cover work, work is begun before it runs and owed when its receipt is in the own log; what is not paid is
// claimed when the channel ends. Serves the executors of this node.

import { type ChannelState, verifyWithdrawal } from '../../protocol/channel/index.ts';
import type { Envelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  type AgentStatement,
  isStatementOf,
  RECEIPT_PREDICATE,
} from '../../protocol/statement/index.ts';
import { ATTEMPTS_MAX } from '../../protocol/task/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { ChannelSides } from './channel-sides.ts';
import { ACCEPTED_MAX, EARLY_RECEIPTS_MAX } from './limits.ts';
import { agentOf, type Stepped } from './side-steps.ts';

/** What work would cost that a promise has to cover. */
export interface Cover {
  readonly payer: AgentId;
  readonly payee: AgentId;
  readonly task: string;
  readonly amount: bigint;
  readonly currency: string;
  /** Digest of the manifest that the offer must name. */
  readonly condition: string | null;
}

export interface PayeeWorkDeps {
  readonly sides: ChannelSides;
  readonly vault: AgentVault;
  readonly log: Logger;
  /** What a receipt of a local agent costs; undefined: all that was offered. */
  readonly priceOf: (
    statement: AgentStatement<typeof RECEIPT_PREDICATE>,
    currency: string,
  ) => bigint | undefined;
}

/** Turns a refused step into an error. */
export function requireTaken({ verdict }: Stepped): void {
  if (verdict.verdict === 'reject')
    throw new ZeroError('CHANNEL_REFUSED', `${verdict.code}: ${verdict.detail}`, {
      details: { reason: verdict.code },
    });
}

/** The work of the payees of this node. */
export class PayeeWork {
  readonly #deps: PayeeWorkDeps;
  /** Tasks whose offers were taken back: work is not begun for them any more. */
  readonly #barred = new Set<string>();
  /** Tasks whose beginning is on its way to the disk: an offer that was let go now would be missed by the work. */
  readonly #beginning = new Set<string>();
  /** Whose runs were accepted for a task, by payer and task: the newest tasks. */
  readonly #accepted = new Map<string, Set<AgentId>>();
  /** Own receipts of the logs that are read before the channels are: the newest. Undefined once both are known. */
  #early: AgentStatement<typeof RECEIPT_PREDICATE>[] | undefined = [];

  constructor(deps: PayeeWorkDeps) {
    this.#deps = deps;
  }

  /**
   * A payer wants an offer back: it may, unless work was begun. Work that is done is let go when the payer's log says that it has accepted
   * somebody else's run of the task, and none of this payee. `wish` is the payer's signed word: anybody may know a channel and a task.
   * Throws NOT_FOUND, CHANNEL_REFUSED, SIGNATURE_INVALID or DECODE_FAILED.
   */
  async withdraw(channel: string, wish: Envelope): Promise<Uint8Array> {
    const { sides } = this.#deps;
    const state = sides.get(channel, 'payee');
    if (state === undefined) throw new ZeroError('NOT_FOUND', 'the channel is not of this node');
    const task = verifyWithdrawal(state.terms, wish);
    const held = state.newest?.offers.some((offer) => offer.task === task) ?? false;
    const { payee, payer } = state.terms;
    const accepted = this.#accepted.get(`${payer}/${task}`);
    // Runs of one task are accepted together where it asked for several: whoever is among them is paid, and lets nothing go.
    if (
      accepted?.has(payee) === false &&
      Object.hasOwn(state.work, task) &&
      state.work[task]?.state === 'due'
    )
      requireTaken(await sides.step(channel, 'payee', { type: 'yield', task }));
    if (
      this.#beginning.has(`${channel}/${task}`) ||
      Object.hasOwn(sides.get(channel, 'payee')?.work ?? {}, task)
    )
      throw new ZeroError('CHANNEL_REFUSED', `OFFER_RUNNING: ${task} has begun`);
    if (held) this.#barred.add(`${channel}/${task}`);
    return new Uint8Array();
  }

  /** Forgets what is over. */
  changed(state: ChannelState): void {
    if (state.side !== 'payee') return;
    const { channel } = state.terms;
    for (const key of this.#barred)
      if (
        key.startsWith(`${channel}/`) &&
        !state.newest?.offers.some(({ task }) => key === `${channel}/${task}`)
      )
        this.#barred.delete(key);
  }

  #offering({ payer, payee, task, amount, currency, condition }: Cover): ChannelState | undefined {
    return this.#deps.sides
      .list()
      .map(({ state }) => state)
      .find(
        ({ side, terms, phase, newest }) =>
          side === 'payee' &&
          phase === 'open' &&
          terms.payer === payer &&
          terms.payee === payee &&
          terms.currency === currency &&
          newest?.offers.some(
            (offer) => offer.task === task && offer.amount >= amount && offer.condition === condition,
          ) === true &&
          !this.#barred.has(`${terms.channel}/${task}`),
      );
  }

  /** True when an offer that was acknowledged here covers the work. */
  covers(cover: Cover): boolean {
    return this.#offering(cover) !== undefined;
  }

  /** Begins work: from here on, durably, its offer cannot be taken back. Answers the channel. Throws PAYMENT_REQUIRED. */
  async begin(cover: Cover): Promise<string> {
    const state = this.#offering(cover);
    const { amount, condition, currency, task } = cover;
    if (state === undefined)
      throw new ZeroError('PAYMENT_REQUIRED', `no channel promises ${amount} ${currency} for ${task}`, {
        details: { amount: String(amount), currency, task },
      });
    const { channel } = state.terms;
    const key = `${channel}/${task}`;
    this.#beginning.add(key);
    try {
      requireTaken(await this.#deps.sides.step(channel, 'payee', { type: 'begin', task, amount, condition }));
    } finally {
      this.#beginning.delete(key);
    }
    return channel;
  }

  /** Work for an agent of this node came to nothing: its offer may be taken back. */
  async dropped(payer: AgentId, payee: AgentId, task: string): Promise<void> {
    for (const { state } of this.#deps.sides.list()) {
      const { side, terms, work } = state;
      if (side !== 'payee' || terms.payer !== payer || terms.payee !== payee) continue;
      if (Object.hasOwn(work, task))
        await this.#deps.sides.step(terms.channel, 'payee', { type: 'dropped', task });
    }
  }

  /** Work is done and owed. */
  async done(channel: string, task: string, amount: bigint, receipt: string): Promise<void> {
    requireTaken(await this.#deps.sides.step(channel, 'payee', { type: 'done', task, amount, receipt }));
  }

  /** After a start: what has a receipt is owed, and what was running when this node ended has come to nothing. */
  async resume(): Promise<void> {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const statement of early) await this.#noteReceipt(statement);
    for (const { state } of this.#deps.sides.list()) {
      if (state.side !== 'payee') continue;
      for (const [task, { state: stage }] of Object.entries(state.work))
        if (stage === 'running')
          await this.#deps.sides.step(state.terms.channel, 'payee', { type: 'dropped', task });
    }
  }

  /** A payer has accepted a run, of an agent of this node or of another. */
  accepted(statement: AgentStatement): void {
    if (!isStatementOf(statement, ACCEPTANCE_PREDICATE)) return;
    const { executor, taskId } = statement.statement.predicate;
    const key = `${statement.issuer}/${taskId}`;
    const executors = this.#accepted.get(key) ?? new Set();
    if (executors.size < ATTEMPTS_MAX || this.#deps.vault.has(executor)) executors.add(executor);
    this.#accepted.set(key, executors);
    if (this.#accepted.size > ACCEPTED_MAX)
      this.#accepted.delete(this.#accepted.keys().next().value as string);
  }

  /** A receipt of a local agent is in the own log: what was offered for it is owed from here on. */
  receipted(statement: AgentStatement): void {
    if (!isStatementOf(statement, RECEIPT_PREDICATE) || !this.#deps.vault.has(statement.issuer)) return;
    if (this.#early === undefined) void this.#noteReceipt(statement);
    else if (this.#early.push(statement) > EARLY_RECEIPTS_MAX) this.#early.shift();
  }

  async #noteReceipt(statement: AgentStatement<typeof RECEIPT_PREDICATE>): Promise<void> {
    const { observed } = statement.statement.predicate;
    for (const { state } of this.#deps.sides.list()) {
      const { newest, side, terms } = state;
      const offer = newest?.offers.find(({ task }) => task === observed.taskId);
      if (side !== 'payee' || offer === undefined || agentOf(terms, side) !== statement.issuer) continue;
      if (terms.payer !== observed.requester || offer.condition !== observed.manifestDigest) continue;
      // What was let go stays so: the payer's next update is without it.
      if (this.#barred.has(`${terms.channel}/${offer.task}`)) continue;
      const price = this.#deps.priceOf(statement, terms.currency);
      const amount = price === undefined || price > offer.amount ? offer.amount : price;
      await this.#owe(terms.channel, offer.task, amount, offer.condition, statement.id);
    }
  }

  async #owe(
    channel: string,
    task: string,
    amount: bigint,
    condition: string | null,
    receipt: string,
  ): Promise<void> {
    try {
      // Taken in this order, and written together.
      await Promise.all([
        this.#deps.sides.step(channel, 'payee', { type: 'begin', task, amount, condition }),
        this.#deps.sides.step(channel, 'payee', { type: 'done', task, amount, receipt }),
      ]);
    } catch (error) {
      this.#deps.log.warn({ err: error, channel, task }, 'what a receipt earned could not be noted');
    }
  }
}

// The payee's half: accepts channels, takes updates, and covers work. Work for an offer is begun before it runs and owed when its receipt is in the
// own log; what is not paid is claimed when the channel ends.

import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { type ChannelState, type Terms, termsOf } from '../../protocol/channel/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type AgentStatement,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  isStatementOf,
  RECEIPT_PREDICATE,
  signAgentStatement,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { agentOf, type ChannelSides, type Stepped } from './channel-sides.ts';
import { EARLY_RECEIPTS_MAX, OPENING_WAIT_MS_MAX } from './limits.ts';
import type { LocalLedger } from './local-ledger.ts';
import type { ChannelRequest } from './wire.ts';

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

export interface PayeeDeskDeps {
  readonly sides: ChannelSides;
  readonly ledger: LocalLedger;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: Config['payments'];
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

/** Serves payers, and the executors of this node. */
export class PayeeDesk {
  readonly #deps: PayeeDeskDeps;
  /** Tasks whose offers were taken back: work is not begun for them any more. */
  readonly #barred = new Set<string>();
  readonly #opened = new Map<string, () => void>();
  /** Own receipts of the logs that are read before the channels are: the newest. Undefined once both are known. */
  #early: AgentStatement<typeof RECEIPT_PREDICATE>[] | undefined = [];

  constructor(deps: PayeeDeskDeps) {
    this.#deps = deps;
  }

  /** The ledger has the escrow of a channel. */
  opened(channel: string): void {
    this.#opened.get(channel)?.();
  }

  /** Answers one request of a payer's or payee's node. Throws CHANNEL_REFUSED, NOT_FOUND, DECODE_FAILED … */
  async answer({ verb, channel, body }: ChannelRequest): Promise<Uint8Array> {
    if (verb === 'open') return await this.#accept(channel, body);
    if (verb === 'withdraw') return this.#withdraw(channel, fromUtf8(body));
    const { sides } = this.#deps;
    const envelope = decodeEnvelope(body);
    if (verb === 'update') {
      const stepped = await sides.step(channel, 'payee', { type: 'update', envelope });
      requireTaken(stepped);
      const ack = stepped.messages[0]?.envelope;
      if (ack === undefined) throw new ZeroError('CHANNEL_REFUSED', 'a newer update is acknowledged already');
      return encodeEnvelope(ack);
    }
    const side = this.#sideOfClosing(channel, envelope);
    requireTaken(await sides.step(channel, side, { type: 'end-proposed', envelope }));
    return new Uint8Array();
  }

  #sideOfClosing(channel: string, { signatures }: Envelope): 'payer' | 'payee' {
    const held = this.#deps.sides.get(channel, 'payee');
    return held !== undefined && signatures[0]?.keyid === held.terms.payerKey ? 'payee' : 'payer';
  }

  /** Takes part in a channel when its terms are those of this node and its escrow is in the ledger. */
  async #accept(channel: string, body: Uint8Array): Promise<Uint8Array> {
    const { clock, ledger, ownLog, sides, vault } = this.#deps;
    const statement = verifyAgentStatement(body, CHANNEL_OPEN_PREDICATE);
    const terms = termsOf(statement);
    if (terms.channel !== channel)
      throw new ZeroError('STATEMENT_INVALID', 'the opening is of another channel');
    const agent = vault.get(terms.payee);
    const signer = seedSigner(agent.operationalSeed);
    this.#checkTerms(terms, signer.keyid);
    await this.#escrowed(channel);
    if (ledger.available(terms.payee, terms.currency) < terms.deposit)
      throw new ZeroError('FUNDS_MISSING', 'the payee does not hold the deposit');
    await sides.add('payee', terms, statement.envelope);
    const envelope = signAgentStatement({
      predicateType: CHANNEL_ACCEPT_PREDICATE,
      predicate: { issuedAt: rfc3339(clock.now()), channel },
      keychain: agent.keychain,
      signer,
    });
    if (ledger.channel(channel)?.accepted !== true) await ownLog.append(envelope);
    await sides.step(channel, 'payee', { type: 'accepted' });
    return encodeEnvelope(envelope);
  }

  #checkTerms(terms: Terms, key: string): void {
    const { accept, depositMax, disputeSecondsMax } = this.#deps.limits;
    const refuse = (why: string): never => {
      throw new ZeroError('CHANNEL_REFUSED', why);
    };
    if (!accept) refuse('this node takes no channels');
    if (terms.payeeKey !== key) refuse('the channel names another key of the payee; resolve its card again');
    if (terms.deposit > BigInt(depositMax)) refuse(`at most ${depositMax} is deposited here`);
    if (terms.disputeMs > disputeSecondsMax * 1_000)
      refuse(`money is locked for at most ${disputeSecondsMax} s here`);
  }

  /** Resolves when the ledger has the escrow: the payer's log has reached this node, and the payer had the money. */
  async #escrowed(channel: string): Promise<void> {
    const { clock, ledger } = this.#deps;
    if (ledger.channel(channel) !== undefined) return;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.after(OPENING_WAIT_MS_MAX, () => {
        this.#opened.delete(channel);
        reject(new ZeroError('FUNDS_MISSING', 'the escrow of the channel is not in the ledger here'));
      });
      this.#opened.set(channel, () => {
        cancel();
        this.#opened.delete(channel);
        resolve();
      });
    });
  }

  #withdraw(channel: string, task: string): Uint8Array {
    const state = this.#deps.sides.get(channel, 'payee');
    if (state === undefined) throw new ZeroError('NOT_FOUND', 'the channel is not of this node');
    const held = state.newest?.offers.some((offer) => offer.task === task) ?? false;
    if (Object.hasOwn(state.work, task))
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
    requireTaken(await this.#deps.sides.step(channel, 'payee', { type: 'begin', task, amount, condition }));
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
      await this.#deps.sides.step(channel, 'payee', { type: 'begin', task, amount, condition });
      await this.#deps.sides.step(channel, 'payee', { type: 'done', task, amount, receipt });
    } catch (error) {
      this.#deps.log.warn({ err: error, channel, task }, 'what a receipt earned could not be noted');
    }
  }
}

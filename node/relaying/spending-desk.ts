// Pays one amount through a channel so that it is booked before it is signed and never signed twice, opening the channel where there is none.
// Must not: decide how much.

import type { ChannelState } from '../../protocol/channel/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { ChannelSides } from '../payments/channel-sides.ts';
import type { LocalLedger } from '../payments/local-ledger.ts';
import type { PayerDesk } from '../payments/payer-desk.ts';
import { least } from './due.ts';
import type { OwnBook } from './own-book.ts';
import { RELAY_REFERENCE } from './relay-desk.ts';

export interface SpendingDeps {
  readonly book: OwnBook;
  readonly channels: Pick<PayerDesk, 'ensure' | 'flush' | 'pay'>;
  readonly sides: Pick<ChannelSides, 'find' | 'list'>;
  readonly ledger: Pick<LocalLedger, 'available'>;
  readonly vault: Pick<AgentVault, 'list'>;
  readonly limits: Config['payments'];
  readonly currency: string;
}

/** A payment that is wanted. */
export interface Wish {
  readonly seller: AgentId;
  readonly amount: bigint;
  readonly day: number;
  /** Left of the whole budget: what a new channel locks beside its penalty. */
  readonly room: bigint;
  /** Of the bill that is paid. */
  readonly digest: string;
}

/** Signs payments. */
export class SpendingDesk {
  readonly #deps: SpendingDeps;

  constructor(deps: SpendingDeps) {
    this.#deps = deps;
  }

  /** Delivers updates to a seller that it has not acknowledged. Throws PEER_UNREACHABLE or CHANNEL_REFUSED. */
  async deliver(seller: AgentId | undefined): Promise<void> {
    for (const { terms } of this.#open(seller)) await this.#deps.channels.flush(terms.channel);
  }

  /** Ends a payment that was begun before this node ended, or failed: it counts if an update was signed since. */
  async reconcile(relay: string): Promise<void> {
    const { book } = this.#deps;
    const { intent } = book.of(relay);
    if (intent !== undefined)
      await book.settled(relay, (await this.#version(intent.channel)) !== intent.version);
  }

  /** Pays as much of an amount as goes at once; answers how much that was. Throws FUNDS_MISSING, NOT_FOUND, CHANNEL_REFUSED, PEER_UNREACHABLE. */
  async pay(relay: string, { amount, day, digest, room, seller }: Wish): Promise<bigint> {
    const { book, channels, currency, limits } = this.#deps;
    const penalty = BigInt(limits.penalty);
    const step = least(BigInt(limits.step), room);
    const part = least(amount, step);
    const most = BigInt(limits.escrow) - penalty;
    const escrow = least(most > step ? most : step, room) + penalty;
    const payer = this.#payer(seller, escrow);
    const { terms } = await channels.ensure({ payer, payee: seller, currency, step, escrow }, part);
    const { channel } = terms;
    const version = await this.#version(channel);
    await book.spend(relay, { channel, version, amount: String(part), day });
    try {
      await channels.pay(channel, { task: null, amount: part, reference: `${RELAY_REFERENCE}${digest}` });
    } finally {
      await this.reconcile(relay);
    }
    return part;
  }

  async #version(channel: string): Promise<number> {
    return (await this.#deps.sides.find(channel, 'payer'))?.newest?.version ?? 0;
  }

  #open(seller: AgentId | undefined): ChannelState[] {
    return this.#deps.sides
      .list()
      .map(({ state }) => state)
      .filter(
        ({ phase, side, terms }) =>
          side === 'payer' &&
          phase === 'open' &&
          terms.payee === seller &&
          terms.currency === this.#deps.currency,
      );
  }

  /** The agent that pays this seller already, else the first that can. */
  #payer(seller: AgentId, escrow: bigint): AgentId {
    const { currency, ledger, vault } = this.#deps;
    const [held] = this.#open(seller);
    if (held !== undefined) return held.terms.payer;
    const agents = vault.list().map(({ agentId }) => agentId);
    const rich = agents.find((agentId) => ledger.available(agentId, currency) >= escrow);
    if (rich !== undefined) return rich;
    throw new ZeroError(
      'FUNDS_MISSING',
      agents.length === 0
        ? 'this node has no agent that could pay: publish a card, and give it money'
        : `no agent of this node has the ${escrow} ${currency} that a channel locks`,
    );
  }
}

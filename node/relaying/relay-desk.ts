// The desk of a relay: meters what it passes on, writes the bill, and serves nobody who owes more than its credit or whom a proof stands
// against. A relay whose agents ask no price for bytes relays for nothing.

import type { ChannelState } from '../../protocol/channel/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Residents } from '../cards/residents.ts';
import type { Clock } from '../clock/index.ts';
import type { RelayDesk as Desk } from '../host/relay-watch.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { ReputationService } from '../reputation/index.ts';
import { costOf, digestOf, FREE } from './account.ts';
import { byteTariffs, FOR_NOTHING, type Seller } from './tariffs.ts';
import type { UsageBook } from './usage-book.ts';
import type { RelayBill } from './wire.ts';

/** Payments for relaying begin with this in their reference. */
export const RELAY_REFERENCE = 'relay:';

export interface RelayDeskDeps {
  readonly usage: UsageBook;
  readonly book: CardBook;
  readonly residents: Pick<Residents, 'of'>;
  readonly reputation: Pick<ReputationService, 'gate'>;
  readonly vault: AgentVault;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Lower bound of reputation that is asked of peers: 0 to 1. */
  readonly floor: number;
  /** Most that a peer may owe and still be connected, in millionths. */
  readonly credit: bigint;
}

/** Meters and bills. */
export class RelayDesk implements Desk {
  readonly #deps: RelayDeskDeps;
  /** What is asked, until a card changes or ends: every piece that passes is booked under it. */
  #asked: Pick<Seller, 'tariff' | 'endsAt'> | undefined;
  /** Channels that moved before the accounts were read, and were not settled then: as many as there are sides. Undefined: they are read. */
  #early: Set<string> | undefined = new Set();

  constructor(deps: RelayDeskDeps) {
    this.#deps = deps;
  }

  /** A card has changed: what is asked may have, too. */
  repriced(): void {
    this.#asked = undefined;
  }

  forwarded(peerId: string, up: number, down: number): void {
    const { clock, metrics, usage } = this.#deps;
    if (this.#asked === undefined || this.#asked.endsAt <= clock.now())
      this.#asked = this.#seller() ?? FOR_NOTHING;
    usage.forwarded(peerId, up, down, this.#asked.tariff);
    metrics.count('zerostate_relayed_bytes_total', { direction: up > 0 ? 'up' : 'down' }, up + down);
  }

  allows(peerId: string): boolean {
    const refused = this.#refusal(peerId);
    if (refused !== undefined) {
      this.#deps.metrics.count('zerostate_connections_refused_total', { reason: refused.reason });
      this.#deps.log.info({ peer: peerId, why: refused.detail }, 'a peer is not relayed');
    }
    return refused === undefined;
  }

  isUnpaid(peerId: string): boolean {
    const { paid, price } = this.bill(peerId);
    return price - paid > this.#deps.credit;
  }

  #refusal(peerId: string): { reason: string; detail: string } | undefined {
    const { credit, floor, reputation, residents } = this.#deps;
    const agents = residents.of(peerId);
    // Nobody stands behind the peer: it passes exactly where no floor is asked, as an unproven agent does.
    if (agents.length === 0 && floor > 0)
      return { reason: 'reputation', detail: 'no agent of this node is known, and a floor is asked' };
    const low = agents.map((agent) => reputation.gate(agent, floor)).find(({ ok }) => !ok);
    if (low !== undefined) return { reason: 'reputation', detail: low.detail };
    const { currency, paid, price } = this.bill(peerId);
    if (price - paid > credit)
      return { reason: 'unpaid', detail: `owes ${price - paid} ${currency}, more than ${credit}` };
    return undefined;
  }

  /** What the peer has used and paid, also before its agents' cards were known. */
  bill(peerId: string): RelayBill {
    const asking = this.#seller();
    if (asking !== undefined) this.#bookWaiting(peerId, asking);
    const account = this.#deps.usage.of(peerId, asking?.tariff ?? FREE);
    const { currency, up, down, paid } = account;
    const { credit } = this.#deps;
    // What was passed on before its card ended is owed at the price that it was for; it asks for nothing that follows.
    const seller = asking ?? (currency === '' ? undefined : this.#seller(Number.NEGATIVE_INFINITY));
    if (seller === undefined)
      return { seller: null, currency: '', up, down, price: 0n, paid, digest: '', credit };
    return {
      seller: seller.agentId,
      currency,
      up,
      down,
      price: costOf(account),
      paid,
      digest: digestOf(account),
      credit,
    };
  }

  /** The first agent of this node whose card prices bytes, and what it asks. */
  #seller(now = this.#deps.clock.now()): Seller | undefined {
    const { book, vault } = this.#deps;
    return byteTariffs(
      book,
      vault.list().map(({ agentId }) => agentId),
      now,
    )[0];
  }

  /**
   * Reads the accounts, and books what the channels of this node paid while nobody looked: settled ones too, where they were not settled before.
   * To be called when the channels are there.
   */
  async start(states: () => readonly ChannelState[]): Promise<void> {
    const { usage } = this.#deps;
    await usage.load();
    // From here on without a pause, so that no state is older than what was booked.
    const held = states().filter(({ side }) => side === 'payee');
    usage.retain(new Set(held.map(({ terms }) => terms.channel)));
    const wereOpen = this.#early;
    this.#early = undefined;
    for (const state of held) this.#book(state, wereOpen?.has(state.terms.channel) === true);
    await usage.written();
  }

  /** A channel of this node moved: what its newest update paid for relaying is booked. */
  async channelMoved(state: ChannelState): Promise<void> {
    if (this.#early === undefined) {
      this.#book(state, false);
      await this.#deps.usage.written();
    } else if (state.side === 'payee' && state.phase !== 'settled') this.#early.add(state.terms.channel);
  }

  #book({ newest, phase, side, terms }: ChannelState, wasOpen: boolean): void {
    if (side !== 'payee' || newest === null) return;
    const { usage } = this.#deps;
    const { channel, payer } = terms;
    const isOver = phase === 'settled';
    // A settled channel that is not followed is booked, all of it.
    if (isOver && !wasOpen && !usage.follows(channel)) return;
    const amount = newest.pays
      .filter(({ reference, task }) => task === null && reference.startsWith(RELAY_REFERENCE))
      .reduce((sum, pay) => sum + pay.amount, 0n);
    const { version } = newest;
    // What was passed on before a card ended may be paid after.
    const seller = this.#seller() ?? this.#seller(Number.NEGATIVE_INFINITY);
    if (terms.payee === seller?.agentId && terms.currency === seller.tariff.currency)
      usage.paid(this.#peerOf(payer), seller.tariff, { channel, payer, version, amount });
    if (isOver) usage.over(channel, amount === 0n ? 0 : version);
  }

  /** Books what the agents of a peer paid before their cards were known. */
  #bookWaiting(peerId: string, { tariff }: Seller): void {
    const { log, residents, usage } = this.#deps;
    if (!usage.isWaiting) return;
    const payers = residents
      .of(peerId)
      .filter((agent) => usage.waitsFor(agent) && this.#peerOf(agent) === peerId);
    if (payers.length === 0) return;
    for (const payer of payers) usage.found(payer, peerId, tariff);
    usage.written().catch((error: unknown) => {
      log.warn({ err: error, peer: peerId }, 'payments for relaying could not be written');
    });
  }

  #peerOf(agentId: AgentId): string | undefined {
    return this.#deps.book
      .get(agentId)
      ?.card.endpoints.map(({ peer }) => peer)
      .find((peer) => this.#deps.residents.of(peer).includes(agentId));
  }
}

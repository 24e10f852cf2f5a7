// How tasks are paid through channels: prices from the card, the ceiling from the manifest, one offer a run, one payment a receipt.

import type { AgentCard, Price, PriceUnit } from '../../protocol/card/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  chargeFor,
  meterFuel,
  meterMemory,
  meterRequests,
  type Quantity,
} from '../../protocol/metering/index.ts';
import { bytesDigest } from '../../protocol/receipt/index.ts';
import type { ReceiptPredicate } from '../../protocol/statement/index.ts';
import type { TaskManifest, VerifiedManifest } from '../../protocol/task/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { type Clock, pause } from '../clock/index.ts';
import { specOfManifest } from '../tasks/manifest.ts';
import { hasRoom, willHaveRoom } from './channel-room.ts';
import type { ChannelSides } from './channel-sides.ts';
import { ROOM_LOOK_MS, ROOM_LOOKS_MAX } from './limits.ts';
import type { PayeeWork } from './payee-work.ts';
import type { PayerDesk } from './payer-desk.ts';

interface Amount {
  readonly amount: bigint;
  readonly currency: string;
}

/** The digest by which a receipt names the manifest that it followed. */
export function conditionOf(manifest: VerifiedManifest): string {
  return bytesDigest(manifest.envelope.payload);
}

/** What a run used, or may use at most. */
interface Usage {
  readonly fuel: bigint;
  /** What it is given, whether it fills it or not. */
  readonly memoryBytes: number;
  /** Its executor's word. */
  readonly wallMs: number;
}

/** The units that quantitiesOf measures. */
const TASK_UNITS: ReadonlySet<PriceUnit> = new Set<PriceUnit>(['request', 'fuel', 'gb-second']);

function quantitiesOf({ fuel, memoryBytes, wallMs }: Usage): Quantity[] {
  return [meterRequests(1n), meterFuel(fuel), meterMemory(memoryBytes, wallMs)];
}

function usageOf({ deterministic, observed }: Pick<ReceiptPredicate, 'deterministic' | 'observed'>): Usage {
  const { memoryBytes } = deterministic.limits;
  return { fuel: BigInt(deterministic.result.fuel), memoryBytes, wallMs: observed.wallMs };
}

/** The limits that the run will have: what a manifest leaves out is the default, and not nothing. Throws USAGE. */
function limitsOf(manifest: TaskManifest): Usage {
  const { fuel, memoryBytes, wallMs } = specOfManifest(manifest).limits;
  return { fuel: BigInt(fuel), memoryBytes, wallMs };
}

/** What a receipt costs at these prices: one request, its fuel, and its memory for its time. Undefined when nothing is sold for the currency. */
export function receiptPrice(
  prices: readonly Price[],
  receipt: Pick<ReceiptPredicate, 'deterministic' | 'observed'>,
  currency: string,
): bigint | undefined {
  if (!prices.some((price) => price.currency === currency)) return undefined;
  return chargeFor(quantitiesOf(usageOf(receipt)), prices, { currency }).amount;
}

/** What a channel refuses because of all else that it promises, and not for what is wanted. */
const FOR_WANT_OF_ROOM: ReadonlySet<unknown> = new Set(['FULL', 'OVER_STEP', 'OVER_ESCROW']);

function isFor(error: unknown, code: ZeroError['code']): error is ZeroError {
  return isZeroError(error) && error.code === code;
}

function isWantOfRoom(error: unknown): boolean {
  return isFor(error, 'CHANNEL_REFUSED') && FOR_WANT_OF_ROOM.has(error.details?.reason);
}

/** The payments of tasks. */
export class TaskPaymentsOverChannels {
  readonly #channels: PayerDesk;
  readonly #work: PayeeWork;
  readonly #sides: ChannelSides;
  readonly #book: CardBook;
  readonly #clock: Pick<Clock, 'after'>;
  /** The newest quote of each card, and gone with it: tasks of one kind follow each other, and every card that may fit is asked for each. */
  readonly #quotes = new WeakMap<AgentCard, { readonly terms: string; readonly quote: Amount | null }>();

  constructor(deps: {
    channels: PayerDesk;
    work: PayeeWork;
    sides: ChannelSides;
    book: CardBook;
    clock: Pick<Clock, 'after'>;
  }) {
    this.#clock = deps.clock;
    this.#channels = deps.channels;
    this.#work = deps.work;
    this.#sides = deps.sides;
    this.#book = deps.book;
  }

  /** The most that a run can cost by this card; null: it is free. Throws TASK_REFUSED when it is not sold for the currency of the manifest. */
  quote(card: AgentCard, manifest: TaskManifest): Amount | null {
    const usage = limitsOf(manifest);
    const terms = `${manifest.priceCeiling?.currency ?? ''} ${usage.fuel} ${usage.memoryBytes} ${usage.wallMs}`;
    const known = this.#quotes.get(card);
    if (known?.terms === terms) return known.quote;
    const quote = this.#priced(card, manifest, usage);
    this.#quotes.set(card, { terms, quote });
    return quote;
  }

  /** What a finished run costs by this card, and never more than was quoted; null: it is free. */
  price(card: AgentCard, receipt: ReceiptPredicate, manifest: TaskManifest): Amount | null {
    const quoted = this.quote(card, manifest);
    if (quoted === null) return null;
    const priced = this.#priced(card, manifest, usageOf(receipt));
    return priced !== null && priced.amount > quoted.amount ? quoted : priced;
  }

  #priced(card: AgentCard, { priceCeiling }: TaskManifest, usage: Usage): Amount | null {
    // What else the card sells (relayed bytes, say) must not make a task free, in whatever currency it does.
    const sold = card.prices.filter(({ amount, unit }) => amount !== '0' && TASK_UNITS.has(unit));
    if (sold.length === 0) return null;
    const currency = priceCeiling?.currency ?? sold[0]!.currency;
    if (!sold.some((price) => price.currency === currency))
      throw new ZeroError('TASK_REFUSED', `${card.name} does not sell for ${currency}`);
    const { amount } = chargeFor(quantitiesOf(usage), card.prices, { currency });
    return amount === 0n ? null : { amount, currency };
  }

  /**
   * Opens or reuses a channel with room for the quote, and promises it. Where others are promised so much at the same moment that it is full, it waits
   * for room. Throws PRICE_REFUSED above the ceiling: a card may have become dearer since its agent was chosen.
   */
  async promise(input: { manifest: VerifiedManifest; agentId: AgentId; quote: Amount }): Promise<void> {
    const { agentId, manifest, quote } = input;
    const { priceCeiling, requester, taskId } = manifest.manifest;
    const ceiling = priceCeiling?.currency === quote.currency ? BigInt(priceCeiling.amount) : 0n;
    if (quote.amount > ceiling)
      throw new ZeroError(
        'PRICE_REFUSED',
        `it asks up to ${quote.amount} ${quote.currency}, above the ceiling of ${ceiling}`,
      );
    const offer = { task: taskId, amount: quote.amount, condition: conditionOf(manifest) };
    const held = this.#offered(requester, agentId, taskId);
    if (held !== undefined) return await this.#channels.offer(held.channel, offer);
    const { amount, currency } = quote;
    const between = { payer: requester, payee: agentId, currency };
    for (let looks = 0; ; ) {
      try {
        const { terms } = await this.#channels.ensure(between, amount);
        return await this.#channels.offer(terms.channel, offer);
      } catch (error) {
        // Whoever has no money for another channel has some in this one.
        const isWorthWaiting = isFor(error, 'FUNDS_MISSING')
          ? this.#isFull(between, amount)
          : isWantOfRoom(error);
        if (looks >= ROOM_LOOKS_MAX || !isWorthWaiting) throw error;
        do {
          looks += 1;
          await pause(this.#clock, ROOM_LOOK_MS);
        } while (looks < ROOM_LOOKS_MAX && this.#isFull(between, amount));
      }
    }
  }

  /** No channel has room, and one will have. */
  #isFull(between: Parameters<typeof willHaveRoom>[1], amount: bigint): boolean {
    const states = this.#sides.list().map(({ state }) => state);
    return (
      !states.some((state) => hasRoom(state, between, amount)) &&
      states.some((state) => willHaveRoom(state, between, amount))
    );
  }

  /** Pays what an accepted receipt costs, and no more than was promised for it; once, however often it is called. */
  async pay(input: {
    manifest: VerifiedManifest;
    agentId: AgentId;
    receiptId: string;
    owed: Amount;
  }): Promise<void> {
    const { requester, taskId } = input.manifest.manifest;
    const held = this.#offered(requester, input.agentId, taskId);
    if (held === undefined) return;
    const isMore = input.owed.amount > held.promised;
    await this.#channels.pay(held.channel, {
      task: taskId,
      amount: isMore ? held.promised : input.owed.amount,
      reference: input.receiptId,
    });
  }

  /** Takes a promise back for which no work was begun. Throws CHANNEL_REFUSED when it was. */
  async withdraw(input: { manifest: VerifiedManifest; agentId: AgentId }): Promise<void> {
    const { requester, taskId } = input.manifest.manifest;
    const held = this.#offered(requester, input.agentId, taskId);
    if (held !== undefined) await this.#channels.withdraw(held.channel, taskId);
  }

  /** The channel in which a task is promised, and how much. */
  #offered(payer: AgentId, payee: AgentId, task: string): { channel: string; promised: bigint } | undefined {
    for (const { state } of this.#sides.list()) {
      const { newest, side, terms } = state;
      if (side !== 'payer' || terms.payer !== payer || terms.payee !== payee) continue;
      const offer = newest?.offers.find((one) => one.task === task);
      if (offer !== undefined) return { channel: terms.channel, promised: offer.amount };
    }
    return undefined;
  }

  /** At the executor: throws PAYMENT_REQUIRED unless a promise that was acknowledged here covers the quote. */
  requirePromise(input: { manifest: VerifiedManifest; agentId: AgentId; quote: Amount }): void {
    const { agentId, manifest, quote } = input;
    const covered = this.#work.covers({
      payer: manifest.manifest.requester,
      payee: agentId,
      task: manifest.manifest.taskId,
      amount: quote.amount,
      currency: quote.currency,
      condition: conditionOf(manifest),
    });
    if (!covered)
      throw new ZeroError(
        'PAYMENT_REQUIRED',
        `${quote.amount} ${quote.currency} is to be promised to ${this.#book.get(agentId)?.card.name ?? agentId} before it runs this`,
        { details: { amount: String(quote.amount), currency: quote.currency } },
      );
  }

  /** At the executor, before it runs: as requirePromise, and durably: the offer cannot be taken back from here on. Answers the channel. */
  async begin(input: { manifest: VerifiedManifest; agentId: AgentId; quote: Amount }): Promise<string> {
    const { agentId, manifest, quote } = input;
    return await this.#work.begin({
      payer: manifest.manifest.requester,
      payee: agentId,
      task: manifest.manifest.taskId,
      amount: quote.amount,
      currency: quote.currency,
      condition: conditionOf(manifest),
    });
  }

  /** At the executor: a run ended without a receipt. */
  async dropped(input: { manifest: VerifiedManifest; agentId: AgentId }): Promise<void> {
    const { requester, taskId } = input.manifest.manifest;
    await this.#work.dropped(requester, input.agentId, taskId);
  }

  /** Tasks that are promised and neither paid nor taken back. */
  promised(): string[] {
    return this.#sides
      .list()
      .filter(({ state }) => state.side === 'payer' && state.phase === 'open')
      .flatMap(({ state }) => state.newest?.offers.map(({ task }) => task) ?? []);
  }
}

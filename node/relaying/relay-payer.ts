// The other side of a relay's desk: asks for the bill, and pays it through a channel, in steps, up to what its caller allows.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { PayerDesk } from '../payments/payer-desk.ts';
import type { Rpc } from '../rpc/index.ts';
import { Serial } from '../serial.ts';
import { least } from './due.ts';
import { RELAY_REFERENCE } from './relay-desk.ts';
import { decodeBill, type RelayBill, relayBillProtocol } from './wire.ts';

/** Steps of one payment: what is left is paid by the next call. */
const STEPS_MAX = 64;

/** Pays relays. */
export class RelayPayer {
  readonly #rpc: Rpc;
  readonly #channels: PayerDesk;
  readonly #vault: AgentVault;
  readonly #network: string;
  readonly #step: bigint;
  readonly #serial = new Serial();
  /** Told of what was paid by hand. */
  onPaid: (relay: string, amount: bigint) => void = () => {};

  constructor(deps: {
    rpc: Rpc;
    channels: PayerDesk;
    vault: AgentVault;
    network: string;
    /** Most that is paid at once, in millionths. */
    step: bigint;
  }) {
    this.#rpc = deps.rpc;
    this.#channels = deps.channels;
    this.#vault = deps.vault;
    this.#network = deps.network;
    this.#step = deps.step;
  }

  /** What a relay asks of this node. Throws PEER_UNREACHABLE or DECODE_FAILED. */
  async bill(relay: PeerId): Promise<RelayBill> {
    return decodeBill(await this.#rpc.call(relay, relayBillProtocol(this.#network), new Uint8Array()));
  }

  /**
   * Pays what a relay asks, at most `most` millionths of `currency`; answers what was paid. The relay is believed about what it measured:
   * the ceiling is what it can take. Throws PRICE_REFUSED (another currency), FUNDS_MISSING, CHANNEL_REFUSED, PEER_UNREACHABLE.
   */
  async pay(relay: PeerId, most: bigint, currency: string, as?: AgentId): Promise<bigint> {
    const id = relay.toString();
    return await this.exclusive(id, async () => await this.#pay(relay, most, currency, as));
  }

  /** Asks for a bill of a relay and pays it, while nobody else does. Throws as `work`, or BUSY. */
  async exclusive<T>(relay: string, work: () => Promise<T>): Promise<T> {
    return await this.#serial.run(relay, work);
  }

  async #pay(relay: PeerId, most: bigint, currency: string, as?: AgentId): Promise<bigint> {
    const bill = await this.bill(relay);
    if (bill.seller === null || bill.price <= bill.paid) return 0n;
    if (bill.currency !== currency)
      throw new ZeroError('PRICE_REFUSED', `the relay sells for ${bill.currency}, not for ${currency}`);
    const payer = as ?? this.#vault.list()[0]?.agentId;
    if (payer === undefined) throw new ZeroError('NOT_FOUND', 'this node has no agent that could pay');
    const owed = bill.price - bill.paid;
    const wanted = least(owed, most);
    let left = wanted;
    for (let step = 0; left > 0n && step < STEPS_MAX; step++) {
      const amount = least(left, this.#step);
      const { terms } = await this.#channels.ensure({ payer, payee: bill.seller, currency }, amount);
      const reference = `${RELAY_REFERENCE}${bill.digest}`;
      await this.#channels.pay(terms.channel, { task: null, amount, reference });
      left -= amount;
      this.onPaid(relay.toString(), amount);
    }
    return wanted - left;
  }
}

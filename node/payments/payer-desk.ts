// The payer's half: opens channels, promises, pays, takes back, ends. Changes that wait for the same channel travel in one update.

import { randomBytes } from 'node:crypto';
import { multiaddr } from '@multiformats/multiaddr';
import {
  type ChannelState,
  checkAcceptance,
  checkTerms,
  type Offer,
  type Pay,
  pendingEffects,
  type Side,
  signWithdrawal,
  termsOf,
} from '../../protocol/channel/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  type ChannelTermsJson,
  signAgentStatement,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import type { CardService } from '../cards/card-service.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { Host } from '../host/create.ts';
import { peerOfText } from '../host/peer-of-text.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Quarantines } from '../quarantine/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { Serial } from '../serial.ts';
import { ChangeQueue } from './change-queue.ts';
import { hasRoom, mayHaveRoom, roomFor, underKeys } from './channel-room.ts';
import type { ChannelSides } from './channel-sides.ts';
import { SEND_TRIES } from './limits.ts';
import type { LocalLedger } from './local-ledger.ts';
import type { PayeeDesk } from './payee-desk.ts';
import { requireTaken } from './payee-work.ts';
import { type ChannelRequest, encodeChannelRequest } from './wire.ts';

/** What a channel is wanted for. Amounts that are left out come from the configuration. */
export interface Wanted {
  readonly payer: AgentId;
  readonly payee: AgentId;
  readonly currency: string;
  readonly escrow?: bigint;
  readonly deposit?: bigint;
  readonly step?: bigint;
  readonly penalty?: bigint;
  readonly disputeSeconds?: number;
}

export interface PayerDeskDeps {
  readonly sides: ChannelSides;
  readonly payee: PayeeDesk;
  readonly ledger: LocalLedger;
  readonly cards: CardService;
  readonly quarantines: Pick<Quarantines, 'agent'>;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly host: Host;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly protocol: RpcProtocol;
  readonly limits: Config['payments'];
}

/** Pays others. */
export class PayerDesk {
  readonly #deps: PayerDeskDeps;
  readonly #serial = new Serial();
  readonly #changes: ChangeQueue;

  constructor(deps: PayerDeskDeps) {
    this.#deps = deps;
    const { clock, sides } = deps;
    this.#changes = new ChangeQueue({ clock, sides, flush: (channel) => this.flush(channel) });
  }

  /** Says something to the node of the other side of a channel. Throws PEER_UNREACHABLE, NOT_FOUND, or what the other side answered. */
  async say(other: AgentId, request: ChannelRequest): Promise<Uint8Array> {
    const { cards, host, payee, protocol, rpc, vault } = this.#deps;
    if (vault.has(other)) return await payee.answer(request);
    const endpoint = (await cards.resolve(other))?.card.endpoints[0];
    if (endpoint === undefined) throw new ZeroError('NOT_FOUND', `nobody knows where ${other} is`);
    const peer = peerOfText(endpoint.peer);
    if (host.getConnections(peer).length === 0 && endpoint.addresses.length > 0)
      await host.peerStore
        .merge(peer, { multiaddrs: endpoint.addresses.map((address) => multiaddr(address)) })
        .catch(() => undefined);
    return await rpc.call(peer, protocol, encodeChannelRequest(request));
  }

  /** Opens a channel; resolves when the other side has accepted it. Throws FUNDS_MISSING, CHANNEL_REFUSED, PEER_UNREACHABLE … */
  async open(wanted: Wanted): Promise<ChannelState> {
    const { cards, clock, ledger, limits, ownLog, sides, vault } = this.#deps;
    const agent = vault.get(wanted.payer);
    const signer = seedSigner(agent.operationalSeed);
    const card = (await cards.resolve(wanted.payee))?.card;
    // Channels that are open go on: what is owed is owed. New money is not given.
    const held = this.#deps.quarantines.agent(wanted.payee);
    if (held !== undefined) throw new ZeroError('QUARANTINED', `${wanted.payee} is ${held.detail}`);
    if (card === undefined) throw new ZeroError('NOT_FOUND', `no card of ${wanted.payee} is known`);
    const terms: ChannelTermsJson = {
      payee: wanted.payee,
      currency: wanted.currency,
      escrow: String(wanted.escrow ?? limits.escrow),
      deposit: String(wanted.deposit ?? 0n),
      step: String(wanted.step ?? limits.step),
      penalty: String(wanted.penalty ?? limits.penalty),
      disputeSeconds: wanted.disputeSeconds ?? limits.disputeSeconds,
      payerKey: signer.keyid,
      payeeKey: card.operationalKey,
      nonce: Buffer.from(randomBytes(16)).toString('hex'),
    };
    checkTerms(terms, wanted.payer);
    const available = ledger.available(wanted.payer, wanted.currency);
    if (available < BigInt(terms.escrow))
      throw new ZeroError(
        'FUNDS_MISSING',
        `the payer has ${available} of ${terms.escrow} ${wanted.currency}`,
      );
    const envelope = signAgentStatement({
      predicateType: CHANNEL_OPEN_PREDICATE,
      predicate: { issuedAt: rfc3339(clock.now()), ...terms },
      keychain: agent.keychain,
      signer,
    });
    const opened = termsOf(verifyAgentStatement(envelope, CHANNEL_OPEN_PREDICATE));
    // On disk before it is in the log: an escrow must never be locked for a channel that nobody remembers.
    await sides.add('payer', opened, envelope);
    await ownLog.append(envelope);
    await this.accept(opened.channel);
    return sides.get(opened.channel, 'payer') as ChannelState;
  }

  /** Asks the payee to take part in a channel that was opened; repeating it is harmless. */
  async accept(channel: string): Promise<void> {
    const { sides } = this.#deps;
    const held = sides.list().find(({ state }) => state.terms.channel === channel && state.side === 'payer');
    if (held === undefined) throw new ZeroError('NOT_FOUND', `the channel ${channel} is not of this node`);
    const { terms } = held.state;
    const answer = await this.say(terms.payee, { verb: 'open', channel, body: encodeEnvelope(held.open) });
    checkAcceptance(terms, verifyAgentStatement(answer, CHANNEL_ACCEPT_PREDICATE));
    await sides.step(channel, 'payer', { type: 'accepted' });
  }

  /** An open channel between two agents with room for this amount, or a new one. One is opened at a time for each pair. */
  async ensure(wanted: Wanted, amount: bigint): Promise<ChannelState> {
    const { limits } = this.#deps;
    const { payer, payee, currency } = wanted;
    return await this.#serial.run(`${payer} ${payee} ${currency}`, async () => {
      const states = this.#usable(wanted);
      const fits = states.find((state) => hasRoom(state, wanted, amount));
      if (fits !== undefined) return fits;
      const opened = await this.#accepted(wanted, amount);
      return opened ?? (await this.open(roomFor(wanted, limits, amount)));
    });
  }

  /** Channels under the keys of now. */
  #usable({ payee, payer }: Wanted): ChannelState[] {
    const { cards, sides, vault } = this.#deps;
    const states = sides.list().map(({ state }) => state);
    const own = seedSigner(vault.get(payer).operationalSeed).keyid;
    return underKeys(states, { payer: own, payee: cards.known(payee)?.card.operationalKey });
  }

  /** A channel that was opened and not accepted yet, as when the payee could not be reached, now accepted: no second escrow is locked for it. */
  async #accepted(wanted: Wanted, amount: bigint): Promise<ChannelState | undefined> {
    const { sides } = this.#deps;
    const fits = this.#usable(wanted).find((state) => mayHaveRoom(state, wanted, amount));
    if (fits === undefined) return undefined;
    const { channel } = fits.terms;
    try {
      await this.accept(channel);
    } catch (error) {
      // The payee does not take it, and never will: another may be.
      if (isZeroError(error) && error.code === 'CHANNEL_REFUSED') return undefined;
      throw error;
    }
    return sides.get(channel, 'payer');
  }

  /** Promises an amount for a task; resolves when the payee has acknowledged it. Throws CHANNEL_REFUSED or PEER_UNREACHABLE. */
  async offer(channel: string, offer: Offer): Promise<void> {
    const known = this.#state(channel).newest?.offers.find(({ task }) => task === offer.task);
    if (known !== undefined && known.amount === offer.amount && known.condition === offer.condition)
      return await this.flush(channel);
    await this.#changes.add(channel, { offers: [offer] });
  }

  /** Pays, for a task's offer (which ends with it) or for what the reference names. Paying a task again is harmless. */
  async pay(channel: string, pay: Pay): Promise<void> {
    if (pay.task !== null && !this.#state(channel).newest?.offers.some(({ task }) => task === pay.task))
      return await this.flush(channel);
    await this.#changes.add(channel, { pays: [pay] });
  }

  /** Takes an offer back for which no work was begun. Throws CHANNEL_REFUSED when it was. */
  async withdraw(channel: string, task: string): Promise<void> {
    const { newest, terms } = this.#state(channel);
    if (!newest?.offers.some((offer) => offer.task === task)) return;
    const { operationalSeed } = this.#deps.vault.get(terms.payer);
    const wish = signWithdrawal(terms, task, seedSigner(operationalSeed));
    // Asked before it is signed away: an update that the payee may not take would stand in the way of all others.
    await this.say(terms.payee, { verb: 'withdraw', channel, body: encodeEnvelope(wish) });
    await this.#changes.add(channel, { withdraw: [task] });
  }

  #state(channel: string): ChannelState {
    const state = this.#deps.sides.get(channel, 'payer');
    if (state === undefined) throw new ZeroError('NOT_FOUND', `this node does not pay through ${channel}`);
    return state;
  }

  /** Sends the update that is not acknowledged yet, and takes its acknowledgement. Throws PEER_UNREACHABLE or CHANNEL_REFUSED; it stands all the same. */
  async flush(channel: string): Promise<void> {
    const state = this.#state(channel);
    const pending = pendingEffects(state).find(
      (effect) => effect.type === 'send' && effect.message === 'update',
    );
    if (pending?.type !== 'send') return;
    const body = encodeEnvelope(pending.envelope);
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.say(state.terms.payee, { verb: 'update', channel, body });
        const envelope = decodeEnvelope(answer);
        requireTaken(await this.#deps.sides.step(channel, 'payer', { type: 'ack', envelope }));
        return;
      } catch (error) {
        if (!isZeroError(error) || error.code !== 'PEER_UNREACHABLE' || attempt >= SEND_TRIES) throw error;
      }
    }
  }

  /** Ends a channel: together with the other side, or, with `alone`, with the newest state and the time to dispute. */
  async close(channel: string, side: Side, alone: boolean): Promise<void> {
    const { sides } = this.#deps;
    const event = alone ? ({ type: 'close' } as const) : ({ type: 'propose-end' } as const);
    if (side === 'payer' && sides.get(channel, side)?.phase === 'open') {
      await this.#changes.settled(channel);
      await this.flush(channel).catch(() => undefined);
    }
    requireTaken(await sides.step(channel, side, event));
  }

  /** Sends the proposal of an end. */
  async propose({ side, terms }: ChannelState, envelope: Envelope): Promise<void> {
    const other = side === 'payer' ? terms.payee : terms.payer;
    await this.say(other, { verb: 'closing', channel: terms.channel, body: encodeEnvelope(envelope) });
  }
}

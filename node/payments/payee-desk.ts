// The payee's half: accepts channels, and takes updates and ends. What it works for is payee-work.ts.

import { Tally } from '../../protocol/bounded/index.ts';
import { type Terms, termsOf } from '../../protocol/channel/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  signAgentStatement,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { ChannelSides } from './channel-sides.ts';
import { OPENING_WAIT_MS_MAX, OPENINGS_WAITING_MAX, OPENINGS_WAITING_PER_PEER_MAX } from './limits.ts';
import type { LocalLedger } from './local-ledger.ts';
import { type PayeeWork, requireTaken } from './payee-work.ts';
import type { ChannelRequest } from './wire.ts';

export interface PayeeDeskDeps {
  readonly sides: ChannelSides;
  readonly work: PayeeWork;
  readonly ledger: LocalLedger;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly limits: Config['payments'];
}

/** Serves payers. */
export class PayeeDesk {
  readonly #deps: PayeeDeskDeps;
  /** Who waits for the escrow of a channel: one opening may come several times, also from somebody who read it in a log. */
  readonly #opened = new Map<string, Set<() => void>>();
  /** How many of them wait, by peer: one that asks for what never comes waits in places of its own. */
  readonly #waiting = new Tally();

  constructor(deps: PayeeDeskDeps) {
    this.#deps = deps;
  }

  /** The ledger has the escrow of a channel. */
  opened(channel: string): void {
    for (const resume of this.#opened.get(channel) ?? []) resume();
    this.#opened.delete(channel);
  }

  /** Answers one request of a payer's or payee's node. `from`: its peer; empty where both live here. Throws CHANNEL_REFUSED, NOT_FOUND, DECODE_FAILED … */
  async answer({ verb, channel, body }: ChannelRequest, from = ''): Promise<Uint8Array> {
    if (verb === 'open') return await this.#accept(channel, body, from);
    const { sides, work } = this.#deps;
    const envelope = decodeEnvelope(body);
    if (verb === 'withdraw') return await work.withdraw(channel, envelope);
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
  async #accept(channel: string, body: Uint8Array, from: string): Promise<Uint8Array> {
    const { clock, ledger, ownLog, sides, vault } = this.#deps;
    const statement = verifyAgentStatement(body, CHANNEL_OPEN_PREDICATE);
    const terms = termsOf(statement);
    if (terms.channel !== channel)
      throw new ZeroError('STATEMENT_INVALID', 'the opening is of another channel');
    const agent = vault.get(terms.payee);
    const signer = seedSigner(agent.operationalSeed);
    this.#checkTerms(terms, signer.keyid);
    await this.#escrowed(channel, from);
    if ((ledger.channel(channel)?.postings.length ?? 0) > 0)
      throw new ZeroError('CHANNEL_REFUSED', 'the end of the channel has begun: open another');
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

  /** Resolves when the ledger has the escrow: the payer's log has reached this node, and the payer had the money. Throws BUSY, FUNDS_MISSING. */
  async #escrowed(channel: string, from: string): Promise<void> {
    if (this.#deps.ledger.channel(channel) !== undefined) return;
    const { total } = this.#waiting;
    if (this.#waiting.of(from) >= OPENINGS_WAITING_PER_PEER_MAX || total >= OPENINGS_WAITING_MAX)
      throw new ZeroError('BUSY', 'too many channels wait here for their escrow');
    this.#waiting.add(from, 1);
    try {
      await this.#opening(channel);
    } finally {
      this.#waiting.add(from, -1);
    }
  }

  async #opening(channel: string): Promise<void> {
    const { clock } = this.#deps;
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    const waiting = this.#opened.get(channel) ?? new Set();
    const resume = () => {
      cancel();
      resolve();
    };
    const cancel = clock.after(OPENING_WAIT_MS_MAX, () => {
      waiting.delete(resume);
      if (waiting.size === 0 && this.#opened.get(channel) === waiting) this.#opened.delete(channel);
      reject(new ZeroError('FUNDS_MISSING', 'the escrow of the channel is not in the ledger here'));
    });
    waiting.add(resume);
    this.#opened.set(channel, waiting);
    await promise;
  }
}

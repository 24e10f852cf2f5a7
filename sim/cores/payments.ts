// Payment channels between neighbours: the protocol's own machine at both ends, real signatures, the network in between. At the end
// every channel is closed, some with a state that the payer had given up, and the shares must add up.

import {
  type ChannelEvent,
  type ChannelState,
  type Effect,
  initialState,
  outcomeOf,
  type PostEffect,
  type Posting,
  pendingEffects,
  type Side,
  stepChannel,
  type Terms,
} from '../../protocol/channel/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { contentIdOf } from '../../protocol/envelope/index.ts';
import { EPOCH_MS } from '../clock.ts';
import { type Agent, makeAgent } from './agents.ts';
import { type Ground, MS, SECOND } from './ground.ts';
import type { Message } from './message.ts';
import type { Post } from './post.ts';
import type { Presence } from './presence.ts';
import { Durations } from './spread.ts';
import { poisson } from './writers.ts';

const ESCROW = 1_000_000_000n;
const DEPOSIT = 1_000n;
const PENALTY = 1_000n;
const AMOUNT = 7n;
/** Payments that wait for an answer are joined; one change may pay so much. */
const STEP = 1_000_000n;
const DISPUTE_MS = 60_000;
/** When an unanswered message is sent again. */
const RETRY = 2 * SECOND;

interface Channel {
  readonly number: number;
  readonly terms: Terms;
  readonly agents: Readonly<Record<Side, Agent>>;
  readonly nodes: Readonly<Record<Side, number>>;
  /** The link from each side to the other. */
  readonly links: Readonly<Record<Side, number>>;
  readonly states: Record<Side, ChannelState>;
  /** The first state that both had signed: what a cheat shows later. */
  first: ChannelState | null;
  waiting: bigint;
  sentAt: number;
}

export class Payments {
  readonly #ground: Ground;
  readonly #post: Post;
  readonly #presence: Presence;
  readonly #channels: Channel[] = [];
  readonly #durations = new Durations();
  readonly #kinds: { pay: number; retry: number };
  #penalised = 0;
  #cheats = 0;

  constructor(ground: Ground, post: Post, presence: Presence) {
    this.#ground = ground;
    this.#post = post;
    this.#presence = presence;
    this.#kinds = {
      pay: ground.loop.on((channel) => this.#pay(this.#channels[channel]!)),
      retry: ground.loop.on((channel) => this.#retry(this.#channels[channel]!)),
    };
  }

  /** Opens the channels and plans the payments. */
  start(): void {
    const spec = this.#ground.scenario.workload.channels;
    if (spec === undefined || spec.pairs === 0) return;
    const { loop, nodes, wire } = this.#ground;
    const random = this.#ground.random('channels');
    const { first, reverse, to } = wire.topology;
    for (let number = 0; number < spec.pairs; number++) {
      const payer = random.below(nodes);
      const link = first[payer]! + random.below(first[payer + 1]! - first[payer]!);
      const agents = { payer: makeAgent(random), payee: makeAgent(random) };
      const terms: Terms = {
        channel: contentIdOf(sha256(random.bytes(32))),
        payer: agents.payer.agentId,
        payee: agents.payee.agentId,
        currency: 'SIM',
        escrow: ESCROW,
        deposit: DEPOSIT,
        step: STEP,
        penalty: PENALTY,
        disputeMs: DISPUTE_MS,
        payerKey: agents.payer.signer.keyid,
        payeeKey: agents.payee.signer.keyid,
      };
      const open = (side: Side): ChannelState => ({ ...initialState(side, terms), phase: 'open' });
      this.#channels.push({
        number,
        terms,
        agents,
        nodes: { payer, payee: to[link]! },
        links: { payer: link, payee: reverse[link]! },
        states: { payer: open('payer'), payee: open('payee') },
        first: null,
        waiting: 0n,
        sentAt: 0,
      });
      loop.schedule(RETRY * (1 + random.unit()), this.#kinds.retry, number);
    }
    for (const at of poisson(this.#ground, 'payments', spec))
      loop.schedule(at, this.#kinds.pay, random.below(spec.pairs));
  }

  onMessage(node: number, message: Message & { kind: 'payment' }): void {
    const channel = this.#channels[message.channel];
    if (channel === undefined) return;
    const side: Side = message.part === 'ack' ? 'payer' : 'payee';
    if (channel.nodes[side] !== node || message.part === 'closing') return;
    const before = channel.states.payer.ack?.version ?? 0;
    this.#step(channel, side, { type: message.part, envelope: message.envelope });
    if (side === 'payer' && (channel.states.payer.ack?.version ?? 0) > before) this.#acknowledged(channel);
  }

  metrics(): [string, number][] {
    if (this.#channels.length === 0) return [];
    return [
      ['payments.acknowledged', this.#durations.count],
      ['payments.ack.p50Ms', this.#durations.quantile(0.5) / MS],
      ['payments.ack.p95Ms', this.#durations.quantile(0.95) / MS],
      ['payments.cheats', this.#cheats],
      ['payments.penalised', this.#penalised],
    ];
  }

  /** Closes every channel and looks whether the shares add up. */
  end(): void {
    const share = this.#ground.scenario.workload.channels?.cheats ?? 0;
    const random = this.#ground.random('cheats');
    for (const channel of this.#channels) this.#close(channel, random.unit() < share);
  }

  #pay(channel: Channel): void {
    channel.waiting += AMOUNT;
    this.#flush(channel);
  }

  /** Pays what waits, unless an earlier update is still unanswered. */
  #flush(channel: Channel): void {
    const { nodes, number, states } = channel;
    if (channel.waiting === 0n || this.#presence.here[nodes.payer] === 0) return;
    if (pendingEffects(states.payer).length > 0) return;
    const reference = `sha256:${number.toString(16).padStart(64, '0')}`;
    const pays = [{ task: null, amount: channel.waiting, reference }];
    channel.sentAt = this.#ground.loop.now;
    if (this.#step(channel, 'payer', { type: 'change', change: { pays } })) channel.waiting = 0n;
  }

  #retry(channel: Channel): void {
    this.#ground.loop.schedule(RETRY, this.#kinds.retry, channel.number);
    if (this.#presence.here[channel.nodes.payer] === 0) return;
    this.#carryOut(channel, 'payer', pendingEffects(channel.states.payer));
    this.#flush(channel);
  }

  #acknowledged(channel: Channel): void {
    const { checks, loop } = this.#ground;
    const { payee, payer } = channel.states;
    this.#durations.add(loop.now - channel.sentAt);
    channel.first ??= payer;
    if ((payee.newest?.version ?? 0) >= payer.ack!.version) checks.held('no lost acknowledgement');
    else checks.broken('no lost acknowledgement', loop.now, `channel ${channel.number} lost an update`);
    this.#flush(channel);
  }

  #step(channel: Channel, side: Side, event: ChannelEvent): boolean {
    const { effects, state, verdict } = stepChannel(
      channel.states[side],
      event,
      this.#context(channel, side),
    );
    channel.states[side] = state;
    this.#carryOut(channel, side, effects);
    return verdict.verdict === 'accept';
  }

  #context(channel: Channel, side: Side) {
    const nowMs = Math.floor(EPOCH_MS + this.#ground.loop.now / MS);
    return { nowMs, signer: channel.agents[side].signer, receipts: () => undefined };
  }

  #carryOut(channel: Channel, side: Side, effects: readonly Effect[]): void {
    for (const effect of effects)
      if (effect.type === 'send')
        this.#post.send(channel.links[side], {
          kind: 'payment',
          channel: channel.number,
          part: effect.message,
          envelope: effect.envelope,
        });
  }

  #close(channel: Channel, isCheat: boolean): void {
    const { checks, loop } = this.#ground;
    const { first, number, states, terms } = channel;
    const cheats =
      isCheat && first !== null && (first.newest?.version ?? 0) < (states.payee.newest?.version ?? 0);
    const context = this.#context(channel, 'payer');
    const closing = stepChannel(cheats ? first : states.payer, { type: 'close' }, context);
    const postings = postsOf(closing.effects, 'payer', number, context.nowMs);
    const [posting] = postings;
    if (posting !== undefined) {
      const answer = stepChannel(states.payee, { type: 'posted', posting }, this.#context(channel, 'payee'));
      postings.push(...postsOf(answer.effects, 'payee', number, context.nowMs));
    }
    const { earned, payee, payer, penalised } = outcomeOf(terms, postings, true, () => undefined);
    const acknowledged = states.payer.ack === null ? 0n : (states.payee.newest?.paid ?? 0n);
    if (cheats) this.#cheats += 1;
    if (penalised.includes('payer')) this.#penalised += 1;
    if (payer + payee !== ESCROW + DEPOSIT)
      checks.broken('balanced ledger', loop.now, `the shares of channel ${number} do not add up`);
    else if (earned < acknowledged)
      checks.broken('balanced ledger', loop.now, `channel ${number} ends below what was acknowledged`);
    else if (penalised.includes('payer') !== cheats)
      checks.broken('balanced ledger', loop.now, `the penalty of channel ${number} is wrong`);
    else checks.held('balanced ledger');
  }
}

/** The postings that a side's effects ask for, as everybody would read them. */
function postsOf(effects: readonly Effect[], by: Side, channel: number, nowMs: number): Posting[] {
  return effects
    .filter((effect): effect is PostEffect => effect.type === 'post')
    .map(({ ack, agreement, claims, kind, update }, n) => ({
      id: `posting ${channel} ${by} ${n}`,
      by,
      kind,
      update,
      ack,
      agreement,
      claims,
      issuedAtMs: nowMs,
    }));
}

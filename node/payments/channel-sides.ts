// The sides of channels that live on this node: takes steps of the machine, one after another for each side, stores them, and then does what
// they ask for. The one place where the state of a channel changes.

import { toBase64 } from '../../protocol/bytes/index.ts';
import {
  type ChannelEvent,
  type ChannelState,
  type Effect,
  initialState,
  type PostEffect,
  pendingEffects,
  type Side,
  type Step,
  stepChannel,
  type Terms,
  type Verdict,
} from '../../protocol/channel/index.ts';
import { type Envelope, encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { ChannelNews } from '../../protocol/ledger/index.ts';
import { CHANNEL_CLOSE_PREDICATE, signAgentStatement } from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault, LocalAgent } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import { type ChannelStore, type HeldSide, sideKey } from './channel-store.ts';
import { FOLLOW_UP_MS, SIDES_MAX, STEPS_WAITING_MAX } from './limits.ts';
import type { LocalLedger } from './local-ledger.ts';

export interface ChannelSidesDeps {
  readonly store: ChannelStore;
  readonly ledger: LocalLedger;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What came of a step: the state after it, the messages that it made, and the verdict. */
export interface Stepped {
  readonly state: ChannelState;
  readonly messages: readonly Extract<Effect, { type: 'send' }>[];
  readonly verdict: Verdict;
}

/** A step that somebody waits for. */
interface Waiting {
  readonly event: ChannelEvent;
  readonly resolve: (stepped: Stepped) => void;
  readonly reject: (error: unknown) => void;
}

/** A step that was taken, and the side after it. */
interface Taken {
  readonly waiting: Waiting;
  readonly step: Step;
  readonly next: HeldSide;
}

/** The local agent of a side. */
export function agentOf(terms: Terms, side: Side): string {
  return side === 'payer' ? terms.payer : terms.payee;
}

/** Holds and moves the sides of this node. */
export class ChannelSides {
  readonly #deps: ChannelSidesDeps;
  readonly #sides = new Map<string, HeldSide>();
  readonly #serial = new Serial();
  /** Steps that wait for a side. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #wakes = new Map<string, () => void>();
  #started = false;
  readonly #listeners: ((state: ChannelState) => void)[] = [];
  /** Sends the proposal of an end to the other side. */
  onClosing: (state: ChannelState, envelope: Envelope) => void = () => {};

  constructor(deps: ChannelSidesDeps) {
    this.#deps = deps;
  }

  /** Reads the sides, tells them what the logs have brought meanwhile, and does what a crash may have left undone. */
  async start(): Promise<void> {
    const { ledger, store } = this.#deps;
    for await (const held of store.load()) {
      const { terms, side } = held.state;
      this.#sides.set(sideKey(terms.channel, side), held);
    }
    this.#started = true;
    for (const { state } of this.list()) {
      const { channel } = state.terms;
      const known = ledger.channel(channel);
      if (known?.accepted === true) await this.step(channel, state.side, { type: 'accepted' });
      for (const posting of known?.postings ?? [])
        await this.step(channel, state.side, { type: 'posted', posting, replayed: true });
      await this.resume(channel, state.side);
    }
  }

  stop(): void {
    this.#started = false;
    for (const cancel of this.#wakes.values()) cancel();
    this.#wakes.clear();
  }

  /** Tells of changes, after they are on disk: of steps that were taken together, once. */
  listen(listener: (state: ChannelState) => void): void {
    this.#listeners.push(listener);
  }

  /** Does again what may have been left undone, and lets time act. */
  async resume(channel: string, side: Side): Promise<void> {
    const held = this.#sides.get(sideKey(channel, side));
    if (held === undefined) return;
    for (const effect of pendingEffects(held.state)) await this.#perform(held, effect);
    await this.step(channel, side, { type: 'tick' });
  }

  get(channel: string, side: Side): ChannelState | undefined {
    return this.#sides.get(sideKey(channel, side))?.state;
  }

  list(): HeldSide[] {
    return [...this.#sides.values()];
  }

  /** Holds a new side; resolves when it is on disk. Throws LIMIT_EXCEEDED. */
  async add(side: Side, terms: Terms, open: Envelope): Promise<void> {
    const key = sideKey(terms.channel, side);
    await this.#serial.run(key, async () => {
      if (this.#sides.has(key)) return;
      if (this.#sides.size >= SIDES_MAX)
        throw new ZeroError('LIMIT_EXCEEDED', 'this node holds too many channels');
      const held: HeldSide = { open, state: initialState(side, terms) };
      await this.#deps.store.put(held);
      this.#sides.set(key, held);
    });
  }

  /**
   * Takes one step of a side. The state is on disk before anything is sent or posted; steps that wait for one side are taken in their order
   * and reach the disk together. Throws NOT_FOUND, BUSY or STORAGE_FAILED.
   */
  async step(channel: string, side: Side, event: ChannelEvent): Promise<Stepped> {
    const key = sideKey(channel, side);
    const queue = this.#waiting.get(key) ?? [];
    if (queue.length >= STEPS_WAITING_MAX)
      throw new ZeroError('BUSY', `too many steps wait for the channel ${channel}`);
    const { promise, resolve, reject } = Promise.withResolvers<Stepped>();
    queue.push({ event, resolve, reject });
    this.#waiting.set(key, queue);
    // The first asks for a turn, and its turn takes all that have come by then.
    if (queue.length === 1)
      this.#serial
        .run(key, () => this.#turn(key, channel))
        .catch((error: unknown) => {
          for (const one of queue) one.reject(error);
        });
    return await promise;
  }

  async #turn(key: string, channel: string): Promise<void> {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    try {
      const before = this.#sides.get(key);
      if (before === undefined)
        throw new ZeroError('NOT_FOUND', `the channel ${channel} is not of this node`);
      const taken = this.#calculate(before, queue);
      const last = taken.at(-1)?.next ?? before;
      if (last.state !== before.state) {
        await this.#deps.store.put(last);
        this.#sides.set(key, last);
        for (const listener of this.#listeners) listener(last.state);
      }
      for (const one of taken) await this.#finish(one);
    } catch (error) {
      for (const one of queue) one.reject(error);
    }
  }

  /** What becomes of a side by some events, one after another. */
  #calculate(before: HeldSide, queue: readonly Waiting[]): Taken[] {
    const { clock, ledger, vault } = this.#deps;
    const { operationalSeed } = vault.get(agentOf(before.state.terms, before.state.side));
    const signer = seedSigner(operationalSeed);
    let held = before;
    return queue.map((waiting) => {
      const context = { nowMs: clock.now(), signer, receipts: ledger.network.receipt };
      const step = stepChannel(held.state, waiting.event, context);
      held = { ...held, state: step.state };
      return { waiting, step, next: held };
    });
  }

  async #finish({ next, step, waiting }: Taken): Promise<void> {
    const { effects, state, verdict } = step;
    try {
      for (const effect of effects) await this.#perform(next, effect);
    } catch (error) {
      waiting.reject(error);
      return;
    }
    if (verdict.verdict === 'reject')
      this.#deps.metrics.count('zerostate_channel_refusals_total', { code: verdict.code });
    waiting.resolve({ state, messages: effects.filter((effect) => effect.type === 'send'), verdict });
  }

  async #perform({ state }: HeldSide, effect: Effect): Promise<void> {
    const { log, metrics } = this.#deps;
    const { channel } = state.terms;
    if (effect.type === 'post') await this.#post(state, effect);
    else if (effect.type === 'wake') this.#wake(channel, state.side, effect.atMs);
    else if (effect.type === 'send' && effect.message === 'closing') this.onClosing(state, effect.envelope);
    else if (effect.type === 'settled') {
      const { earned, penalised } = effect.outcome;
      metrics.count('zerostate_channels_settled_total', {
        end: effect.outcome.cooperative ? 'cooperative' : penalised.length > 0 ? 'penalised' : 'unilateral',
      });
      log.info({ channel, side: state.side, paid: String(earned), penalised }, 'channel settled');
    }
  }

  /** Signs a step towards the end and appends it to the own log; from there it comes back as every posting does. */
  async #post({ side, terms }: ChannelState, effect: PostEffect): Promise<void> {
    const { clock, log, ownLog, vault } = this.#deps;
    const agent: LocalAgent = vault.get(agentOf(terms, side));
    const text = (message: { envelope: Envelope } | null) =>
      message === null ? null : toBase64(encodeEnvelope(message.envelope));
    const envelope = signAgentStatement({
      predicateType: CHANNEL_CLOSE_PREDICATE,
      predicate: {
        issuedAt: rfc3339(clock.now() + 999),
        channel: terms.channel,
        kind: effect.kind,
        update: text(effect.update),
        ack: text(effect.ack),
        agreement: text(effect.agreement),
        claims: [...effect.claims],
      },
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
    });
    await ownLog.append(envelope);
    log.info({ channel: terms.channel, side, kind: effect.kind }, 'posted how a channel stands');
  }

  #wake(channel: string, side: Side, atMs: number): void {
    const key = sideKey(channel, side);
    this.#wakes.get(key)?.();
    const { clock, log } = this.#deps;
    // Statements carry whole seconds: a second later the time to dispute is over by the dates as well.
    const pause = Math.max(Math.min(atMs - clock.now() + 1_000, 2 ** 31 - 1), 10);
    const cancel = clock.after(pause, () => {
      this.#wakes.delete(key);
      this.step(channel, side, { type: 'tick' }).catch((error: unknown) => {
        log.warn({ err: error, channel }, 'a channel could not be followed up; it is tried again');
        if (this.#started) this.#wake(channel, side, clock.now() + FOLLOW_UP_MS);
      });
    });
    this.#wakes.set(key, cancel);
  }

  /** What a statement did to a channel, told to the sides of this node. */
  noted(news: ChannelNews): void {
    if (!this.#started) return;
    const { channel } = news.channel.terms;
    for (const side of ['payer', 'payee'] as const) {
      if (!this.#sides.has(sideKey(channel, side))) continue;
      if (news.type === 'accepted') this.#later(channel, side, { type: 'accepted' });
      if (news.type === 'posted') this.#later(channel, side, { type: 'posted', posting: news.posting });
    }
  }

  // Not awaited: the statement may come from the very step that is under way.
  #later(channel: string, side: Side, event: ChannelEvent): void {
    this.step(channel, side, event).catch((error: unknown) => {
      this.#deps.log.warn({ err: error, channel }, 'a channel could not take a statement');
      if (this.#started) this.#wake(channel, side, this.#deps.clock.now() + FOLLOW_UP_MS);
    });
  }
}

// The sides of channels that live on this node: takes steps of the machine, one after another for each side, stores them, and then does what
// they ask for. The one place where the state of a channel changes.

import {
  type ChannelEvent,
  type ChannelState,
  type Effect,
  initialState,
  type PostEffect,
  pendingEffects,
  type Side,
  type Terms,
} from '../../protocol/channel/index.ts';
import type { Envelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { ChannelNews } from '../../protocol/ledger/index.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import { type ChannelStore, type HeldSide, sideKey } from './channel-store.ts';
import { FOLLOW_UP_MS, SETTLED_KEPT_MAX, SIDES_MAX, STEPS_WAITING_MAX } from './limits.ts';
import type { LocalLedger } from './local-ledger.ts';
import { SettledSides } from './settled-sides.ts';
import { agentOf, type Stepped, type Taken, takeSteps, type Waiting } from './side-steps.ts';
import { signPosting } from './sign-posting.ts';
import { Wakes } from './wakes.ts';

export interface ChannelSidesDeps {
  readonly store: ChannelStore;
  readonly ledger: LocalLedger;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly sidesMax?: number;
  readonly settledKeptMax?: number;
}

/** Holds and moves the sides of this node. */
export class ChannelSides {
  readonly #deps: ChannelSidesDeps;
  readonly #sides = new Map<string, HeldSide>();
  /** Those that were put away. */
  readonly settled: SettledSides;
  readonly #serial = new Serial();
  /** Steps that wait for a side. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #wakes: Wakes;
  #started = false;
  readonly #listeners: ((state: ChannelState) => void)[] = [];
  /** Sends the proposal of an end to the other side. */
  onClosing: (state: ChannelState, envelope: Envelope) => void = () => {};

  constructor(deps: ChannelSidesDeps) {
    this.#deps = deps;
    this.settled = new SettledSides(deps);
    this.#wakes = new Wakes(deps.clock);
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
    this.#wakes.stop();
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

  /** Those that are not put away. */
  list(): HeldSide[] {
    return [...this.#sides.values()];
  }

  /** A side, also one that was put away. Throws DATA_CORRUPT. */
  async find(channel: string, side: Side): Promise<ChannelState | undefined> {
    return this.get(channel, side) ?? (await this.settled.find(channel, side))?.state;
  }

  /** Sides of the channels whose ids end so; where there is none, of such that were put away, at most `most`. Throws DATA_CORRUPT. */
  async endingIn(end: string, most: number): Promise<ChannelState[]> {
    const held = this.list().filter(({ state }) => state.terms.channel.endsWith(end));
    return (held.length > 0 ? held : await this.settled.endingIn(end, most)).map(({ state }) => state);
  }

  /** Holds a new side; resolves when it is on disk. Throws LIMIT_EXCEEDED, or CHANNEL_REFUSED for one that is over. */
  async add(side: Side, terms: Terms, open: Envelope): Promise<void> {
    const { channel } = terms;
    const { sidesMax = SIDES_MAX, store } = this.#deps;
    const key = sideKey(channel, side);
    if (this.#sides.size >= sidesMax) await this.#putAway(0);
    await this.#serial.run(key, async () => {
      const known = await this.find(channel, side);
      if (known?.phase === 'settled')
        throw new ZeroError('CHANNEL_REFUSED', `the channel ${channel} is over`);
      if (known !== undefined) return;
      if (this.#sides.size >= sidesMax)
        throw new ZeroError('LIMIT_EXCEEDED', 'this node holds too many channels');
      const held: HeldSide = { open, state: initialState(side, terms) };
      await store.put(held);
      this.#sides.set(key, held);
    });
  }

  /** Puts settled sides away that are over, the oldest first, until only so many are left of the settled ones. */
  async #putAway(kept: number): Promise<void> {
    for await (const held of this.settled.leaving(this.list(), kept)) {
      const key = sideKey(held.state.terms.channel, held.state.side);
      await this.#serial.run(key, async () => {
        // It may have moved meanwhile: then it has its turn another time.
        if (this.#sides.get(key) !== held) return;
        await this.settled.put(held);
        this.#sides.delete(key);
      });
    }
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
        .run(key, () => this.#turn(key, channel, side))
        .catch((error: unknown) => {
          for (const one of queue) one.reject(error);
        });
    return await promise;
  }

  async #turn(key: string, channel: string, side: Side): Promise<void> {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    try {
      const held = this.#sides.get(key);
      const events = queue.map(({ event }) => event);
      const before = held ?? (await this.settled.find(channel, side, events));
      if (before === undefined)
        throw new ZeroError('NOT_FOUND', `the channel ${channel} is not of this node`);
      const taken = takeSteps(before, queue, this.#deps);
      const last = taken.at(-1)?.next ?? before;
      if (last.state !== before.state) {
        // A side that was put away stays so: what is posted about it late is answered all the same.
        await (held === undefined ? this.settled.put(last) : this.#deps.store.put(last));
        if (held !== undefined) this.#sides.set(key, last);
        for (const listener of this.#listeners) listener(last.state);
      }
      for (const one of taken) await this.#finish(one);
      if (last.state.phase === 'settled' && before.state.phase !== 'settled') this.#tidy();
    } catch (error) {
      for (const one of queue) one.reject(error);
    }
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
    await ownLog.append(signPosting(vault.get(agentOf(terms, side)), terms, effect, clock.now()));
    log.info({ channel: terms.channel, side, kind: effect.kind }, 'posted how a channel stands');
  }

  // Not awaited. What could not be put away is, when the next one is settled.
  #tidy(): void {
    this.#putAway(this.#deps.settledKeptMax ?? SETTLED_KEPT_MAX).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'settled channels could not be put away');
    });
  }

  #wake(channel: string, side: Side, atMs: number): void {
    const { clock, log } = this.#deps;
    this.#wakes.at(sideKey(channel, side), atMs, () => {
      this.step(channel, side, { type: 'tick' }).catch((error: unknown) => {
        log.warn({ err: error, channel }, 'a channel could not be followed up; it is tried again');
        if (this.#started) this.#wake(channel, side, clock.now() + FOLLOW_UP_MS);
      });
    });
  }

  /** What a statement did to a channel, told to the sides of this node. */
  noted(news: ChannelNews): void {
    if (!this.#started) return;
    const { terms } = news.channel;
    for (const side of ['payer', 'payee'] as const) {
      // Where it is not held it may have been put away.
      if (!this.#sides.has(sideKey(terms.channel, side)) && !this.#deps.vault.has(agentOf(terms, side)))
        continue;
      if (news.type === 'accepted') this.#later(terms.channel, side, { type: 'accepted' });
      if (news.type === 'posted') this.#later(terms.channel, side, { type: 'posted', posting: news.posting });
    }
  }

  // Not awaited: the statement may come from the very step that is under way.
  #later(channel: string, side: Side, event: ChannelEvent): void {
    this.step(channel, side, event).catch((error: unknown) => {
      // A channel of an agent of this node that this node does not have.
      if (isZeroError(error) && error.code === 'NOT_FOUND') return;
      this.#deps.log.warn({ err: error, channel }, 'a channel could not take a statement');
      if (this.#started) this.#wake(channel, side, this.#deps.clock.now() + FOLLOW_UP_MS);
    });
  }
}

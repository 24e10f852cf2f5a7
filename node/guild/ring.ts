// One guild as one node sits in it: the state that control messages give, the group keys, and how both change
// together. One operation at a time; what is sent is sealed here, and carried by others.

import { seedSigner } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  claimOf,
  type GuildAct,
  type GuildContext,
  type GuildMember,
  type GuildState,
  judgeControl,
  leaderOf,
  signControl,
  type VerifiedControl,
  verifyControl,
} from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';
import { Serial } from '../serial.ts';
import { Deferred } from './deferred.ts';
import { KeptFrames } from './kept-frames.ts';
import type { RingKeys } from './keys/ring-keys.ts';
import type { Opened, Outgoing, RingEnd, RingOptions } from './ring-types.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { decodeFrame, encodeFrame, type GuildFrame } from './wire.ts';

export type { Outgoing, RingEnd, RingOptions } from './ring-types.ts';

type ControlFrame = Extract<GuildFrame, { kind: 'control' }>;

/** One live guild. */
export class Ring {
  readonly self: LocalAgent;
  readonly creation: Uint8Array;
  readonly startedAt: number;
  readonly #keys: RingKeys;
  readonly #clock: Clock;
  readonly #silentMs: number;
  readonly #onChange: (ring: Ring) => void;
  readonly #serial = new Serial();
  readonly #life: SignsOfLife;
  readonly #kept = new KeptFrames();
  readonly #deferred = new Deferred();
  #state: GuildState;
  #sequence: number;
  #end: RingEnd | undefined;

  constructor(options: RingOptions) {
    this.self = options.self;
    this.creation = options.creation;
    this.#state = options.state;
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#silentMs = options.silentMs;
    this.#life = new SignsOfLife(options.clock);
    this.#sequence = options.sequence;
    this.#onChange = options.onChange;
    this.startedAt = options.clock.now();
    this.#life.follow(this.#state.members);
  }

  get id(): string {
    return this.#state.guild;
  }

  get state(): GuildState {
    return this.#state;
  }

  /** Undefined while it lives. */
  get end(): RingEnd | undefined {
    return this.#end;
  }

  /** The own seat. Undefined once this node was removed. */
  get seat(): GuildMember | undefined {
    return this.#state.members.get(this.self.agentId);
  }

  /** Everybody but the own agent. */
  others(): GuildMember[] {
    return [...this.#state.members.values()].filter(({ agent }) => agent !== this.self.agentId);
  }

  /** One other member. Throws NOT_FOUND. */
  member(agent: AgentId): GuildMember {
    const member = this.#state.members.get(agent);
    if (member === undefined || agent === this.self.agentId)
      throw new ZeroError('NOT_FOUND', `${agent} is not another member of the guild ${this.#state.name}`);
    return member;
  }

  /** A sign of life. */
  heard(agent: AgentId): void {
    if (this.#state.members.has(agent)) this.#life.heard(agent);
  }

  /** The node of a member says that it does not know the guild: it lost it. */
  unheard(agent: AgentId): void {
    this.#life.gone(agent);
  }

  /** ms since the last sign of life. */
  silence(agent: AgentId): number {
    return agent === this.self.agentId ? 0 : this.#life.silence(agent);
  }

  /** This node was held up for so many ms: nobody was silent meanwhile. */
  excuse(ms: number): void {
    this.#life.excuse(ms);
  }

  context(): GuildContext {
    return { now: this.#clock.now(), isSilent: (agent) => this.silence(agent) > this.#silentMs };
  }

  /** Who leads now, as far as this node can tell. */
  leader(): AgentId | undefined {
    return leaderOf(this.#state, this.context());
  }

  /** Signs a control message of the own agent. */
  sign(act: GuildAct, epoch = this.#state.epoch, sequence = ++this.#sequence): Uint8Array {
    return signControl(
      {
        guild: this.id,
        actor: this.self.agentId,
        epoch,
        sequence,
        issuedAtMs: this.#clock.now(),
        act,
      },
      [seedSigner(this.self.operationalSeed)],
    );
  }

  /** Seals a frame for everybody. Throws GUILD_UNKNOWN when the guild is over. */
  async seal(frame: GuildFrame): Promise<Uint8Array> {
    const plain = encodeFrame(frame);
    return await this.#alone(() => this.#keys.seal(plain));
  }

  /** Opens a sealed message, and follows what control it holds. Throws GUILD_EPOCH, GUILD_KEYS_REFUSED, DECODE_FAILED. */
  async open(sealed: Uint8Array, catchingUp = false): Promise<Opened> {
    return await this.#alone(async () => {
      const { plain, sender } = await this.#keys.open(sealed);
      const frame = decodeFrame(plain);
      this.heard(sender.agent);
      if (frame.kind === 'control') await this.#follow(frame, sender.agent, sealed, catchingUp);
      return { frame, sender };
    });
  }

  /** Says something as the own agent: in force here at once, sealed for the others. Throws GUILD_NOT_ALLOWED. */
  async say(act: GuildAct): Promise<Outgoing & { readonly control: Uint8Array }> {
    return await this.#alone(async () => {
      const bytes = this.sign(act);
      const next = this.#allowed(this.#verified(bytes, this.self.agentId));
      const to = this.others();
      const sealed = await this.#keys.seal(encodeFrame({ kind: 'control', controls: [bytes], commit: null }));
      this.#become(next);
      return { sealed, to, control: bytes };
    });
  }

  /** Takes control messages of others that came unsealed (joins, last words); answers those that count. */
  async take(controls: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return await this.#alone(async () => {
      const counted: Uint8Array[] = [];
      for (const bytes of controls) {
        const control = this.#verifiedAny(bytes);
        const verdict = judgeControl(this.#state, control, this.context());
        if (verdict.verdict === 'reject')
          throw new ZeroError('GUILD_NOT_ALLOWED', `the control message is refused: ${verdict.code}`);
        if (verdict.verdict !== 'accept') continue;
        this.#become(verdict.state);
        counted.push(bytes);
      }
      return counted;
    });
  }

  /** Begins an epoch with other members: `outgoing` is for those who were members before, `welcome` for the new ones. */
  async change(
    act: Extract<GuildAct, { action: 'add' | 'remove' }>,
    keyPackages: readonly Uint8Array[] = [],
  ): Promise<{ outgoing: Outgoing; welcome: Uint8Array | undefined }> {
    return await this.#alone(async () => {
      const epoch = this.#state.epoch + 1;
      const bytes = this.sign(act, epoch);
      const next = this.#allowed(this.#verified(bytes, this.self.agentId));
      const staged = await this.#keys.stage(
        act.action === 'add' ? { add: keyPackages } : { remove: act.agents },
      );
      const to = this.others();
      const sealed = await this.#keys.seal(
        encodeFrame({ kind: 'control', controls: [bytes], commit: staged.commit }),
      );
      this.#kept.add(this.#state.epoch, sealed);
      this.#keys.advance(staged);
      this.#become(next);
      this.checkSeats();
      return { outgoing: { sealed, to }, welcome: staged.welcome };
    });
  }

  /** Tries again what had to wait. */
  async retry(): Promise<void> {
    if (this.#deferred.size === 0 || this.#end !== undefined) return;
    await this.#alone(async () => {
      for (const { control, commit, from, sealed } of this.#deferred.take())
        await this.#follow({ controls: [control], commit }, from, sealed).catch((error: unknown) => {
          // What is wrong with one is no fault of those behind it.
          if (!isZeroError(error) || this.#end !== undefined) throw error;
        });
    });
  }

  /** Sealed changes of members from an epoch on, for a member that missed them: as many as one answer holds. */
  missed(epoch: number): Uint8Array[] {
    return this.#kept.from(epoch);
  }

  /** Ends the guild here: the keys are overwritten. */
  finish(end: RingEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#keys.destroy();
    this.#kept.clear();
    this.#deferred.take();
    this.#onChange(this);
  }

  /** Seats and keys must name the same agents and nodes. Throws GUILD_KEYS_REFUSED. */
  checkSeats(): void {
    const keyed = this.#keys.members();
    const agree =
      keyed.length === this.#state.members.size &&
      this.#keys.epoch === this.#state.epoch &&
      keyed.every(({ agent, peer }) => this.#state.members.get(agent)?.peer === peer);
    if (!agree)
      throw new ZeroError('GUILD_KEYS_REFUSED', 'the seats of the guild and its keys name different members');
  }

  /** A leader whose keys and words differ leads no more: it is over. */
  #insistOnSeats(): void {
    try {
      this.checkSeats();
    } catch (error) {
      this.finish('lost');
      throw error;
    }
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    return await this.#serial.run(this.id, async () => {
      if (this.#end !== undefined) throw new ZeroError('GUILD_UNKNOWN', `the guild has ended: ${this.#end}`);
      return await work();
    });
  }

  #become(state: GuildState): void {
    this.#state = state;
    this.#life.follow(this.#state.members);
    if (state.ended !== null) this.finish('dissolved');
    else this.#onChange(this);
  }

  #verified(bytes: Uint8Array, actor: AgentId): Verified<VerifiedControl> {
    const credential = this.#keys.credentialOf(actor);
    if (credential === undefined) throw new ZeroError('GUILD_NOT_ALLOWED', `${actor} is not in the guild`);
    return verifyControl(bytes, credential.keys);
  }

  /** Under the keys of the member that it names. */
  #verifiedAny(bytes: Uint8Array): Verified<VerifiedControl> {
    return this.#verified(bytes, claimOf(bytes).actor);
  }

  /** The state after an act of the own agent. Throws GUILD_NOT_ALLOWED. */
  #allowed(control: Verified<VerifiedControl>): GuildState {
    const verdict = judgeControl(this.#state, control, this.context());
    if (verdict.verdict === 'accept') return verdict.state;
    throw new ZeroError('GUILD_NOT_ALLOWED', `${control.act.action} is refused: ${verdict.code}`);
  }

  async #follow(
    { commit, controls }: Pick<ControlFrame, 'commit' | 'controls'>,
    from: AgentId,
    sealed: Uint8Array,
    catchingUp = false,
  ): Promise<void> {
    // Others moved on without the owner: an owner who comes back follows, instead of insisting that it leads.
    const context = catchingUp
      ? { ...this.context(), isSilent: (agent: AgentId) => agent === this.#state.owner }
      : this.context();
    for (const bytes of controls) {
      const { epoch } = this.#state;
      const control = commit === null ? this.#verifiedAny(bytes) : this.#verified(bytes, from);
      const verdict = judgeControl(this.#state, control, context);
      if (verdict.verdict === 'defer') this.#deferred.add({ control: bytes, commit, from, sealed });
      if (verdict.verdict !== 'accept') continue;
      if (verdict.state.epoch !== epoch) {
        if (commit === null)
          throw new ZeroError('GUILD_KEYS_REFUSED', 'a change of members without new keys');
        if (!(await this.#keys.follow(commit, from))) {
          this.#state = verdict.state;
          this.finish('removed');
          return;
        }
        // Others catch up with what did change the members: not with whatever a member sends along with a word.
        this.#kept.add(epoch, sealed);
        this.#become(verdict.state);
        this.#insistOnSeats();
      } else this.#become(verdict.state);
      if (this.#end !== undefined) return;
    }
  }
}

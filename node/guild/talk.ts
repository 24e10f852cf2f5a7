// Members talk: sealed messages to one or to all, over direct streams, over gossip when a member cannot be dialled; requests with answers;
// and catching up when a change of members overtook a message.

import { randomBytes } from 'node:crypto';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { type GuildMember, maySpeak } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Carrier } from './carrier.ts';
import { groupOf } from './group-id.ts';
import { CONTENT_BYTES_MAX, EXCHANGE_MS, FRAMES_KEPT, GOODBYE_MS } from './limits.ts';
import type { Outgoing, Ring } from './ring.ts';
import { decodeList, type GuildFrame } from './wire.ts';

const ID_BYTES = 16;

/** What became of a message to several members. */
export interface Delivery {
  /** They have it. */
  readonly delivered: readonly AgentId[];
  /** They could not be dialled; it went out over gossip, and nobody acknowledges that. */
  readonly gossiped: readonly AgentId[];
  readonly failed: readonly { readonly agent: AgentId; readonly error: string }[];
}

export interface RequestOptions {
  /** Longest wait for the answer; EXCHANGE_MS unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const isCode = (error: unknown, code: string): error is ZeroError =>
  isZeroError(error) && error.code === code;
const asked = () => new Uint8Array(randomBytes(ID_BYTES));

/** Speaks for the rings of a node. */
export class Talk {
  readonly #carrier: Carrier;
  readonly #log: Logger;

  constructor(deps: { carrier: Carrier; log: Logger }) {
    this.#carrier = deps.carrier;
    this.#log = deps.log;
  }

  /** Carries a sealed message to each of its receivers. Never throws for one that cannot be reached. */
  async deliver(
    ring: Ring,
    { sealed, to }: Outgoing,
    options: RequestOptions & { gossip?: boolean } = {},
  ): Promise<Delivery> {
    const delivered: AgentId[] = [];
    const missed: AgentId[] = [];
    const failed: { agent: AgentId; error: string }[] = [];
    await Promise.all(
      to.map(async (member) => {
        try {
          await this.#carrier.ask(member, { op: 'frame', sealed }, options);
          ring.heard(member.agent);
          delivered.push(member.agent);
        } catch (error) {
          if (isCode(error, 'GUILD_UNKNOWN')) ring.unheard(member.agent);
          if (isCode(error, 'PEER_UNREACHABLE')) missed.push(member.agent);
          else failed.push({ agent: member.agent, error: wordsOf(error) });
        }
      }),
    );
    if (missed.length === 0) return { delivered, gossiped: [], failed };
    if (options.gossip !== false && (await this.#carrier.spread(sealed)))
      return { delivered, gossiped: missed, failed };
    const unreachable = missed.map((agent) => ({ agent, error: 'cannot be reached' }));
    return { delivered, gossiped: [], failed: [...failed, ...unreachable] };
  }

  /** Says good-bye: short of patience, since the keys are gone already. */
  async goodbye(ring: Ring, outgoing: Outgoing): Promise<Delivery> {
    return await this.deliver(ring, outgoing, { timeoutMs: GOODBYE_MS });
  }

  /** Sends content to some members or all of them; nobody answers. Throws LIMIT_EXCEEDED, GUILD_NOT_ALLOWED, GUILD_UNKNOWN. */
  async send(ring: Ring, topic: string, data: Uint8Array, to?: readonly AgentId[]): Promise<Delivery> {
    this.#checkContent(ring, data);
    const members = to === undefined ? ring.others() : to.map((agent) => ring.member(agent));
    const sealed = await ring.seal({ kind: 'content', id: asked(), topic, data, ask: false });
    const done = await this.deliver(ring, { sealed, to: members });
    const late = done.failed.filter(({ error }) => error.startsWith('GUILD_EPOCH'));
    if (late.length === 0) return done;
    // A change of members overtook it: once more, under the keys of now.
    await Promise.all(late.map(({ agent }) => this.catchUp(ring, agent)));
    const again = late.flatMap(({ agent }) => ring.state.members.get(agent) ?? []);
    const second = await this.deliver(ring, {
      sealed: await ring.seal({ kind: 'content', id: asked(), topic, data, ask: false }),
      to: again,
    });
    return {
      delivered: [...done.delivered, ...second.delivered],
      gossiped: [...done.gossiped, ...second.gossiped],
      failed: [...done.failed.filter((one) => !late.includes(one)), ...second.failed],
    };
  }

  /** Sends content to one member and waits for its handler's answer. Throws what the member answered, PEER_UNREACHABLE, GUILD_EPOCH. */
  async request(
    ring: Ring,
    agent: AgentId,
    topic: string,
    data: Uint8Array,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    this.#checkContent(ring, data);
    const id = asked();
    const answer = await this.#twice(ring, agent, () =>
      this.#exchange(ring, agent, { kind: 'content', id, topic, data, ask: true }, options),
    );
    return await this.#answerIn(ring, agent, id, answer, options);
  }

  /** Opens an answer; one that a change of members overtook is asked for again, by its id. */
  async #answerIn(
    ring: Ring,
    agent: AgentId,
    id: Uint8Array,
    sealed: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    try {
      return dataOf(await this.#openCatchingUp(ring, agent, sealed), id);
    } catch (error) {
      if (!isCode(error, 'GUILD_EPOCH')) throw error;
      const again = await this.#twice(ring, agent, () =>
        this.#exchange(ring, agent, { kind: 'again', id }, options),
      );
      return dataOf(await this.#openCatchingUp(ring, agent, again), id);
    }
  }

  async #openCatchingUp(ring: Ring, from: AgentId, sealed: Uint8Array): Promise<GuildFrame> {
    try {
      return (await ring.open(sealed)).frame;
    } catch (error) {
      if (!isBehind(error)) throw error;
      await this.catchUp(ring, from);
      return (await ring.open(sealed)).frame;
    }
  }

  async #exchange(
    ring: Ring,
    agent: AgentId,
    frame: GuildFrame,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    const member = ring.member(agent);
    const answer = await this.#carrier.ask(
      member,
      { op: 'frame', sealed: await ring.seal(frame) },
      { timeoutMs: EXCHANGE_MS, ...options },
    );
    ring.heard(agent);
    return answer;
  }

  /** Runs it again, once, after catching up, when the other side is in another epoch. */
  async #twice<T>(ring: Ring, agent: AgentId, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isCode(error, 'GUILD_EPOCH')) throw error;
      await this.catchUp(ring, agent);
      return await work();
    }
  }

  /** Fetches the changes of members that this node missed from a member, and follows them. Failing is no error: the next beat tries again. */
  async catchUp(ring: Ring, from: AgentId): Promise<void> {
    const member = ring.state.members.get(from);
    if (member === undefined || ring.end !== undefined) return;
    try {
      const answer = await this.#carrier.ask(member, {
        op: 'missed',
        group: groupOf(ring.id),
        epoch: ring.state.epoch,
      });
      for (const sealed of decodeList(answer, FRAMES_KEPT)) {
        await ring.open(sealed, true).catch((error: unknown) => {
          if (!isCode(error, 'GUILD_EPOCH') && !isCode(error, 'GUILD_KEYS_REFUSED')) throw error;
        });
      }
    } catch (error) {
      this.#log.debug({ guild: ring.id, from, error: wordsOf(error) }, 'a guild member could not catch up');
    }
  }

  /** Beats: a sign of life to every other member. */
  async beat(ring: Ring, msMax: number): Promise<void> {
    const to: readonly GuildMember[] = ring.others().filter(({ joined }) => joined);
    if (to.length === 0) return;
    const sealed = await ring.seal({ kind: 'beat' });
    const { failed } = await this.deliver(ring, { sealed, to }, { gossip: false, timeoutMs: msMax });
    for (const { agent, error } of failed)
      if (error.startsWith('GUILD_EPOCH')) await this.catchUp(ring, agent);
  }

  #checkContent(ring: Ring, data: Uint8Array): void {
    if (data.length > CONTENT_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a message in a guild has at most ${CONTENT_BYTES_MAX} bytes`, {
        hint: 'Send larger things as artifacts, and their content ids here.',
      });
    const role = ring.seat?.role;
    if (role === undefined || !maySpeak(role))
      throw new ZeroError('GUILD_NOT_ALLOWED', `a ${role ?? 'stranger'} may not send content`);
  }
}

/** True when this node is behind the message's epoch. */
export function isBehind(error: unknown): boolean {
  return isCode(error, 'GUILD_EPOCH') && error.details?.behind === true;
}

function dataOf(frame: GuildFrame, id: Uint8Array): Uint8Array {
  if (frame.kind === 'answer' && Buffer.compare(frame.id, id) === 0) return frame.data;
  throw new ZeroError('DECODE_FAILED', 'the member answered something else');
}

function wordsOf(error: unknown): string {
  return isZeroError(error) ? `${error.code}: ${error.message}` : (error as Error).message;
}

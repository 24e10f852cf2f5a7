// Content that arrives: handed to whoever handles its topic, within bounds; answers are kept for a moment, in case a change of members
// overtakes them.

import { toHex } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type GuildRole, maySpeak } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Ring } from './ring.ts';
import type { GuildFrame } from './wire.ts';

/** Handlers at work at once, in one guild and in all. */
const RUNNING_PER_GUILD_MAX = 256;
const RUNNING_MAX = 1_024;
/** Answers kept, all together in bytes, and for how long. */
const ANSWERS_MAX = 256;
const ANSWERS_BYTES_MAX = 16 * 1024 * 1024;
const ANSWER_MS = 30_000;

/** One content message, decrypted; `from` is authenticated by the group's keys. */
export interface GuildMessage {
  readonly guild: string;
  readonly from: AgentId;
  readonly role: GuildRole;
  readonly topic: string;
  readonly data: Uint8Array;
}

/** Answers a content message; undefined is an empty answer. Throw a ZeroError to refuse. */
export type GuildHandler = (message: GuildMessage) => Promise<Uint8Array | undefined>;

const empty = new Uint8Array();

/** The handlers of a node. */
export class Contents {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #handlers = new Map<string, GuildHandler>();
  readonly #running = new Map<string, number>();
  readonly #answers = new Map<
    string,
    { readonly data: Uint8Array; readonly from: AgentId; readonly guild: string; readonly until: number }
  >();
  #answersBytes = 0;
  #total = 0;

  constructor(deps: { clock: Clock; log: Logger }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Handles a topic from now on. One handler a topic. */
  handle(topic: string, handler: GuildHandler): void {
    this.#handlers.set(topic, handler);
  }

  /** Runs the handler of a content frame; answers what to send back, undefined when the sender does not wait. Throws BUSY, NOT_FOUND, or what the handler throws. */
  async take(
    ring: Ring,
    from: AgentId,
    frame: Extract<GuildFrame, { kind: 'content' }>,
  ): Promise<Uint8Array | undefined> {
    const role = ring.state.members.get(from)?.role;
    if (role === undefined || !maySpeak(role))
      throw new ZeroError('GUILD_NOT_ALLOWED', `a ${role ?? 'stranger'} may not send content`);
    const handler = this.#handlers.get(frame.topic);
    if (handler === undefined)
      throw new ZeroError('NOT_FOUND', `nobody here handles the topic ${frame.topic}`);
    const work = this.#run(ring.id, () =>
      handler({ guild: ring.id, from, role, topic: frame.topic, data: frame.data }),
    );
    if (frame.ask) {
      const data = (await work) ?? empty;
      this.#remember(ring.id, frame.id, from, data);
      return data;
    }
    work.catch((error: unknown) =>
      this.#log.debug({ guild: ring.id, topic: frame.topic, err: error }, 'guild content was not handled'),
    );
    return undefined;
  }

  /** The answer that was given to `from` under this id. Throws NOT_FOUND. */
  again(id: Uint8Array, from: AgentId): Uint8Array {
    const kept = this.#answers.get(toHex(id));
    if (kept === undefined || kept.from !== from || kept.until <= this.#clock.now())
      throw new ZeroError('NOT_FOUND', 'the answer is not kept any more');
    return kept.data;
  }

  async #run<T>(guild: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(guild) ?? 0;
    if (running >= RUNNING_PER_GUILD_MAX || this.#total >= RUNNING_MAX)
      throw new ZeroError('BUSY', 'too many messages of guilds are being handled');
    this.#running.set(guild, running + 1);
    this.#total += 1;
    try {
      return await work();
    } finally {
      this.#total -= 1;
      const left = (this.#running.get(guild) ?? 1) - 1;
      if (left === 0) this.#running.delete(guild);
      else this.#running.set(guild, left);
    }
  }

  /** Forgets the answers of a guild that ended. */
  forget(guild: string): void {
    for (const [key, kept] of this.#answers) if (kept.guild === guild) this.#drop(key);
  }

  #drop(key: string): void {
    this.#answersBytes -= this.#answers.get(key)?.data.length ?? 0;
    this.#answers.delete(key);
  }

  #remember(guild: string, id: Uint8Array, from: AgentId, data: Uint8Array): void {
    const name = toHex(id);
    this.#drop(name);
    this.#answers.set(name, { data, from, guild, until: this.#clock.now() + ANSWER_MS });
    this.#answersBytes += data.length;
    for (const [key, kept] of this.#answers) {
      const fits = this.#answers.size <= ANSWERS_MAX && this.#answersBytes <= ANSWERS_BYTES_MAX;
      if (fits && kept.until > this.#clock.now()) break;
      this.#drop(key);
    }
  }
}

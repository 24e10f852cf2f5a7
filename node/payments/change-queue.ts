// Changes that a payer wants of its channels: those that wait for the same channel travel in one update, one update at a time.

import type { Change } from '../../protocol/channel/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { ChannelSides } from './channel-sides.ts';
import { CHANGES_AT_ONCE, CHANGES_WAITING_MAX } from './limits.ts';
import { requireTaken } from './payee-work.ts';

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A queue for each channel. */
export class ChangeQueue {
  readonly #sides: ChannelSides;
  readonly #flush: (channel: string) => Promise<void>;
  readonly #queues = new Map<string, Waiting[]>();

  /** `flush` sends what is not acknowledged yet. */
  constructor(deps: { sides: ChannelSides; flush: (channel: string) => Promise<void> }) {
    this.#sides = deps.sides;
    this.#flush = deps.flush;
  }

  /** Adds a change; resolves when the payee has acknowledged it. Throws BUSY, CHANNEL_REFUSED or PEER_UNREACHABLE. */
  async add(channel: string, change: Change): Promise<void> {
    const queue = this.#queues.get(channel) ?? [];
    if (queue.length >= CHANGES_WAITING_MAX)
      throw new ZeroError('BUSY', 'too many changes wait for the channel');
    const done = new Promise<void>((resolve, reject) => queue.push({ change, resolve, reject }));
    const first = !this.#queues.has(channel);
    this.#queues.set(channel, queue);
    if (first) void this.#drain(channel, queue);
    await done;
  }

  async #drain(channel: string, queue: Waiting[]): Promise<void> {
    // Changes of one turn of the event loop share an update, however many steps each took to come here.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const group = queue.splice(0, CHANGES_AT_ONCE);
      try {
        await this.#flush(channel);
        if (
          !(await this.#send(
            channel,
            group.map(({ change }) => change),
          ))
        )
          await this.#each(channel, group);
        else for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#queues.delete(channel);
  }

  /** One by one, where they do not go together. */
  async #each(channel: string, group: readonly Waiting[]): Promise<void> {
    for (const { change, resolve, reject } of group) {
      try {
        const stepped = await this.#sides.step(channel, 'payer', { type: 'change', change });
        requireTaken(stepped);
        await this.#flush(channel);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  async #send(channel: string, changes: readonly Change[]): Promise<boolean> {
    const change: Change = {
      offers: changes.flatMap(({ offers }) => offers ?? []),
      pays: changes.flatMap(({ pays }) => pays ?? []),
      withdraw: changes.flatMap(({ withdraw }) => withdraw ?? []),
    };
    const { verdict } = await this.#sides.step(channel, 'payer', { type: 'change', change });
    if (verdict.verdict !== 'accept') return false;
    await this.#flush(channel);
    return true;
  }
}

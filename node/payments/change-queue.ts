// Changes that a payer wants of its channels: those that wait for the same channel travel in one update, one update at a time. Pay for a task
// waits a little for company, since nobody waits for it; a promise never does, and takes along what is there.

import type { Change } from '../../protocol/channel/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { ChannelSides } from './channel-sides.ts';
import { CHANGES_AT_ONCE, CHANGES_WAITING_MAX, PAY_WAIT_MS, PAYS_ENOUGH } from './limits.ts';
import { requireTaken } from './payee-work.ts';

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for one channel. */
interface Queue {
  readonly waiting: Waiting[];
  /** Ends the wait for company. */
  hurry: () => void;
  /** When all of it was sent or has failed. */
  readonly done: Promise<void>;
}

/** Pay for a task, and nothing else: its offer stands until it is paid, so that it may wait. */
function isPatient({ change: { offers = [], pays = [], withdraw = [] } }: Waiting): boolean {
  return offers.length === 0 && withdraw.length === 0 && pays.every(({ task }) => task !== null);
}

/** Too little for an update of its own, yet. */
function isAlone(waiting: readonly Waiting[]): boolean {
  return waiting.length < PAYS_ENOUGH && waiting.every(isPatient);
}

/** A queue for each channel. */
export class ChangeQueue {
  readonly #sides: Pick<ChannelSides, 'step'>;
  readonly #flush: (channel: string) => Promise<void>;
  readonly #clock: Clock;
  readonly #queues = new Map<string, Queue>();

  /** `flush` sends what is not acknowledged yet. */
  constructor(deps: {
    sides: Pick<ChannelSides, 'step'>;
    flush: (channel: string) => Promise<void>;
    clock: Clock;
  }) {
    this.#sides = deps.sides;
    this.#flush = deps.flush;
    this.#clock = deps.clock;
  }

  /** Adds a change; resolves when the payee has acknowledged it. Throws BUSY, CHANNEL_REFUSED or PEER_UNREACHABLE. */
  async add(channel: string, change: Change): Promise<void> {
    const known = this.#queues.get(channel);
    const waiting = known?.waiting ?? [];
    if (waiting.length >= CHANGES_WAITING_MAX)
      throw new ZeroError('BUSY', 'too many changes wait for the channel');
    const done = new Promise<void>((resolve, reject) => waiting.push({ change, resolve, reject }));
    if (known === undefined) {
      const all = Promise.withResolvers<void>();
      const queue: Queue = { waiting, hurry: () => {}, done: all.promise };
      this.#queues.set(channel, queue);
      void this.#drain(channel, queue).finally(all.resolve);
    } else if (!isAlone(waiting)) known.hurry();
    await done;
  }

  /** Has what waits go now; resolves when it was sent or has failed. */
  async settled(channel: string): Promise<void> {
    const queue = this.#queues.get(channel);
    queue?.hurry();
    await queue?.done;
  }

  /** Waits while all there is could do with company. */
  async #company(queue: Queue): Promise<void> {
    if (!isAlone(queue.waiting)) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(PAY_WAIT_MS, resolve);
      queue.hurry = () => {
        cancel();
        resolve();
      };
    });
    queue.hurry = () => {};
  }

  async #drain(channel: string, queue: Queue): Promise<void> {
    const { waiting } = queue;
    // Changes of one turn of the event loop share an update, however many steps each took to come here.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      await this.#company(queue);
      const group = waiting.splice(0, CHANGES_AT_ONCE);
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

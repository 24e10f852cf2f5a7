// What waits for something else to come, in queues. When it is full, who has most in it gives way to who has less: one who fills it with what never
// comes true keeps nobody else out. Pure.

import { Tally } from '../bounded/index.ts';
import { ZeroError } from '../errors/index.ts';

/** One that waits. */
export interface Waiter {
  /** Whose statement it is. */
  readonly author: string;
}

/** Queues of those that wait, with a bound for all together. */
export class WaitingRoom<T extends Waiter> {
  readonly #max: number;
  /** With the number of each: the newest of an author has its highest. */
  readonly #queues = new Map<string, { readonly number: number; readonly one: T }[]>();
  readonly #held = new Tally();
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Those of one queue, first come first. */
  of(queue: string): T[] {
    return (this.#queues.get(queue) ?? []).map(({ one }) => one);
  }

  first(queue: string): T | undefined {
    return this.#queues.get(queue)?.[0]?.one;
  }

  /** Puts one at the end of a queue; answers who has given way to it. Throws LIMIT_EXCEEDED when it is full, and nobody has more than its author would. */
  add(queue: string, one: T): T | undefined {
    const out = this.#held.total < this.#max ? undefined : this.#giveWay(one.author);
    const others = this.#queues.get(queue) ?? [];
    others.push({ number: this.#next++, one });
    this.#queues.set(queue, others);
    this.#held.add(one.author, 1);
    return out;
  }

  /** Takes the first of a queue out. */
  takeFirst(queue: string): void {
    this.#take(queue, 0, 1);
  }

  /** Takes a whole queue out. */
  takeAll(queue: string): T[] {
    return this.#take(queue, 0, Number.POSITIVE_INFINITY);
  }

  #take(queue: string, at: number, count: number): T[] {
    const all = this.#queues.get(queue) ?? [];
    const taken = all.splice(at, count).map(({ one }) => one);
    if (all.length === 0) this.#queues.delete(queue);
    for (const { author } of taken) this.#held.add(author, -1);
    return taken;
  }

  #giveWay(author: string): T | undefined {
    let most = this.#held.of(author) + 1;
    let newest = -1;
    let found: { readonly queue: string; readonly at: number } | undefined;
    for (const [queue, all] of this.#queues)
      for (const [at, { number, one }] of all.entries()) {
        const held = this.#held.of(one.author);
        if (held < most || (held === most && (found === undefined || number < newest))) continue;
        [most, newest, found] = [held, number, { queue, at }];
      }
    if (found === undefined)
      throw new ZeroError('LIMIT_EXCEEDED', 'too many statements wait for an opening, or for money');
    return this.#take(found.queue, found.at, 1)[0];
  }
}

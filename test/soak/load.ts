// What the nodes of a soak are asked to do, and what they have acknowledged: cards, revocations, searches and tasks. Seeded; every refusal is
// counted, and nothing that was acknowledged is forgotten.

import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OrderName, Orders } from '../fleet/orders.ts';
import { WaitedTooLong, type Waits } from './waits.ts';

/** Things a second unless told otherwise. */
export const RATE = 2;
/**
 * Shares of what is done, in each of the stretches of the whole length; what is left is searches. What is kept grows by steps then and not with
 * time, cards and the rest apart from each other, and in the second half hardly at all: so the memory which it takes can be told from a leak, also
 * where a cache is full by then and one thing more takes less than before.
 */
const CARDS = { publish: 0.55, revoke: 0.15, task: 0 };
const TASKS = { publish: 0, revoke: 0, task: 0.6 };
const SEARCHES = { publish: 0.002, revoke: 0.001, task: 0.004 };
const STRETCHES = [
  ...[CARDS, TASKS, CARDS, TASKS, CARDS, TASKS],
  ...[SEARCHES, SEARCHES, SEARCHES, SEARCHES, SEARCHES, SEARCHES],
];
/** Share of what is asked that goes to the nodes whose memory is watched: what leaks by what is asked shows the sooner. */
const WATCHED_SHARE = 0.5;
/** For what is under way when nothing more is asked; longer than a task takes. After that there is no look at memory this time. */
const CALM_MS_MAX = 45_000;
/** Between two looks at whether the pause is over (ms). */
const PAUSED_MS = 100;
/** Agents published at most: what a network of this size has; from then on there are only revocations and searches. */
const AGENTS_MAX = 1_000;
const TASK_SECONDS = 30;
/**
 * For one thing that is asked: a task may look for members, run, and be tried again, on processors that twenty nodes share. What takes longer was
 * not acknowledged, and is counted as unanswered.
 */
const ASKED_MS_MAX = 90_000;
/**
 * Things under way at once: about one a node. Where the machine is slower than the load the next waits, or the backlog would grow without end
 * and the faults and the end of the soak with it.
 */
const UNDER_WAY_MAX = 20;
const FIND_LIMIT = 5;
/** Reasons that are told apart, and their length. */
const WHYS_MAX = 50;
const WHY_CHARS_MAX = 160;

/** What was acknowledged. */
export interface Acknowledged {
  /** Agent id to the node that it lives on. */
  readonly agents: Map<string, string>;
  readonly revoked: Set<string>;
  /** Ended tasks by their node. */
  readonly tasks: Map<string, string[]>;
}

/** Counts of what was asked. */
export interface LoadCounts {
  published: number;
  revoked: number;
  found: number;
  ran: number;
  refused: number;
  /** Things that were asked of a node and never answered, neither so nor so. */
  unanswered: number;
  /** Turns at which nothing was asked, as too much was under way. */
  heldBack: number;
}

export interface LoadOptions {
  readonly fleet: Fleet;
  readonly random: RandomStream;
  readonly waits: Waits;
  /** Things that are asked a second, as long as not too much is under way. */
  readonly rate: number;
  /** Length of the soak. */
  readonly totalMs: number;
  /** Nodes whose memory is watched. */
  readonly watched: readonly string[];
}

/** Shares of what is done. */
type Shares = typeof CARDS;

/** A load on a fleet. */
export class SoakLoad {
  readonly acknowledged: Acknowledged = { agents: new Map(), revoked: new Set(), tasks: new Map() };
  readonly counts: LoadCounts = {
    published: 0,
    revoked: 0,
    found: 0,
    ran: 0,
    refused: 0,
    unanswered: 0,
    heldBack: 0,
  };
  readonly #options: LoadOptions;
  /** Why things were refused, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #under = new Set<Promise<void>>();
  #number = 0;
  #isCalm = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Goes on until it is told to stop, and until what is under way has ended. */
  async run(isOver: () => boolean): Promise<void> {
    const started = performance.now();
    const { rate, totalMs } = this.#options;
    while (!isOver()) {
      if (this.#isCalm) {
        await delay(PAUSED_MS);
        continue;
      }
      const at = Math.floor(((performance.now() - started) / totalMs) * STRETCHES.length);
      this.#begin(STRETCHES[at] ?? SEARCHES);
      await delay(1_000 / rate);
    }
    await Promise.all(this.#under);
  }

  /** Asks nothing, waits for what is under way, does this, and goes on. False without having done it where something stays under way for too long. */
  async calmly(work: () => Promise<void>): Promise<boolean> {
    this.#isCalm = true;
    try {
      const under = Promise.all(this.#under).then(() => true);
      const ended = await this.#options.waits.for('what is under way', CALM_MS_MAX, under).catch(() => false);
      if (ended) await work();
      return ended;
    } finally {
      this.#isCalm = false;
    }
  }

  #begin(shares: Shares): void {
    if (this.#under.size >= UNDER_WAY_MAX) {
      this.counts.heldBack += 1;
      return;
    }
    const job = this.#next(shares).catch((error: Error) => this.#refused(error));
    this.#under.add(job);
    void job.finally(() => this.#under.delete(job));
  }

  #refused(error: Error): void {
    if (error instanceof WaitedTooLong) this.counts.unanswered += 1;
    else this.counts.refused += 1;
    const why = error.message
      .split('\n')[0]!
      .replace(/(?:zs:)?bafkrei\w+|12D3\w+|\d+/g, '…')
      .slice(0, WHY_CHARS_MAX);
    if (this.refusals.size < WHYS_MAX || this.refusals.has(why))
      this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
  }

  /** What a node answers to something asked, in a time that ends. */
  #ask<K extends OrderName>(name: string, order: K, body: Orders[K][0]): Promise<Orders[K][1]> {
    return this.#options.waits.for(
      `${order} on ${name}`,
      ASKED_MS_MAX,
      this.#options.fleet.on(name, order, body),
    );
  }

  #next({ publish, revoke, task }: Shares): Promise<void> {
    const { fleet, random, watched } = this.#options;
    const { living } = fleet;
    const asked = living.filter((name) => watched.includes(name));
    const names = asked.length > 0 && random.unit() < WATCHED_SHARE ? asked : living;
    const name = names[random.below(names.length)]!;
    const at = random.unit();
    const { agents } = this.acknowledged;
    if (agents.size === 0 || (at < publish && agents.size < AGENTS_MAX)) return this.#publish(name);
    if (at < publish + revoke) return this.#revoke();
    return at < publish + revoke + task ? this.#task(name) : this.#find(name);
  }

  #living(): string[] {
    const { agents, revoked } = this.acknowledged;
    return [...agents.keys()].filter((agentId) => !revoked.has(agentId));
  }

  async #publish(name: string): Promise<void> {
    const labels = [`soak ${this.#number++}`];
    for (const { agentId } of await this.#ask(name, 'publish', { name, labels })) {
      this.acknowledged.agents.set(agentId, name);
      this.counts.published += 1;
    }
  }

  async #revoke(): Promise<void> {
    const living = this.#living();
    const agentId = living[this.#options.random.below(living.length)];
    if (agentId === undefined) return;
    const name = this.acknowledged.agents.get(agentId)!;
    await this.#ask(name, 'revoke', { name, agentId });
    this.acknowledged.revoked.add(agentId);
    this.counts.revoked += 1;
  }

  async #find(name: string): Promise<void> {
    const text = 'somebody who does one thing';
    const { error } = await this.#ask(name, 'find', { name, text, limit: FIND_LIMIT });
    if (error !== null) throw new Error(error);
    this.counts.found += 1;
  }

  async #task(name: string): Promise<void> {
    const living = this.#living();
    const from = this.#options.random.below(Math.max(1, living.length));
    const members = [...living.slice(from), ...living.slice(0, from)].slice(0, 3);
    if (members.length === 0) return;
    const { phase, taskId } = await this.#ask(name, 'task', { name, members, seconds: TASK_SECONDS });
    if (phase !== 'completed') throw new Error(`a task ended ${phase}`);
    const { tasks } = this.acknowledged;
    tasks.set(name, [...(tasks.get(name) ?? []), taskId]);
    this.counts.ran += 1;
  }
}

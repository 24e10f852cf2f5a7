// What the nodes of a soak are asked to do, and what they have acknowledged: cards, revocations, searches and tasks. Seeded; every refusal is
// counted, and nothing that was acknowledged is forgotten.

import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OrderName, Orders } from '../fleet/orders.ts';
import { WaitedTooLong, type Waits } from './waits.ts';

/** Pause between two things that are done, while the load is on and while it rests (ms). */
const BUSY_MS = 250;
const REST_MS = 2_000;
/** Length of a busy and of a quiet stretch (ms): what is kept then does not grow with time alone. */
const STRETCH_MS = 20_000;
/** Agents published at most: what a network of this size has; from then on they are updated by revocations only. */
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
  readonly #fleet: Fleet;
  readonly #random: RandomStream;
  readonly #waits: Waits;
  /** Why things were refused, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #under = new Set<Promise<void>>();
  #number = 0;

  constructor(fleet: Fleet, random: RandomStream, waits: Waits) {
    this.#fleet = fleet;
    this.#random = random;
    this.#waits = waits;
  }

  /** Goes on until it is told to stop, and until what is under way has ended. */
  async run(isOver: () => boolean): Promise<void> {
    const started = performance.now();
    while (!isOver()) {
      this.#begin();
      const isBusy = Math.floor((performance.now() - started) / STRETCH_MS) % 2 === 0;
      await delay(isBusy ? BUSY_MS : REST_MS);
    }
    await Promise.all(this.#under);
  }

  #begin(): void {
    if (this.#under.size >= UNDER_WAY_MAX) {
      this.counts.heldBack += 1;
      return;
    }
    const job = this.#next().catch((error: Error) => this.#refused(error));
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
    return this.#waits.for(`${order} on ${name}`, ASKED_MS_MAX, this.#fleet.on(name, order, body));
  }

  #next(): Promise<void> {
    const names = this.#fleet.living;
    const name = names[this.#random.below(names.length)]!;
    const at = this.#random.unit();
    const { agents } = this.acknowledged;
    if (agents.size === 0 || (at < 0.4 && agents.size < AGENTS_MAX)) return this.#publish(name);
    if (at < 0.5) return this.#revoke();
    if (at < 0.75) return this.#find(name);
    return this.#task(name);
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
    const agentId = living[this.#random.below(living.length)];
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
    const from = this.#random.below(Math.max(1, living.length));
    const members = [...living.slice(from), ...living.slice(0, from)].slice(0, 3);
    if (members.length === 0) return;
    const { phase, taskId } = await this.#ask(name, 'task', { name, members, seconds: TASK_SECONDS });
    if (phase !== 'completed') throw new Error(`a task ended ${phase}`);
    const { tasks } = this.acknowledged;
    tasks.set(name, [...(tasks.get(name) ?? []), taskId]);
    this.counts.ran += 1;
  }
}

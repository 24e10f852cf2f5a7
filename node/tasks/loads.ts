// How busy members are: what they announce to everybody, and what they say with each sign of life of a run. Must not: be trusted beyond
// the order in which members are asked; a member that lies about it gets less work or more than it can do.

import type { Clock } from '../clock/index.ts';
import type { Directory } from '../network/directory.ts';
import { type TaskLoad, WORKERS_MAX } from './wire.ts';

/** What a member said longer ago than this says nothing about now: two announcements. */
const FRESH_MS = 20_000;
/** Members whose word is remembered; the longest unheard is forgotten first. */
const MEMBERS_MAX = 4_096;
/** Workers of a member that has never said. */
const WORKERS_ASSUMED = 2;

interface Heard extends TaskLoad {
  readonly at: number;
}

/** What is known of the load of members. */
export class Loads {
  readonly #heard = new Map<string, Heard>();
  readonly #directory: Pick<Directory, 'get'>;
  readonly #clock: Clock;

  constructor(deps: { directory: Pick<Directory, 'get'>; clock: Clock }) {
    this.#directory = deps.directory;
    this.#clock = deps.clock;
  }

  /** A member said it with an answer. */
  heard(peer: string, load: TaskLoad): void {
    this.#heard.delete(peer);
    this.#heard.set(peer, { ...load, at: this.#clock.now() });
    if (this.#heard.size > MEMBERS_MAX) this.#heard.delete(this.#heard.keys().next().value as string);
  }

  /** Tasks that wait or run at a member for each worker, in thousandths: what it says, and at least the `mine` that this node has there. */
  of(peer: string, mine: number): number {
    const said = this.#newest(peer);
    const workers = Math.min(said?.workers ?? WORKERS_ASSUMED, WORKERS_MAX);
    return Math.round((Math.max(said?.tasks ?? 0, mine) * 1_000) / workers);
  }

  #newest(peer: string): TaskLoad | undefined {
    const announced = this.#directory.get(peer);
    const told = this.#heard.get(peer);
    const fromGossip =
      announced?.tasks === undefined ? undefined : { ...announced.tasks, at: announced.heardAtMs };
    const newest =
      told !== undefined && (fromGossip === undefined || told.at >= fromGossip.at) ? told : fromGossip;
    return newest !== undefined && this.#clock.now() - newest.at <= FRESH_MS ? newest : undefined;
  }
}

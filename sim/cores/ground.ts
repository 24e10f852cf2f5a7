// What the parts of a run share: scenario, time, wire, randomness, checks. Made once, handed to every part.

import { EventLoop } from '../event-loop.ts';
import { Wire } from '../net/wire.ts';
import { type RandomStream, randomStream } from '../random.ts';
import type { RunSinks, Scenario } from '../scenario/index.ts';
import { Checks } from './checks.ts';

/** Virtual microseconds in a second and in a millisecond. */
export const SECOND = 1_000_000;
export const MS = 1_000;

export class Ground {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly nodes: number;
  readonly loop = new EventLoop();
  readonly wire: Wire;
  readonly checks = new Checks();
  readonly sinks: RunSinks;
  /** Nodes with a role of their own are 1: they are in no count of what honest nodes reached. */
  readonly cheats: Uint8Array;
  readonly kindOf: Int8Array;
  #deferred: Promise<void>[] = [];

  constructor(scenario: Scenario, seed: number, sinks: RunSinks) {
    this.scenario = scenario;
    this.seed = seed;
    this.sinks = sinks;
    this.nodes = scenario.topology.nodes;
    this.wire = new Wire(scenario, seed);
    this.cheats = new Uint8Array(this.nodes);
    this.kindOf = new Int8Array(this.nodes).fill(-1);
    this.#castRoles();
  }

  /** The stream of one purpose at one node. */
  random(purpose: string, node = -1): RandomStream {
    return node < 0 ? randomStream(this.seed, purpose) : randomStream(this.seed, purpose, node);
  }

  /** Asynchronous work that an event began: the run goes on when it is done. Its steps wait for nothing outside of the run. */
  defer(work: Promise<void>): void {
    this.#deferred.push(work);
  }

  /** Waits for all that events began; cheap when there is nothing. */
  get unsettled(): boolean {
    return this.#deferred.length > 0;
  }

  async settle(): Promise<void> {
    while (this.#deferred.length > 0) {
      const work = this.#deferred;
      this.#deferred = [];
      await Promise.all(work);
    }
  }

  trace(kind: string, node: number, peer: number, what: string): void {
    this.sinks.trace?.({ at: this.loop.now, kind, node, peer, what });
  }

  /** Deals the adversaries' parts out over distinct nodes. */
  #castRoles(): void {
    const { adversaries } = this.scenario;
    if (adversaries.length === 0) return;
    const stream = this.random('cast');
    const order = Int32Array.from({ length: this.nodes }, (_, node) => node);
    for (let at = this.nodes - 1; at > 0; at--) {
      const other = stream.below(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    let next = 0;
    for (const [kind, { share }] of adversaries.entries()) {
      for (let left = Math.round(share * this.nodes); left > 0; left--) {
        const node = order[next++]!;
        this.cheats[node] = 1;
        this.kindOf[node] = kind;
      }
    }
  }
}

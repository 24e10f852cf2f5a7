// When each member of a guild was heard last. Time in which this node itself was held up is nobody's silence: a machine that stood still for
// a while must not find all the others gone.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';

/** The signs of life of one guild's members: as many as it has. */
export class SignsOfLife {
  readonly #clock: Clock;
  readonly #heard = new Map<AgentId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A sign of life. */
  heard(agent: AgentId): void {
    this.#heard.set(agent, this.#clock.now());
  }

  /** It is known to be gone. */
  gone(agent: AgentId): void {
    this.#heard.set(agent, Number.NEGATIVE_INFINITY);
  }

  /** ms since the last sign of life; infinite for who is gone or was never heard. */
  silence(agent: AgentId): number {
    return this.#clock.now() - (this.#heard.get(agent) ?? Number.NEGATIVE_INFINITY);
  }

  /** This node listened to nobody for the last `ms` milliseconds. */
  excuse(ms: number): void {
    const now = this.#clock.now();
    for (const [agent, at] of this.#heard) this.#heard.set(agent, Math.min(now, at + ms));
  }

  /** Follows a change of the seats: who is new counts as heard now. */
  follow(members: ReadonlyMap<AgentId, unknown>): void {
    for (const agent of this.#heard.keys()) if (!members.has(agent)) this.#heard.delete(agent);
    for (const agent of members.keys()) if (!this.#heard.has(agent)) this.heard(agent);
  }
}

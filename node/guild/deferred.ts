// Control messages that came too early and wait in one guild, for an epoch or for an owner's silence. They are what members sent, and large where a
// change of members is among them: no member takes more than its share of the room. Must not: judge what a message says.

import type { AgentId } from '../../protocol/identity/index.ts';
import { DEFERRED_BYTES_PER_MEMBER_MAX, DEFERRED_MAX } from './limits.ts';

/** One that waits. */
export interface DeferredControl {
  readonly control: Uint8Array;
  readonly commit: Uint8Array | null;
  /** Who brought it. */
  readonly from: AgentId;
  /** The message that it came in. */
  readonly sealed: Uint8Array;
}

const bytesOf = ({ commit, control, sealed }: DeferredControl): number =>
  control.length + (commit?.length ?? 0) + sealed.length;

/** They wait in the order in which they came. */
export class Deferred {
  #waiting: DeferredControl[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Puts one with the others, if there is room. Once all places are taken, the newest of the member with most gives way to one of a member with fewer. */
  add(one: DeferredControl): void {
    const own = this.#of(one.from);
    if (own.reduce((sum, other) => sum + bytesOf(other), bytesOf(one)) > DEFERRED_BYTES_PER_MEMBER_MAX)
      return;
    if (this.#waiting.length >= DEFERRED_MAX) {
      const most = [...new Set(this.#waiting.map(({ from }) => from))]
        .map((from) => this.#of(from))
        .reduce((a, b) => (b.length > a.length ? b : a));
      if (most.length <= own.length + 1) return;
      this.#waiting = this.#waiting.filter((other) => other !== most.at(-1));
    }
    this.#waiting.push(one);
  }

  /** Takes all of them out. */
  take(): DeferredControl[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #of(from: AgentId): DeferredControl[] {
    return this.#waiting.filter((one) => one.from === from);
  }
}

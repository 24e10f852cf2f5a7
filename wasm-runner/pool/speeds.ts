// Remembers how long tasks of a module took, so that long ones do not stand in the way of short ones. Must not: decide order.

import { RecentMap } from '../../protocol/bounded/index.ts';

/** Modules remembered; the least recently noted go first. */
const MODULES_MAX = 4_096;
/** Share of the newest time in the running mean. */
const NEW_SHARE = 0.3;

export class Speeds {
  readonly #means = new RecentMap<string, number>(MODULES_MAX);

  /** Notes that a task of a module took, or already takes, this many milliseconds. */
  note(module: string, ms: number): void {
    const before = this.#means.get(module);
    this.#means.set(module, before === undefined ? ms : before + NEW_SHARE * (ms - before));
  }

  /** Forgets a module whose tasks seemed long for another reason, such as compiling it. */
  forget(module: string): void {
    this.#means.delete(module);
  }

  /** Milliseconds that tasks of a module took, or undefined. */
  meanOf(module: string): number | undefined {
    return this.#means.get(module);
  }

  /** True when tasks of a module took longer than this on the whole. Unknown modules count as quick. */
  isSlow(module: string, ms: number): boolean {
    return (this.#means.get(module) ?? 0) > ms;
  }
}

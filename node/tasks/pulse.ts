// The beat of the tasks under way: asks members for a sign of life, one question a peer, and lets leases and deadlines run out.

import type { Clock } from '../clock/index.ts';
import type { Asker } from './ask.ts';
import type { TaskEntry } from './task-book.ts';
import { STATUS_TASKS_MAX } from './wire.ts';

/** Without a sign of life for so long a member's lease ends and another takes over; one whose connection breaks is found out at once. */
export const LEASE_MS = 12_000;
/** Six questions a lease: a machine that is held up, or reads a large input, may miss some and is no dead one. */
const BEAT_MS = 2_000;
/** A beat that comes so much too late says that this node was not listening: whoever was alive is taken to be so still. */
const LATE_MS = 1_000;

export interface PulseDeps {
  readonly clock: Clock;
  readonly asker: Asker;
  readonly open: () => TaskEntry[];
  /** True while an attempt still waits in this node's own queue: it is alive as long as this node is. */
  readonly waitsHere: (taskId: string, token: number) => boolean;
  readonly alive: (entry: TaskEntry, token: number) => Promise<void>;
  readonly tick: (entry: TaskEntry) => Promise<void>;
}

interface Asked {
  readonly entry: TaskEntry;
  readonly agentId: string;
  readonly token: number;
}

/** Beats while anything is under way. */
export class Pulse {
  readonly #deps: PulseDeps;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(deps: PulseDeps) {
    this.#deps = deps;
  }

  /** Makes sure that it beats. */
  wake(): void {
    if (this.#cancel !== undefined || this.#stopped) return;
    const { clock } = this.#deps;
    const due = clock.now() + BEAT_MS;
    this.#cancel = clock.after(BEAT_MS, () => {
      void this.#beat(clock.now() > due + LATE_MS).finally(() => {
        this.#cancel = undefined;
        if (this.#deps.open().length > 0) this.wake();
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #beat(isLate: boolean): Promise<void> {
    const { alive, open, tick, waitsHere } = this.#deps;
    const byPeer = new Map<string, Asked[]>();
    const living: Promise<void>[] = [];
    for (const entry of open()) {
      for (const { agentId, state, token } of entry.task.attempts) {
        if (state !== 'asked') continue;
        const peer = entry.members.find((member) => member.agentId === agentId)?.peer;
        if (isLate || peer === undefined || waitsHere(entry.taskId, token)) living.push(alive(entry, token));
        else byPeer.set(peer, [...(byPeer.get(peer) ?? []), { entry, agentId, token }]);
      }
    }
    await Promise.allSettled([...living, ...[...byPeer].map(([peer, asked]) => this.#ask(peer, asked))]);
    if (!this.#stopped) await Promise.allSettled(open().map((entry) => tick(entry)));
  }

  async #ask(peer: string, asked: Asked[]): Promise<void> {
    for (let from = 0; from < asked.length; from += STATUS_TASKS_MAX) {
      const part = asked.slice(from, from + STATUS_TASKS_MAX);
      const tasks = part.map(({ entry, agentId, token }) => ({ taskId: entry.taskId, agentId, token }));
      const standings = await this.#deps.asker.control(peer, { verb: 'status', tasks });
      for (const [i, { entry, token }] of part.entries())
        if (standings[i] !== 'unknown') await this.#deps.alive(entry, token);
    }
  }
}

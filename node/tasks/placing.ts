// Finds members for a task and ranks them by what each has to do. Must not: ask anybody, or wait for the disk of one task before the next is
// placed.

import type { TaskEvent } from '../../protocol/task/index.ts';
import { type Clock, pause } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import { specOfManifest } from './manifest.ts';
import type { Found, Members } from './members.ts';
import type { TaskBook, TaskEntry } from './task-book.ts';

/** Milliseconds before members that had too much to do are sought again, the first time; then twice as long. */
const BUSY_MS = 500;

export interface PlacingDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly book: Pick<TaskBook, 'manifest' | 'note'>;
  readonly members: Pick<Members, 'find' | 'rank'>;
  readonly log: Logger;
  /** One step of a task; `onTaken` is called when who is asked is decided and counts as load, before that is on disk. */
  readonly step: (entry: TaskEntry, event: TaskEvent, onTaken?: () => void) => Promise<void>;
}

/** Places tasks, one after another: each sees the load that those before it make, and they reach the disk together. */
export class Placing {
  readonly #deps: PlacingDeps;
  readonly #serial = new Serial();

  constructor(deps: PlacingDeps) {
    this.#deps = deps;
  }

  /** Searches for members of a task and tells it who they are; resolves when that is on disk. Throws BUSY or STORAGE_FAILED. */
  async search(entry: TaskEntry): Promise<void> {
    const { book, log, members, step } = this.#deps;
    await this.#pause(entry);
    let found: Found[] = [];
    try {
      const { manifest } = await book.manifest(entry.taskId);
      found = await members.find(specOfManifest(manifest), entry.order, (line) => book.note(entry, line));
    } catch (error) {
      log.warn({ err: error, taskId: entry.taskId }, 'members cannot be searched');
      book.note(entry, `the search failed: ${(error as Error).message}`);
    }
    let written: Promise<void> | undefined;
    await this.#serial.run('place', async () => {
      entry.members = members.rank(found, await book.manifest(entry.taskId), entry.order);
      const agents = entry.members.filter(({ refused }) => refused === null).map(({ agentId }) => agentId);
      book.note(entry, `${entry.members.length} members found, ${agents.length} acceptable`);
      const taken = Promise.withResolvers<void>();
      written = step(entry, { type: 'candidates', agents }, taken.resolve);
      await Promise.race([taken.promise, written]);
    });
    await written;
  }

  /** Who was refused because there was too much to do would be refused again a moment later. */
  async #pause(entry: TaskEntry): Promise<void> {
    const { attempts, searches } = entry.task;
    const error = attempts.at(-1)?.error;
    if (error !== 'BUSY' && error !== 'OVERLOADED') return;
    // The first search is before the first attempt, so that this is the second at least.
    const ms = BUSY_MS * 2 ** Math.max(0, searches - 2);
    this.#deps.book.note(entry, `waits ${ms} ms: who was asked has too much to do`);
    await pause(this.#deps.clock, ms);
  }
}

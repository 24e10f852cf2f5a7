// How tasks lie on disk. What changes with every step is in one level; the members that a search found are most of a task and change with a
// search only: they are in another, written when they are not there yet. What is settled when all is done is in a third. Must not: count
// anything as written before it is.

import { type Database, type JsonLevel, jsonLevel } from '../storage/index.ts';
import type { Member, TaskEntry } from './task-book.ts';

/** A task without its members. Those of the second form hold them themselves. */
type State = Omit<TaskEntry, 'members'> & { readonly members?: Member[] };
type Settled = Pick<TaskEntry, 'settled' | 'countersigned'>;

/** What of a batch is needed here. */
interface Batch {
  put(key: string, value: unknown, options: { readonly sublevel: never }): unknown;
  del(key: string, options: { readonly sublevel: never }): unknown;
}

/** Tasks on disk, by their keys. */
export class TaskEntries {
  readonly #db: Pick<Database, 'failures'>;
  readonly #states: JsonLevel<State>;
  readonly #members: JsonLevel<Member[]>;
  readonly #settled: JsonLevel<Settled>;
  /**
   * The members of each task as they were written last, and how often the disk had failed by then: after a failure what was not acknowledged
   * as durable is written again. As many as there are tasks.
   */
  readonly #written = new Map<string, { readonly members: Member[]; readonly failures: number }>();

  constructor(db: Database) {
    this.#db = db;
    this.#states = jsonLevel<State>(db, 'tasks');
    this.#members = jsonLevel<Member[]>(db, 'task-members');
    this.#settled = jsonLevel<Settled>(db, 'task-settled');
  }

  /** Every task that is there, the oldest first. */
  async *each(): AsyncGenerator<[key: string, entry: TaskEntry]> {
    const members = new Map(await this.#members.iterator().all());
    const settled = new Map(await this.#settled.iterator().all());
    for await (const [key, state] of this.#states.iterator()) {
      const found = members.get(key);
      if (found !== undefined) this.#written.set(key, { members: found, failures: this.#db.failures });
      const entry: TaskEntry = { ...state, members: found ?? state.members ?? [] };
      const last = settled.get(key);
      if (last !== undefined) {
        entry.settled = [...new Set([...entry.settled, ...last.settled])];
        entry.countersigned = [...new Set([...(entry.countersigned ?? []), ...(last.countersigned ?? [])])];
      }
      yield [key, entry];
    }
  }

  /** Adds a task as it is now to a batch; what is answered is to be called when that is written. */
  put(batch: Batch, { members, ...state }: TaskEntry): () => void {
    const { key } = state;
    batch.put(key, state, { sublevel: this.#states as never });
    const { failures } = this.#db;
    const written = this.#written.get(key);
    const isThere = written?.members === members && written.failures === failures;
    if (isThere || (written === undefined && members.length === 0)) return () => {};
    batch.put(key, members, { sublevel: this.#members as never });
    return () => this.#written.set(key, { members, failures });
  }

  /** Adds to a batch what is settled of a task, of which nothing else has changed. */
  putSettled(batch: Batch, { countersigned, key, settled }: TaskEntry): void {
    batch.put(key, { settled, countersigned }, { sublevel: this.#settled as never });
  }

  /** Takes a task away with a batch. */
  del(batch: Batch, key: string): void {
    this.#written.delete(key);
    for (const sublevel of [this.#states, this.#members, this.#settled])
      batch.del(key, { sublevel: sublevel as never });
  }
}

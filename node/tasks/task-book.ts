// The tasks of this node as requester, on disk: a restart forgets none. Bounded; the oldest ended ones give way.

import type { Known } from '../../protocol/capsule/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  isFinal,
  type Ranked,
  type Task,
  type VerifiedManifest,
  verifyManifest,
} from '../../protocol/task/index.ts';
import type { Clock } from '../clock/index.ts';
import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
  orderedKey,
} from '../storage/index.ts';
import type { TaskOrder } from './order.ts';
import { TaskEntries } from './task-entries.ts';

/** Tasks under way at once: a thousand, with room. */
const OPEN_MAX = 2_048;
/** Tasks remembered in all, a few kB each. */
const KEPT_MAX = 5_000;
/** Outputs of ended tasks that are kept. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
/** What happened to a task, for people: the newest. */
const TIMELINE_MAX = 64;

/** A member as it was found and ranked. */
export interface Member
  extends Pick<Ranked, 'agentId' | 'operator' | 'region' | 'score' | 'terms' | 'refused'> {
  readonly name: string;
  /** What the points were made of: to rank again. Absent in tasks of older nodes. */
  readonly known?: Known;
  /** Peer id of the node it lives on. */
  readonly peer: string;
  /** Why find let it through. */
  readonly reasons: readonly { readonly check: string; readonly ok: boolean; readonly detail: string }[];
}

/** A run as its answer said, without its output. */
export interface RunSummary {
  readonly token: number;
  readonly agentId: string;
  readonly status: string;
  readonly exitCode: number | null;
  readonly fuel: string;
  readonly detail: string | null;
  readonly receiptId: string | null;
  /** What is owed for it, as decimal text. */
  readonly owed: { readonly amount: string; readonly currency: string } | null;
}

/** One task, as it is kept. */
export interface TaskEntry {
  readonly key: string;
  readonly taskId: string;
  readonly name: string;
  readonly submittedAt: number;
  readonly order: TaskOrder;
  task: Task;
  members: Member[];
  runs: RunSummary[];
  /** Tokens whose acceptance stands in the log and whose pay has been sent. */
  settled: number[];
  /** Tokens whose acceptance stands in the log, whether their pay could be sent or not. */
  countersigned?: number[];
  /** Statement id of the comparison. */
  comparison: string | null;
  timeline: { at: number; what: string }[];
  endedAt: number | null;
}

/** The book of tasks. */
export class TaskBook {
  readonly #entries: TaskEntries;
  readonly #manifests: BytesLevel;
  readonly #answers: BytesLevel;
  readonly #marks: JsonLevel<number>;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #tasks = new Map<string, TaskEntry>();
  /** Those that had not ended when they were last looked at: a node remembers far more tasks than it has under way. */
  readonly #unended = new Set<TaskEntry>();
  readonly #verified = new Map<string, VerifiedManifest>();
  readonly #answerSizes = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #answerBytes = 0;
  #next = 0;
  /** Told of every change. */
  onChange: (entry: TaskEntry) => void = () => {};

  constructor(deps: { db: Database; clock: Clock }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#entries = new TaskEntries(deps.db);
    this.#manifests = bytesLevel(deps.db, 'task-manifests');
    this.#answers = bytesLevel(deps.db, 'task-answers');
    this.#marks = jsonLevel<number>(deps.db, 'task-marks');
  }

  /** Reads what an earlier run left. */
  async load(): Promise<void> {
    for await (const [key, entry] of this.#entries.each()) {
      this.#tasks.set(entry.taskId, entry);
      this.#unended.add(entry);
      this.#next = Number.parseInt(key, 16) + 1;
      const bytes = isFinal(entry.task.phase) ? undefined : await this.#manifests.get(entry.taskId);
      if (bytes !== undefined) this.#verified.set(entry.taskId, verifyManifest(bytes));
    }
    for await (const [key, bytes] of this.#answers.iterator()) this.#noteAnswer(key, bytes.length);
  }

  /** Tasks that have not ended. */
  open(): TaskEntry[] {
    // A final state is never left.
    for (const entry of this.#unended) if (isFinal(entry.task.phase)) this.#unended.delete(entry);
    return [...this.#unended];
  }

  /** Newest first. */
  list(): TaskEntry[] {
    return [...this.#tasks.values()].reverse();
  }

  find(taskId: string): TaskEntry | undefined {
    return this.#tasks.get(taskId);
  }

  /** A task by id, or by an end of its id that only one has. Throws NOT_FOUND. */
  get(taskId: string): TaskEntry {
    const exact = this.#tasks.get(taskId);
    if (exact !== undefined) return exact;
    const matches =
      taskId.length >= 6 ? [...this.#tasks.values()].filter((task) => task.taskId.endsWith(taskId)) : [];
    if (matches.length === 1) return matches[0] as TaskEntry;
    throw new ZeroError(
      'NOT_FOUND',
      matches.length === 0 ? `no task ${taskId.slice(0, 64)}` : `${taskId} is the end of several tasks`,
      { hint: 'List them: "zerostate task history".' },
    );
  }

  /** The signed manifest of a task. Throws NOT_FOUND. */
  async manifest(taskId: string): Promise<VerifiedManifest> {
    const known = this.#verified.get(taskId);
    if (known !== undefined) return known;
    const bytes = await this.#manifests.get(taskId);
    if (bytes === undefined) throw new ZeroError('NOT_FOUND', `the manifest of task ${taskId} is not kept`);
    return verifyManifest(bytes);
  }

  /** Adds a task; it is on disk when this returns. Throws BUSY. */
  async create(
    input: Pick<TaskEntry, 'taskId' | 'name' | 'order' | 'task'>,
    manifest: VerifiedManifest,
    bytes: Uint8Array,
  ): Promise<TaskEntry> {
    if (this.#unended.size >= OPEN_MAX && this.open().length >= OPEN_MAX)
      throw new ZeroError('BUSY', `${OPEN_MAX} tasks are under way`);
    const entry: TaskEntry = {
      ...input,
      key: orderedKey(this.#next++),
      submittedAt: this.#clock.now(),
      members: [],
      runs: [],
      settled: [],
      comparison: null,
      timeline: [],
      endedAt: null,
    };
    this.#tasks.set(entry.taskId, entry);
    this.#unended.add(entry);
    this.#verified.set(entry.taskId, manifest);
    this.note(entry, 'submitted');
    const batch = this.#db.batch();
    batch.put(entry.taskId, bytes, { sublevel: this.#manifests });
    this.#entries.put(batch, entry);
    await batch.write(DURABLE);
    await this.#forgetOld();
    return entry;
  }

  /** Notes what happened, for people. */
  note(entry: TaskEntry, what: string): void {
    entry.timeline = [...entry.timeline.slice(1 - TIMELINE_MAX), { at: this.#clock.now(), what }];
  }

  /** Writes a task as it is now; with `durable` it is on disk when this returns. One that was forgotten stays so. */
  async save(entry: TaskEntry, durable: boolean): Promise<void> {
    this.onChange(entry);
    if (!this.#tasks.has(entry.taskId)) return;
    const batch = this.#db.batch();
    const written = this.#entries.put(batch, entry);
    await batch.write({ sync: durable });
    written();
  }

  /** When this returns, all that was saved before is on disk: the database has one journal, in the order of writing. Throws STORAGE_FAILED. */
  async toDisk(): Promise<void> {
    await this.#db.batch().put('to-disk', 1, { sublevel: this.#marks }).write(DURABLE);
  }

  /** Writes what is settled of a task that was saved as it is otherwise. */
  async saveSettled(entry: TaskEntry): Promise<void> {
    this.onChange(entry);
    if (!this.#tasks.has(entry.taskId)) return;
    const batch = this.#db.batch();
    this.#entries.putSettled(batch, entry);
    await batch.write();
  }

  /** Keeps what a run answered, durably. */
  async keepAnswer(taskId: string, token: number, bytes: Uint8Array): Promise<void> {
    const key = `${taskId}/${token}`;
    this.#noteAnswer(key, bytes.length);
    const batch = this.#db.batch();
    batch.put(key, bytes, { sublevel: this.#answers });
    for (const [old, size] of this.#answerSizes) {
      if (this.#answerBytes <= ANSWER_BYTES_MAX) break;
      if (old === key) continue;
      this.#answerSizes.delete(old);
      this.#answerBytes -= size;
      batch.del(old, { sublevel: this.#answers });
    }
    await batch.write(DURABLE);
  }

  async answer(taskId: string, token: number): Promise<Uint8Array | undefined> {
    return await this.#answers.get(`${taskId}/${token}`);
  }

  #noteAnswer(key: string, bytes: number): void {
    this.#answerBytes += bytes - (this.#answerSizes.get(key) ?? 0);
    this.#answerSizes.set(key, bytes);
  }

  async #forgetOld(): Promise<void> {
    if (this.#tasks.size <= KEPT_MAX) return;
    const oldest = this.#oldestEnded();
    if (oldest === undefined) return;
    const { key, taskId } = oldest;
    this.#tasks.delete(taskId);
    this.#verified.delete(taskId);
    const batch = this.#db.batch();
    this.#entries.del(batch, key);
    batch.del(taskId, { sublevel: this.#manifests });
    await batch.write();
  }

  /** The oldest task that has ended and owes nothing; where all owe something, the oldest that has ended. */
  #oldestEnded(): TaskEntry | undefined {
    let oldest: TaskEntry | undefined;
    for (const entry of this.#tasks.values()) {
      if (!isFinal(entry.task.phase)) continue;
      if (entry.task.accepted.every((token) => entry.settled.includes(token))) return entry;
      oldest ??= entry;
    }
    return oldest;
  }

  /** Ends a task: who waits is told. */
  end(entry: TaskEntry): void {
    entry.endedAt ??= this.#clock.now();
    this.#unended.delete(entry);
    this.#verified.delete(entry.taskId);
    for (const wake of this.#waiting.get(entry.taskId) ?? []) wake();
    this.#waiting.delete(entry.taskId);
  }

  /** Waits until the task has ended, `ms` at most. Throws NOT_FOUND. */
  async ended(taskId: string, ms: number): Promise<TaskEntry> {
    const entry = this.get(taskId);
    if (entry.endedAt !== null) return entry;
    await new Promise<void>((resolve) => {
      const wakes = this.#waiting.get(entry.taskId) ?? new Set();
      const cancel = this.#clock.after(ms, () => {
        wakes.delete(wake);
        resolve();
      });
      const wake = () => {
        cancel();
        resolve();
      };
      this.#waiting.set(entry.taskId, wakes.add(wake));
    });
    return entry;
  }
}

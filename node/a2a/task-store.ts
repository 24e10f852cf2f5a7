// Tasks as A2A clients see them, on disk so that a client can ask for its result after a restart. Bounded: the oldest give way.
// The tasks themselves live in the node's own task book; this is what was said about them.

import { type ListTasksRequest, Task, TaskState } from '@a2a-js/sdk';
import type { TaskStore } from '@a2a-js/sdk/server';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';

/** Tasks kept: with the bytes below, what a busy day of a small agent leaves. */
export const A2A_TASKS_MAX = 2_000;
/** Bytes of tasks kept, as JSON with their artifacts. */
export const A2A_BYTES_MAX = 256 * 1024 * 1024;
/** Tasks of one page when the client names no number, and at most. */
export const A2A_PAGE_MAX = 100;

/** What is known of a task without reading it. */
interface Line {
  readonly contextId: string;
  readonly state: TaskState;
  readonly at: string;
  readonly bytes: number;
}

export const FINAL_STATES: readonly TaskState[] = [
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
];

/** The A2A tasks of one node. `revive` brings a task up to date that nobody follows any more. */
export class A2aTaskStore implements TaskStore {
  readonly #db: Database;
  readonly #level: JsonLevel<unknown>;
  readonly #lines = new Map<string, Line>();
  readonly #revive: (task: Task) => Promise<Task | undefined>;
  #bytes = 0;
  #loaded: Promise<void> | undefined;

  constructor(db: Database, revive: (task: Task) => Promise<Task | undefined>) {
    this.#db = db;
    this.#level = jsonLevel<unknown>(db, 'a2a-tasks');
    this.#revive = revive;
  }

  async save(task: Task): Promise<void> {
    await this.#ready();
    const json = Task.toJSON(task);
    await this.#db
      .batch()
      .put(task.id, json, { sublevel: this.#level as never })
      .write(DURABLE);
    this.#note(task, JSON.stringify(json).length);
    for (const [id, line] of this.#lines) {
      if (this.#lines.size <= A2A_TASKS_MAX && this.#bytes <= A2A_BYTES_MAX) break;
      if (id === task.id) continue;
      this.#lines.delete(id);
      this.#bytes -= line.bytes;
      await this.#level.del(id);
    }
  }

  async load(taskId: string): Promise<Task | undefined> {
    await this.#ready();
    const json = this.#lines.has(taskId) ? await this.#level.get(taskId) : undefined;
    if (json === undefined) return undefined;
    const task = Task.fromJSON(json);
    if (FINAL_STATES.includes(task.status?.state ?? TaskState.TASK_STATE_UNSPECIFIED)) return task;
    const now = await this.#revive(task);
    if (now === undefined) return task;
    await this.save(now);
    return now;
  }

  async list(
    params: ListTasksRequest,
  ): Promise<{ tasks: Task[]; nextPageToken: string; pageSize: number; totalSize: number }> {
    await this.#ready();
    const { contextId, includeArtifacts, pageToken, status } = params;
    const after = params.statusTimestampAfter ?? '';
    const pageSize = Math.min(Math.max(params.pageSize ?? A2A_PAGE_MAX, 1), A2A_PAGE_MAX);
    const wanted = [...this.#lines]
      .filter(([, line]) => contextId === '' || line.contextId === contextId)
      .filter(([, line]) => status === TaskState.TASK_STATE_UNSPECIFIED || line.state === status)
      .filter(([, line]) => after === '' || Date.parse(line.at) > Date.parse(after))
      .sort(([a, x], [b, y]) => (x.at === y.at ? (a < b ? 1 : -1) : x.at < y.at ? 1 : -1))
      .map(([id]) => id);
    const from = pageToken === '' ? 0 : wanted.indexOf(pageToken) + 1;
    const page = wanted.slice(from, from + pageSize);
    const tasks = (await Promise.all(page.map((id) => this.load(id)))).filter((task) => task !== undefined);
    return {
      tasks: includeArtifacts === true ? tasks : tasks.map((task) => ({ ...task, artifacts: [] })),
      nextPageToken: from + page.length < wanted.length ? (page.at(-1) ?? '') : '',
      pageSize,
      totalSize: wanted.length,
    };
  }

  #note(task: Task, bytes: number): void {
    const old = this.#lines.get(task.id);
    this.#bytes += bytes - (old?.bytes ?? 0);
    const { state = TaskState.TASK_STATE_UNSPECIFIED, timestamp = '' } = task.status ?? {};
    this.#lines.set(task.id, { contextId: task.contextId, state, at: timestamp, bytes });
  }

  #ready(): Promise<void> {
    this.#loaded ??= (async () => {
      const found: [Task, number][] = [];
      for await (const [, json] of this.#level.iterator())
        found.push([Task.fromJSON(json), JSON.stringify(json).length]);
      found.sort(([a], [b]) => ((a.status?.timestamp ?? '') < (b.status?.timestamp ?? '') ? -1 : 1));
      for (const [task, bytes] of found) this.#note(task, bytes);
    })();
    return this.#loaded;
  }
}

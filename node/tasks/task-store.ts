// Tasks that this node asked others to run, with their states. In memory, bounded; receipts of finished ones are kept in the database.

import { toBase64 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { TaskView } from '../api/views.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Reason } from '../find/find-service.ts';
import type { TaskResponse } from './manifest.ts';

/** Tasks remembered; output is at most some MiB each, so the number stays small. */
const TASKS_MAX = 200;

export interface TaskRecord {
  readonly taskId: string;
  readonly name: string;
  readonly submittedAt: number;
  state: 'finding' | 'running' | 'done' | 'failed';
  executor: { agentId: string; name: string; reasons: readonly Reason[] } | undefined;
  response: TaskResponse | undefined;
  receiptId: string | undefined;
  error: ZeroError | undefined;
  tried: { agentId: string; name: string; error: string }[];
  endedAt: number | undefined;
}

/** Remembers tasks and lets callers wait for their end. */
export class TaskStore {
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #clock: Clock;
  readonly #onChange: (view: TaskView) => void;

  constructor(deps: { clock: Clock; onChange: (view: TaskView) => void }) {
    this.#clock = deps.clock;
    this.#onChange = deps.onChange;
  }

  create(taskId: string, name: string): TaskRecord {
    const running = [...this.#tasks.values()].filter((task) => task.endedAt === undefined).length;
    if (running >= TASKS_MAX) throw new ZeroError('BUSY', `${running} tasks are under way`);
    for (const [id, task] of this.#tasks) {
      if (this.#tasks.size < TASKS_MAX) break;
      if (task.endedAt !== undefined) this.#tasks.delete(id);
    }
    const task: TaskRecord = {
      taskId,
      name,
      submittedAt: this.#clock.now(),
      state: 'finding',
      executor: undefined,
      response: undefined,
      receiptId: undefined,
      error: undefined,
      tried: [],
      endedAt: undefined,
    };
    this.#tasks.set(taskId, task);
    this.#onChange(viewOf(task));
    return task;
  }

  /** Changes a task and tells watchers; an end wakes who waits. */
  update(task: TaskRecord, change: Partial<TaskRecord>): void {
    Object.assign(task, change);
    if (task.state === 'done' || task.state === 'failed') {
      task.endedAt ??= this.#clock.now();
      for (const wake of this.#waiting.get(task.taskId) ?? []) wake();
      this.#waiting.delete(task.taskId);
    }
    this.#onChange(viewOf(task));
  }

  /** Throws NOT_FOUND. */
  get(taskId: string): TaskRecord {
    const task = this.#tasks.get(taskId);
    if (task === undefined) throw new ZeroError('NOT_FOUND', `no task ${taskId.slice(0, 64)}`);
    return task;
  }

  list(): TaskRecord[] {
    return [...this.#tasks.values()].reverse();
  }

  /** Waits until the task has ended, `ms` at most. */
  async ended(taskId: string, ms: number): Promise<TaskRecord> {
    const task = this.get(taskId);
    if (task.endedAt !== undefined) return task;
    await new Promise<void>((resolve) => {
      const wakes = this.#waiting.get(taskId) ?? new Set();
      const cancel = this.#clock.after(ms, () => {
        wakes.delete(wake);
        resolve();
      });
      const wake = () => {
        cancel();
        resolve();
      };
      this.#waiting.set(taskId, wakes.add(wake));
    });
    return task;
  }
}

/** What the API shows of a task. */
export function viewOf(task: TaskRecord): TaskView {
  const { response } = task;
  return {
    taskId: task.taskId,
    name: task.name,
    state: task.state,
    status: response?.status ?? null,
    exitCode: response?.exitCode ?? null,
    fuel: response?.fuel ?? null,
    executor: task.executor?.agentId ?? null,
    executorName: task.executor?.name ?? null,
    stdout: toBase64(response?.stdout ?? new Uint8Array()),
    stderr: toBase64(response?.stderr ?? new Uint8Array()),
    outputs: Object.fromEntries(
      Object.entries(response?.outputs ?? {}).map(([path, bytes]) => [path, toBase64(bytes)]),
    ),
    receiptId: task.receiptId ?? null,
    error:
      task.error === undefined
        ? null
        : { code: task.error.code, message: task.error.message, hint: task.error.hint },
    tried: task.tried,
    why: [...(task.executor?.reasons ?? [])],
    submittedAt: rfc3339(task.submittedAt),
    tookMs: task.endedAt === undefined ? null : task.endedAt - task.submittedAt,
  };
}

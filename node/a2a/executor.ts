// Does what A2A messages ask, with the node's own requester and find, and tells how it goes. One executor for each agent that is served.

import { type Artifact, type Task, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { TaskView } from '../api/views.ts';
import type { NodeContext } from '../context.ts';
import { outputOf, viewOf } from '../tasks/view.ts';
import { artifactsOf, linesOf, says, sentenceOf, stateOf } from './answer.ts';
import { readMessage } from './message.ts';

/** Tasks that are followed for clients at once. */
export const A2A_LIVE_MAX = 64;
/** How often a client that listens is told how a task stands, when that has changed. */
const TELL_MS = 1_000;
/** Agents that a search answers. */
const FOUND_MAX = 10;
/** Member of an A2A task's metadata that names the task of ours behind it. */
export const TASK_ID = 'zerostateTaskId';

type Served = Pick<NodeContext, 'clock' | 'files' | 'find' | 'requester' | 'tasks'>;

/** The view of a task with its output, and its artifacts once it has ended. */
export async function resultOf(
  node: Served,
  taskId: string,
): Promise<{ view: TaskView; artifacts: Artifact[] }> {
  const entry = node.tasks.get(taskId);
  const view = viewOf(entry, await outputOf(node.tasks, entry));
  const receipt = view.receiptId === null ? undefined : await node.files.get(view.receiptId);
  return { view, artifacts: view.ended ? artifactsOf(view, receipt) : [] };
}

/** Executes messages for one agent of this node. */
export class A2aExecutor implements AgentExecutor {
  readonly #node: Served;
  readonly #agentId: string;
  /** Our task behind each A2A task that is followed; counted from the moment at which it is handed over, so that a burst stays within the bound. */
  readonly #live = new Map<string, Promise<string>>();

  constructor(node: Served, agentId: string) {
    this.#node = node;
    this.#agentId = agentId;
  }

  /** True while somebody follows the task, who will say how it ends. */
  follows(a2aTaskId: string): boolean {
    return this.#live.has(a2aTaskId);
  }

  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { contextId, taskId, userMessage } = context;
    const ids = { taskId, contextId, messageId: `${taskId}-status` };
    try {
      const asked = readMessage(userMessage, this.#agentId);
      if (asked.kind === 'search') {
        const answer = await this.#node.find.find({ text: asked.text, limit: FOUND_MAX });
        bus.publish(AgentEvent.message(says({ contextId, messageId: taskId }, linesOf(answer), answer)));
        return;
      }
      if (this.#live.size >= A2A_LIVE_MAX)
        throw new ZeroError('BUSY', `${A2A_LIVE_MAX} tasks are under way already`);
      const submitted = this.#node.requester.submit(asked.input).then((task) => task.taskId);
      this.#live.set(taskId, submitted);
      try {
        const ours = await submitted;
        bus.publish(AgentEvent.task(this.#begun(context, ours)));
        await this.#follow(ids, ours, bus);
      } finally {
        this.#live.delete(taskId);
      }
    } catch (error) {
      if (!isZeroError(error)) throw error;
      const text = `${error.message} [${error.code}] ${error.hint}`;
      bus.publish(AgentEvent.task({ ...this.#begun(context, ''), status: undefined }));
      const message = says(ids, text, { error: error.toJSON() });
      const state = TaskState.TASK_STATE_REJECTED;
      bus.publish(AgentEvent.statusUpdate(this.#status(ids, state, message)));
    } finally {
      bus.finished();
    }
  };

  /** Asks our task to stop; who follows it says that it has. */
  cancelTask = async (taskId: string, bus: ExecutionEventBus): Promise<void> => {
    const ours = await this.#live.get(taskId)?.catch(() => undefined);
    if (ours !== undefined) await this.#node.requester.cancel(ours);
    else bus.finished();
  };

  #begun({ contextId, taskId, userMessage }: RequestContext, ours: string): Task {
    return {
      id: taskId,
      contextId,
      status: this.#at(TaskState.TASK_STATE_SUBMITTED),
      artifacts: [],
      // What was sent is on disk with our task; a module of megabytes need not be sent back with every answer.
      history: [
        { ...userMessage, parts: userMessage.parts.filter(({ content }) => content?.$case !== 'raw') },
      ],
      metadata: ours === '' ? undefined : { [TASK_ID]: ours },
    };
  }

  async #follow(
    ids: { taskId: string; contextId: string; messageId: string },
    ours: string,
    bus: ExecutionEventBus,
  ): Promise<void> {
    let told = '';
    for (;;) {
      const ended = await this.#node.tasks.ended(ours, TELL_MS);
      const view = viewOf(ended);
      const now = sentenceOf(view);
      if (view.ended) break;
      if (now !== told)
        bus.publish(AgentEvent.statusUpdate(this.#status(ids, stateOf(view), says(ids, now))));
      told = now;
    }
    const { artifacts, view } = await resultOf(this.#node, ours);
    const { contextId, taskId } = ids;
    for (const artifact of artifacts)
      bus.publish(
        AgentEvent.artifactUpdate({
          taskId,
          contextId,
          artifact,
          append: false,
          lastChunk: true,
          metadata: undefined,
        }),
      );
    const last = says(ids, sentenceOf(view), summaryOf(view));
    bus.publish(AgentEvent.statusUpdate(this.#status(ids, stateOf(view), last)));
  }

  #status(ids: { taskId: string; contextId: string }, state: TaskState, message: ReturnType<typeof says>) {
    const { contextId, taskId } = ids;
    return { taskId, contextId, status: { ...this.#at(state), message }, metadata: undefined };
  }

  #at(state: TaskState) {
    return { state, message: undefined, timestamp: new Date(this.#node.clock.now()).toISOString() };
  }
}

/** What of a view a client needs to go on: everything but the output, which is in the artifacts. */
export function summaryOf(view: TaskView) {
  const { error, executor, exitCode, fuel, outcome, receiptId, state, status, taskId } = view;
  return { taskId, state, status, exitCode, fuel, executor, receiptId, outcome, error };
}

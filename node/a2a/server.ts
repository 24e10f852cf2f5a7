// The A2A protocol over JSON-RPC for the agents of this node: the official SDK's request handler with our executor and store behind it.

import { AgentCard, type Task } from '@a2a-js/sdk';
import {
  DefaultExecutionEventBusManager,
  DefaultRequestHandler,
  JsonRpcTransportHandler,
  ServerCallContext,
  type User,
  validateVersion,
} from '@a2a-js/sdk/server';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { NodeContext } from '../context.ts';
import { says, sentenceOf, stateOf } from './answer.ts';
import { a2aCardOf, servedAgent } from './cards.ts';
import { A2aExecutor, resultOf, summaryOf, TASK_ID } from './executor.ts';
import { A2aTaskStore } from './task-store.ts';

/** The API's token was checked before a request comes here. */
const CALLER: User = { isAuthenticated: true, userName: 'token' };

/** What a client speaks that sends no version: so says A2A 1.0, section 3.6.2. */
const UNNAMED_VERSION = '0.3';

type Answer = Awaited<ReturnType<JsonRpcTransportHandler['handle']>>;

/** Answers A2A requests for every agent of a node. */
export class A2aServer {
  readonly #node: NodeContext;
  readonly #executors = new Map<string, A2aExecutor>();
  /** Shared by all requests: a client cancels, and joins, what another request began. */
  readonly #buses = new DefaultExecutionEventBusManager();
  readonly #store: A2aTaskStore;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#store = new A2aTaskStore(node.db, (task) => this.#revive(task));
  }

  /** Handles one JSON-RPC request to an agent. Throws NOT_FOUND for an agent that is not served. */
  async handle(
    agentId: string,
    base: string,
    request: { body: unknown; version: string | undefined },
  ): Promise<Answer> {
    const entry = servedAgent(this.#node, agentId);
    const card = AgentCard.fromJSON(a2aCardOf(this.#node, entry, base));
    try {
      const requestedVersion = request.version;
      const context = new ServerCallContext({
        user: CALLER,
        ...(requestedVersion === undefined ? {} : { requestedVersion }),
      });
      validateVersion(requestedVersion ?? UNNAMED_VERSION, card, 'JSONRPC');
      const handler = new DefaultRequestHandler(card, this.#store, this.#executor(agentId), this.#buses);
      return await new JsonRpcTransportHandler(handler).handle(
        request.body as Record<string, unknown>,
        context,
      );
    } catch (error) {
      const { id = null } = (request.body ?? {}) as { id?: string | number | null };
      return { jsonrpc: '2.0', id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) };
    }
  }

  /** One executor for each agent: never more than the agents of this node. */
  #executor(agentId: string): A2aExecutor {
    const known = this.#executors.get(agentId) ?? new A2aExecutor(this.#node, agentId);
    this.#executors.set(agentId, known);
    return known;
  }

  /** A task that was under way when the node stopped: what the node's own task book says of it now. */
  async #revive(task: Task): Promise<Task | undefined> {
    const ours = task.metadata?.[TASK_ID] as string | undefined;
    if (ours === undefined || [...this.#executors.values()].some((one) => one.follows(task.id)))
      return undefined;
    try {
      const { artifacts, view } = await resultOf(this.#node, ours);
      const { contextId, id: taskId } = task;
      const message = says(
        { taskId, contextId, messageId: `${taskId}-status` },
        sentenceOf(view),
        summaryOf(view),
      );
      const timestamp = new Date(this.#node.clock.now()).toISOString();
      return { ...task, artifacts, status: { state: stateOf(view), message, timestamp } };
    } catch (error) {
      if (isZeroError(error)) return undefined;
      throw error;
    }
  }
}

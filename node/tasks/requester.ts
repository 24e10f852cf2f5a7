// The requester: finds a member for a task, has it run there, checks the receipt against what it asked and what it got, keeps it.

import { randomUUID } from 'node:crypto';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { type EnvelopeJson, envelopeFromJson } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import { bytesDigest, verifyReceipt } from '../../protocol/receipt/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { FindResult, FindService } from '../find/find-service.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { capsuleOf, decodeReceiptFile, encodeReceiptFile } from '../receipts/receipt-file.ts';
import type { ReceiptFiles } from '../receipts/receipt-files.ts';
import type { Rpc } from '../rpc/index.ts';
import { askedDigests, gotDigests } from './deterministic.ts';
import { type Executor, taskProtocol, taskProtocolId } from './executor.ts';
import {
  decodeTaskResponse,
  encodeTaskRequest,
  jobOf,
  manifestBytes,
  TASK_RESPONSE_BYTES_MAX,
  type TaskParts,
  type TaskResponse,
} from './manifest.ts';
import type { TaskRecord, TaskStore } from './task-store.ts';

/** Members tried, best first, before a task fails. */
const MEMBERS_MAX = 3;
/** Time beyond a task's own wall-clock limit for transport, queueing and the receipt. */
const MARGIN_MS = 30_000;
/** Ends of a task that another member might still avoid. */
const WORTH_ANOTHER = new Set(['PEER_UNREACHABLE', 'BUSY', 'TASK_REFUSED', 'RECEIPT_REFUSED']);
/** Statuses that say nothing about the task itself: its member failed, not the module. */
const MEMBER_FAILED = new Set(['HOST_OOM', 'WORKER_CRASH', 'OVERLOADED', 'CANCELLED']);

export interface RequesterDeps {
  readonly rpc: Rpc;
  readonly host: Host;
  readonly find: FindService;
  readonly cards: CardService;
  readonly tasks: TaskStore;
  /** For agents of this node itself. */
  readonly executor: Executor;
  readonly files: ReceiptFiles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
}

/** Has tasks run by others. */
export class Requester {
  readonly #deps: RequesterDeps;

  constructor(deps: RequesterDeps) {
    this.#deps = deps;
  }

  /** Starts a task; answers its record at once. Throws USAGE, LIMIT_EXCEEDED or BUSY. */
  submit(parts: TaskParts): TaskRecord {
    const { tasks, clock, metrics, log } = this.#deps;
    const task = tasks.create(randomUUID(), parts.manifest.name);
    void this.#run(task, parts)
      .catch((error: unknown) => {
        if (!isZeroError(error)) log.error({ err: error, taskId: task.taskId }, 'task failed unexpectedly');
        tasks.update(task, {
          state: 'failed',
          error: isZeroError(error)
            ? error
            : new ZeroError('INTERNAL', 'the task failed unexpectedly', { cause: error }),
        });
      })
      .finally(() => {
        metrics.count('zerostate_tasks_total', {
          role: 'requester',
          status: task.response?.status ?? task.error?.code ?? 'UNKNOWN',
        });
        metrics.observe('zerostate_task_seconds', (clock.now() - task.submittedAt) / 1000);
      });
    return task;
  }

  async #run(task: TaskRecord, parts: TaskParts): Promise<void> {
    const { find, tasks } = this.#deps;
    const { capability, tags, region } = parts.manifest;
    const filter = {
      ...(tags.length === 0 ? {} : { tagsAll: tags }),
      ...(region === undefined ? {} : { region }),
    };
    const { results } = await find.find({ text: capability, limit: MEMBERS_MAX, filter });
    for (const member of results) {
      tasks.update(task, {
        state: 'running',
        executor: { agentId: member.agentId, name: member.name, reasons: member.reasons },
      });
      try {
        const response = await this.#ask(task, parts, member);
        if (MEMBER_FAILED.has(response.status))
          throw new ZeroError('BUSY', `the member ended with ${response.status}`);
        const receiptId =
          response.receipt === null
            ? undefined
            : await this.#accept(parts, member, response, response.receipt);
        tasks.update(task, { state: 'done', response, receiptId });
        return;
      } catch (error) {
        if (!isZeroError(error) || !WORTH_ANOTHER.has(error.code)) throw error;
        tasks.update(task, {
          tried: [
            ...task.tried,
            { agentId: member.agentId, name: member.name, error: `${error.code}: ${error.message}` },
          ],
        });
      }
    }
    throw new ZeroError(
      'NO_MEMBER',
      task.tried.length === 0
        ? `no acceptable agent for "${capability}"${tags.length === 0 ? '' : ` with the tags ${tags.join(', ')}`}`
        : `every member that was tried failed: ${task.tried.map((tried) => `${tried.name} (${tried.error})`).join('; ')}`,
    );
  }

  async #ask(task: TaskRecord, parts: TaskParts, member: FindResult): Promise<TaskResponse> {
    const { cards, executor, host, network, rpc } = this.#deps;
    const entry = await cards.resolve(member.agentId);
    const endpoint = entry?.card.endpoints.find(({ protocol }) => protocol === taskProtocolId(network));
    if (endpoint === undefined)
      throw new ZeroError('TASK_REFUSED', 'the agent has no endpoint for tasks on this network');
    const peer = peerIdFromString(endpoint.peer);
    const request = { ...parts, taskId: task.taskId, agentId: member.agentId };
    if (peer.equals(host.peerId)) return await executor.execute(request, peer);
    // The card's addresses are a hint: libp2p authenticates the peer id whatever they say.
    if (endpoint.addresses.length > 0)
      await host.peerStore
        .merge(peer, { multiaddrs: endpoint.addresses.map((address) => multiaddr(address)) })
        .catch(() => undefined);
    const bytes = await rpc.call(peer, taskProtocol(network), encodeTaskRequest(request), {
      timeoutMs: parts.manifest.limits.wallMs + MARGIN_MS,
    });
    return decodeTaskResponse(bytes);
  }

  /** Believes a result only when the receipt verifies, is the member's, and says what was asked and what came. Keeps it with its capsule. */
  async #accept(
    parts: TaskParts,
    member: FindResult,
    response: TaskResponse,
    receipt: Uint8Array,
  ): Promise<string> {
    const report = verify(receipt, { now: this.#deps.clock.now() });
    const failed = report.checks.find((check) => !check.ok);
    if (failed !== undefined) throw new ZeroError('RECEIPT_REFUSED', `${failed.name}: ${failed.detail}`);
    const file = decodeReceiptFile(receipt, TASK_RESPONSE_BYTES_MAX);
    const {
      issuer,
      receipt: predicate,
      id,
    } = verifyReceipt(envelopeFromJson(file.receipt as EnvelopeJson & JsonValue));
    if (issuer !== member.agentId)
      throw new ZeroError('RECEIPT_REFUSED', 'the receipt is of another agent than the one that was asked');
    if (predicate.observed.manifestDigest !== bytesDigest(manifestBytes(parts.manifest)))
      throw new ZeroError('RECEIPT_REFUSED', 'the receipt is of another manifest');
    const said = { ...predicate.deterministic, ...predicate.deterministic.result } as Record<string, unknown>;
    for (const [name, digest] of Object.entries({ ...askedDigests(jobOf(parts)), ...gotDigests(response) })) {
      if (said[name] !== digest)
        throw new ZeroError('RECEIPT_REFUSED', `${name} of the receipt is not that of the task`);
    }
    if (
      predicate.deterministic.result.status !== response.status ||
      predicate.deterministic.result.fuel !== response.fuel
    )
      throw new ZeroError('RECEIPT_REFUSED', 'the receipt names another end than the answer');
    await this.#deps.files.put(id, encodeReceiptFile({ ...file, inputs: capsuleOf(parts) }));
    return id;
  }
}

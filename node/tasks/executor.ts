// The executor: runs a peer's task for an agent that lives here, signs what happened, logs it, and answers.
// A result leaves this node only after its receipt is on disk.

import type { PeerId } from '@libp2p/interface';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { bytesDigest, signReceipt } from '../../protocol/receipt/index.ts';
import type { Runner, RunResult } from '../../wasm-runner/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { buildReceiptFile, encodeReceiptFile } from '../receipts/receipt-file.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { deterministicPart } from './deterministic.ts';
import {
  decodeTaskRequest,
  encodeTaskResponse,
  jobOf,
  manifestBytes,
  TASK_REQUEST_BYTES_MAX,
  TASK_RESPONSE_BYTES_MAX,
  type TaskRequest,
  type TaskResponse,
} from './manifest.ts';

/** libp2p protocol id of tasks on a network. */
export function taskProtocolId(network: string): string {
  return `/zerostate/${network}/task/1`;
}

/** Bounds of the task protocol. */
export function taskProtocol(network: string): RpcProtocol {
  return {
    id: taskProtocolId(network),
    requestBytesMax: TASK_REQUEST_BYTES_MAX,
    responseBytesMax: TASK_RESPONSE_BYTES_MAX,
    timeoutMs: 120_000,
    perSecond: 20,
    burst: 100,
  };
}

export interface ExecutorDeps {
  readonly rpc: Rpc;
  readonly runner: Runner;
  readonly vault: AgentVault;
  readonly book: CardBook;
  readonly ownLog: OwnLog;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  readonly peerId: string;
  readonly limits: Config['tasks'];
}

/** Runs tasks of others. */
export class Executor {
  readonly #deps: ExecutorDeps;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
  }

  /** Takes tasks from peers, unless the configuration says not to. */
  async start(): Promise<void> {
    if (!this.#deps.limits.accept) return;
    await this.#deps.rpc.handle(taskProtocol(this.#deps.network), async (bytes, peer) =>
      encodeTaskResponse(await this.execute(decodeTaskRequest(bytes), peer)),
    );
  }

  /** Refuses what is over this node's ceilings before any work is done. */
  #admit(request: TaskRequest): void {
    const { fuelMax, memoryBytesMax, wallMsMax } = this.#deps.limits;
    const { fuel, memoryBytes, wallMs } = request.manifest.limits;
    if (!this.#deps.vault.has(request.agentId))
      throw new ZeroError('TASK_REFUSED', 'that agent does not live here');
    if (BigInt(fuel) > BigInt(fuelMax)) throw new ZeroError('TASK_REFUSED', `at most ${fuelMax} fuel here`);
    if (memoryBytes > memoryBytesMax)
      throw new ZeroError('TASK_REFUSED', `at most ${memoryBytesMax} bytes of memory here`);
    if (wallMs > wallMsMax) throw new ZeroError('TASK_REFUSED', `at most ${wallMsMax} ms here`);
  }

  /** Runs a task of a peer (or of this node itself). Throws TASK_REFUSED. */
  async execute(request: TaskRequest, peer: PeerId): Promise<TaskResponse> {
    const { clock, log, metrics, runner } = this.#deps;
    this.#admit(request);
    const startedAt = clock.now();
    const job = jobOf(request);
    const result = await runner.run(job);
    metrics.count('zerostate_tasks_total', { role: 'executor', status: result.status });
    log.info(
      {
        taskId: request.taskId,
        task: request.manifest.name,
        agentId: request.agentId,
        requester: peer.toString(),
        status: result.status,
        fuel: result.fuel.toString(),
        wallMs: result.wallMs,
      },
      'task ended',
    );
    const receipt = result.signable ? await this.#receipt(request, result, startedAt) : null;
    return {
      status: result.status,
      exitCode: result.exitCode,
      fuel: result.fuel.toString(),
      stdout: result.stdout,
      stderr: result.stderr,
      outputs: result.outputs,
      detail: result.detail ?? null,
      receipt,
    };
  }

  async #receipt(request: TaskRequest, result: RunResult, startedAt: number): Promise<Uint8Array> {
    const { book, clock, ownLog, peerId, store, vault } = this.#deps;
    const agent = vault.get(request.agentId);
    const envelope = signReceipt({
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
      issuedAt: rfc3339(clock.now()),
      deterministic: deterministicPart(jobOf(request), result),
      observed: {
        taskId: request.taskId,
        manifestDigest: bytesDigest(manifestBytes(request.manifest)),
        requester: null,
        executor: peerId,
        origin: ownLog.origin,
        startedAt: rfc3339(startedAt),
        wallMs: Math.round(result.wallMs),
      },
    });
    const position = await ownLog.append(envelope);
    const card = book.get(request.agentId);
    // The card travels with the receipt so that a stranger can see what the executor had promised.
    return encodeReceiptFile(await buildReceiptFile(store, position, card?.bytes));
  }
}

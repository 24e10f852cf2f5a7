// The executor: takes signed manifests from peers, runs them for agents that live here, signs what happened, logs it, and answers.
// A result leaves this node only after its receipt is on disk. Asking twice is one run.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import { timeMs } from '../../protocol/fields/index.ts';
import { type VerifiedManifest, verifyManifest } from '../../protocol/task/index.ts';
import type { Job, Runner, RunOptions } from '../../wasm-runner/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Rpc } from '../rpc/index.ts';
import { gatherJob } from './gather.ts';
import { LiveOutput, type LiveText } from './live-output.ts';
import { belowSla, type Manifest, specOfManifest } from './manifest.ts';
import type { TaskParts } from './parts.ts';
import type { Amount, TaskPorts } from './ports.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import { RunTable } from './run-table.ts';
import {
  type ControlRequest,
  decodeControl,
  decodeTaskRequest,
  encodeStandings,
  encodeTaskResponse,
  type TaskLoad,
  type TaskRequest,
  type TaskResponse,
  type TaskStanding,
  taskControlProtocol,
  taskProtocol,
} from './wire.ts';
import {
  decodeOutputRequest,
  encodeLiveText,
  LIVE_WAIT_MS,
  type OutputRequest,
  taskOutputProtocol,
} from './wire-output.ts';

/** Clocks of requester and executor may differ by so much: the tolerance of cards. */
const CLOCK_SKEW_MS = 600_000;

export interface ExecutorDeps {
  readonly rpc: Rpc;
  readonly runner: Runner;
  readonly vault: AgentVault;
  readonly book: CardBook;
  readonly ownLog: OwnLog;
  readonly store: LogStore;
  readonly parts: TaskParts;
  readonly ports: TaskPorts;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  readonly peerId: string;
  readonly limits: Config['tasks'];
}

/** A request that was admitted. */
interface Admitted {
  readonly request: TaskRequest;
  readonly verified: VerifiedManifest;
  readonly spec: Manifest;
  readonly peer: PeerId;
  /** What is promised for the run at most. */
  readonly quote: Amount | null;
}

/** What can end a run, and who listens to it. */
type Watch = Required<Pick<RunOptions, 'signal' | 'onOutput'>>;

/** Runs tasks of others. */
export class Executor {
  readonly #deps: ExecutorDeps;
  readonly #table: RunTable;
  readonly #receipts: ReceiptDesk;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
    this.#table = new RunTable(deps.clock);
    this.#receipts = new ReceiptDesk(deps, () => this.#table.size);
  }

  /** Takes tasks from peers, unless the configuration says not to. */
  async start(): Promise<void> {
    const { limits, network, rpc } = this.#deps;
    if (!limits.accept) return;
    await rpc.handle(taskProtocol(network), async (bytes, peer) =>
      encodeTaskResponse(await this.execute(decodeTaskRequest(bytes), peer)),
    );
    await rpc.handle(taskControlProtocol(network), async (bytes, peer) => {
      const standings = this.control(decodeControl(bytes), peer);
      return encodeStandings({ standings, load: this.load });
    });
    await rpc.handle(taskOutputProtocol(network), async (bytes, peer) =>
      encodeLiveText(await this.output(decodeOutputRequest(bytes), peer)),
    );
  }

  /** Ends what runs: its requesters go to other members. */
  stop(): void {
    this.#table.withdrawAll(new ZeroError('BUSY', 'this node is stopping'));
  }

  /** Tasks that wait or run here, and how many run at once. */
  get load(): TaskLoad {
    return { tasks: this.#table.size, workers: this.#deps.runner.stats().workers };
  }

  /** Runs begun since the start. */
  get begun(): number {
    return this.#table.begun;
  }

  /** Results that are kept for requesters that come back. */
  get kept(): number {
    return this.#table.kept;
  }

  /** What a run of the asking peer has written since a place; waits a little when that is nothing. Throws NOT_FOUND. */
  async output({ taskId, agentId, token, ...from }: OutputRequest, peer: PeerId): Promise<LiveText> {
    const run = this.#table.get(`${taskId}/${agentId}`);
    if (run === undefined || run.peer !== peer.toString() || run.token !== token)
      throw new ZeroError('NOT_FOUND', 'no such run of yours is under way here');
    return await run.live.read(from, LIVE_WAIT_MS);
  }

  /** How tasks of the asking peer stand here, or their withdrawal. */
  control({ tasks, verb }: ControlRequest, peer: PeerId): TaskStanding[] {
    return tasks.map(({ agentId, taskId, token }) => {
      const run = this.#table.get(`${taskId}/${agentId}`);
      // Somebody else's task is as unknown as none.
      if (run === undefined || run.peer !== peer.toString() || run.token !== token) return 'unknown';
      if (verb === 'cancel' && run.standing !== 'ended')
        run.abort.abort(new ZeroError('TASK_CANCELLED', 'the requester withdrew the task'));
      return run.standing;
    });
  }

  /** Checks who asks, for what, and whether this node may and will do it, before any work is done. */
  #admit(request: TaskRequest, peer: PeerId): Admitted {
    const { book, clock, limits, ports, vault } = this.#deps;
    const { fuelMax, memoryBytesMax, wallMsMax } = limits;
    const verified = verifyManifest(request.manifest);
    const { manifest } = verified;
    if (manifest.peer !== peer.toString())
      throw new ZeroError('MANIFEST_REPLAYED', 'the manifest is to be presented by another node');
    if (timeMs(manifest.deadline) <= clock.now())
      throw new ZeroError('MANIFEST_REPLAYED', `the deadline of the task, ${manifest.deadline}, has passed`);
    if (timeMs(manifest.issuedAt) > clock.now() + CLOCK_SKEW_MS)
      throw new ZeroError('MANIFEST_REPLAYED', `the task is dated ${manifest.issuedAt}, in the future`);
    if (!vault.has(request.agentId)) throw new ZeroError('TASK_REFUSED', 'that agent does not live here');
    const spec = specOfManifest(manifest);
    const { fuel, memoryBytes, wallMs } = spec.limits;
    if (BigInt(fuel) > BigInt(fuelMax)) throw new ZeroError('TASK_REFUSED', `at most ${fuelMax} fuel here`);
    if (memoryBytes > memoryBytesMax)
      throw new ZeroError('TASK_REFUSED', `at most ${memoryBytesMax} bytes of memory here`);
    if (wallMs > wallMsMax) throw new ZeroError('TASK_REFUSED', `at most ${wallMsMax} ms here`);
    const card = book.get(request.agentId)?.card;
    const below = card === undefined ? null : belowSla(card, spec.sla);
    if (below !== null) throw new ZeroError('TASK_REFUSED', `the agent ${below}`);
    const quote = card === undefined ? null : ports.payments.quote(card, manifest);
    if (quote !== null)
      ports.payments.requirePromise({ manifest: verified, agentId: request.agentId, quote });
    return { request, verified, spec, peer, quote };
  }

  /** Asks the policy. Throws POLICY_DENIED; what it answers resolves when the decision is on record. */
  #permit({ quote, request, spec, verified }: Admitted): Promise<void> {
    const { fuel, memoryBytes, wallMs } = spec.limits;
    const { capability, name } = spec;
    const limits = { fuel, memoryBytes, wallMs, priced: quote !== null };
    return this.#deps.ports.admit(verified, { name, capability, executor: request.agentId, ...limits });
  }

  /**
   * Runs a task of a peer (or of this node itself); joins the run when it is under way or has ended under the same token.
   * Throws TASK_REFUSED, POLICY_DENIED, MANIFEST_REPLAYED, MANIFEST_INVALID, PAYMENT_REQUIRED, PART_MISSING, BUSY.
   */
  async execute(request: TaskRequest, peer: PeerId): Promise<TaskResponse> {
    const admitted = this.#admit(request, peer);
    const { manifest } = admitted.verified;
    const key = `${manifest.taskId}/${request.agentId}`;
    const known = this.#table.under(key, request.token);
    if (known !== undefined) return await known.answer;
    const recorded = this.#permit(admitted);
    // Parts are taken before the task has a place: a request without them costs nothing but its own bytes.
    const job = await gatherJob(admitted.verified, admitted.spec, request.attached, {
      ...this.#deps,
      from: peer,
      artifacts: this.#deps.ports.artifacts,
    });
    const live = new LiveOutput(this.#deps.clock);
    const deadline = timeMs(manifest.deadline);
    const run = this.#table.begin(
      { key, requester: manifest.requester, peer: peer.toString(), token: request.token, deadline, live },
      (signal) => this.#run(admitted, job, { signal, onOutput: live.add }),
    );
    const answer = await run.answer;
    await recorded;
    return answer;
  }

  async #run(admitted: Admitted, job: Job, watch: Watch): Promise<TaskResponse> {
    const { payments } = this.#deps.ports;
    if (admitted.quote === null) return await this.#measured(admitted, job, watch);
    const run = { manifest: admitted.verified, agentId: admitted.request.agentId };
    await payments.begin({ ...run, quote: admitted.quote });
    let isOwed = false;
    try {
      const response = await this.#measured(admitted, job, watch);
      isOwed = response.receipt !== null;
      return response;
    } finally {
      // Without a receipt nothing is owed, and the requester may have its promise back.
      if (!isOwed) await payments.dropped(run).catch((error: unknown) => this.#notDropped(error));
    }
  }

  #notDropped(error: unknown): void {
    this.#deps.log.warn({ err: error }, 'a promise could not be let go; the next start does it');
  }

  async #measured(admitted: Admitted, job: Job, watch: Watch): Promise<TaskResponse> {
    const { clock, log, metrics, runner } = this.#deps;
    const { request, spec, verified } = admitted;
    const { taskId, requester } = verified.manifest;
    const startedAt = clock.now();
    const result = await runner.run(job, { ...watch, sender: admitted.peer.toString() });
    watch.signal.throwIfAborted();
    metrics.count('zerostate_tasks_total', { role: 'executor', status: result.status });
    log.info(
      {
        taskId,
        task: spec.name,
        agentId: request.agentId,
        requester,
        status: result.status,
        fuel: result.fuel.toString(),
        wallMs: result.wallMs,
      },
      'task ended',
    );
    const run = { manifest: verified, agentId: request.agentId, job, result, startedAt };
    const receipt = result.signable ? await this.#receipts.of(run) : null;
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
}

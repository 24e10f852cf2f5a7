// Runs of a task at members: waits for a place, promises the pay, asks, checks the answer's receipt, keeps it. What came of it is an
// event for the state machine.

import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { receiptDigests } from '../../protocol/receipt/index.ts';
import type { RunEnd, TaskEvent, VerifiedManifest } from '../../protocol/task/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import type { CapsuleInputs } from '../receipts/packed-file.ts';
import type { ReceiptFile } from '../receipts/receipt-file.ts';
import type { ReceiptFiles } from '../receipts/receipt-files.ts';
import type { Asker } from './ask.ts';
import { checkAnswer } from './check-answer.ts';
import { gatherJob } from './gather.ts';
import type { Lanes } from './lanes.ts';
import { specOfManifest } from './manifest.ts';
import type { TaskParts } from './parts.ts';
import type { MemberCard, TaskPorts } from './ports.ts';
import type { Member, RunSummary, TaskBook, TaskEntry } from './task-book.ts';
import { encodeTaskResponse, type TaskResponse } from './wire.ts';

/** Statuses that say nothing about the task itself: its member failed, not the module. */
const MEMBER_FAILED = new Set(['HOST_OOM', 'WORKER_CRASH', 'OVERLOADED', 'CANCELLED']);

export interface RunsDeps {
  readonly asker: Asker;
  readonly book: TaskBook;
  readonly parts: TaskParts;
  readonly ports: TaskPorts;
  readonly files: ReceiptFiles;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: Pick<Host, 'peerId'>;
}

/** The runs under way. */
export class Runs {
  readonly #deps: RunsDeps;
  readonly #calls = new Map<string, AbortController>();
  readonly #waitingHere = new Set<string>();

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  /** True while an attempt waits in this node's own queue. */
  waitsHere(taskId: string, token: number): boolean {
    return this.#waitingHere.has(`${taskId}/${token}`);
  }

  /** A run that will be asked for counts as load of its member from here on, until the function that is answered is called. */
  expect({ members }: TaskEntry, agentId: string): () => void {
    const member = members.find((one) => one.agentId === agentId);
    return member === undefined ? () => {} : this.#deps.lanes.expect(member.peer);
  }

  /** Ends every call. */
  stop(): void {
    for (const call of this.#calls.values()) call.abort(new ZeroError('BUSY', 'this node is stopping'));
  }

  /** Has a member run the task; answers what came of it. Never throws. */
  async ask(entry: TaskEntry, agentId: string, token: number): Promise<TaskEvent> {
    const { lanes } = this.#deps;
    const key = `${entry.taskId}/${token}`;
    const member = entry.members.find((one) => one.agentId === agentId);
    const call = new AbortController();
    this.#calls.set(key, call);
    this.#waitingHere.add(key);
    try {
      if (member === undefined) throw new ZeroError('NOT_FOUND', `member ${agentId} is not known any more`);
      const end = await lanes.run(member.peer, call.signal, async () => {
        this.#waitingHere.delete(key);
        return await this.#run(entry, member, token, call.signal);
      });
      return { type: 'ended', token, end };
    } catch (error) {
      const code = isZeroError(error) ? error.code : 'INTERNAL';
      if (!isZeroError(error)) this.#deps.log.error({ err: error, taskId: entry.taskId }, 'a run failed');
      this.#deps.book.note(entry, `${member?.name ?? agentId}: ${code}: ${(error as Error).message}`);
      await this.#reclaim(entry, agentId).catch(() => undefined);
      return { type: 'failed', token, error: code };
    } finally {
      this.#waitingHere.delete(key);
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    }
  }

  /** One run at one member: promised, asked, checked, and its answer on disk. */
  async #run(entry: TaskEntry, member: Member, token: number, signal: AbortSignal): Promise<RunEnd> {
    const { asker, book, ports } = this.#deps;
    const { agentId } = member;
    const manifest = await book.manifest(entry.taskId);
    const { card } = await this.#deps.asker.card(agentId);
    const quote = ports.payments.quote(card, manifest.manifest);
    // Nobody is asked for an attempt that a power cut could undo: its token would be granted again. A promise brings it to disk with itself.
    if (quote === null) await book.toDisk();
    else await ports.payments.promise({ manifest, agentId, token, quote });
    const response = await asker.run(manifest, member, token, signal);
    if (MEMBER_FAILED.has(response.status))
      throw new ZeroError(
        response.status === 'CANCELLED' ? 'TASK_CANCELLED' : 'BUSY',
        `the member ended with ${response.status}`,
      );
    const { end, kept, owed } = await this.#check(manifest, member, response, card);
    const { status, exitCode, fuel, detail } = response;
    const summary: RunSummary = {
      token,
      agentId,
      status,
      exitCode,
      fuel,
      detail,
      receiptId: end.receipt,
      owed,
    };
    entry.runs = [...entry.runs.filter((run) => run.token !== token), summary];
    // Begun together, so that the database brings both to disk at once.
    await Promise.all([
      kept === null || end.receipt === null
        ? undefined
        : this.#deps.files.put(end.receipt, kept.file, kept.inputs),
      book.keepAnswer(entry.taskId, token, encodeTaskResponse({ ...response, receipt: null })),
    ]);
    return end;
  }

  /**
   * Checks the receipt of an answer; answers what it says, and its file with what the task was given. It costs what the card says that was
   * quoted: one that has become dearer since is not what was promised. Throws RECEIPT_REFUSED.
   */
  async #check(
    manifest: VerifiedManifest,
    member: Member,
    response: TaskResponse,
    quoted: MemberCard,
  ): Promise<{
    end: RunEnd;
    owed: RunSummary['owed'];
    kept: { file: ReceiptFile; inputs: CapsuleInputs } | null;
  }> {
    const { clock, parts, ports } = this.#deps;
    const { status, receipt } = response;
    if (receipt === null)
      return { end: { status, receipt: null, jobDigest: null, resultDigest: null }, owed: null, kept: null };
    const spec = specOfManifest(manifest.manifest);
    const from = this.#deps.host.peerId;
    const job = await gatherJob(manifest, spec, {}, { parts, artifacts: ports.artifacts, from });
    const { agentId } = member;
    const card = await this.#deps.asker.card(agentId);
    const asked = { manifest, job, agentId, card, now: clock.now() };
    const { verified, file } = checkAnswer({ ...asked, response, receipt });
    const inputs = {
      manifest: manifest.envelope.payload,
      module: job.module,
      stdin: job.stdin,
      files: job.inputs,
    };
    const owed = ports.payments.price(quoted, verified.receipt, manifest.manifest);
    const digests = receiptDigests(verified.receipt.deterministic);
    return {
      end: { status, receipt: verified.id, jobDigest: digests.job, resultDigest: digests.result },
      owed: owed === null ? null : { amount: owed.amount.toString(), currency: owed.currency },
      kept: { file, inputs },
    };
  }

  /** Tells a member that its run is no longer wanted, and takes back what was promised for it. */
  async withdraw(entry: TaskEntry, agentId: string, token: number): Promise<void> {
    const key = `${entry.taskId}/${token}`;
    const member = entry.members.find((one) => one.agentId === agentId);
    const waited = this.#waitingHere.has(key);
    // A member that is only asked to stop still has its say; one whose lease ended, or that was never reached, has not.
    const attempt = entry.task.attempts.find((one) => one.token === token);
    if (waited || attempt?.state !== 'asked')
      this.#calls.get(key)?.abort(new ZeroError('TASK_CANCELLED', 'the task was withdrawn'));
    if (member === undefined || waited) return;
    const tasks = [{ taskId: entry.taskId, agentId, token }];
    await this.#deps.asker.control(member.peer, { verb: 'cancel', tasks }).catch(() => undefined);
    // A member that may still have its say keeps its promise until it has had it.
    if (attempt?.state !== 'asked') await this.#reclaim(entry, agentId).catch(() => undefined);
  }

  /** Takes back what was promised to a member. Failing is no error here: the task's settlement tries again when it has ended. */
  async #reclaim(entry: TaskEntry, agentId: string): Promise<void> {
    const { book, ports } = this.#deps;
    await ports.payments.withdraw({ manifest: await book.manifest(entry.taskId), agentId });
  }
}

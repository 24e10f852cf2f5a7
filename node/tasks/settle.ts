// What follows from a run that was accepted: the requester's countersignature in the log, and the pay; the rest of what was promised is
// taken back. And from runs that were compared.
// Each may be repeated after a crash: nothing is signed or paid twice for one receipt.

import { peerIdFromString } from '@libp2p/peer-id';
import { type Envelope, envelopeFromJson, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import { resultDigest, verifyReceipt } from '../../protocol/receipt/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  COMPARISON_PREDICATE,
  type OwnPredicates,
  type OwnPredicateType,
  outcomeOf,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { isFinal, type VerifiedManifest } from '../../protocol/task/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { decodeReceiptFile } from '../receipts/receipt-file.ts';
import { Serial } from '../serial.ts';
import type { BoundedFiles } from '../storage/bounded-files.ts';
import type { TaskPorts } from './ports.ts';
import type { RunSummary, TaskBook, TaskEntry } from './task-book.ts';

/** Receipt files as they were stored by this node. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Rounds of settling before it is left to the next start: about three hours, for a member that is away. */
const TRIES = 48;
/** The pause between two rounds grows by so much with each. */
const PAUSE_MS = 2_000;
/** Longest pause between two rounds, in milliseconds. */
const PAUSE_MS_MAX = 300_000;

export interface SettleDeps {
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly files: BoundedFiles;
  readonly clock: Clock;
  readonly ports: TaskPorts;
  readonly book: TaskBook;
  readonly log: Logger;
}

/** Settles runs. */
export class Settlement {
  readonly #deps: SettleDeps;
  readonly #serial = new Serial();
  #stopped = false;

  constructor(deps: SettleDeps) {
    this.#deps = deps;
  }

  async #append<T extends OwnPredicateType>(
    manifest: VerifiedManifest,
    predicateType: T,
    predicate: Omit<OwnPredicates[T], 'issuer' | 'keychain' | 'issuedAt'>,
  ): Promise<string> {
    const { clock, ownLog, vault } = this.#deps;
    const agent = vault.get(manifest.manifest.requester);
    const envelope: Envelope = signAgentStatement({
      predicateType,
      predicate: { issuedAt: rfc3339(clock.now()), ...predicate } as never,
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
    });
    return (await ownLog.append(envelope)).statementId;
  }

  /** Countersigns a receipt and pays for it. Throws NOT_FOUND when its file is gone, or what payment failed with. */
  async #accept(entry: TaskEntry, manifest: VerifiedManifest, run: RunSummary): Promise<void> {
    const { files, ports } = this.#deps;
    const { agentId, owed, receiptId, token } = run;
    if (receiptId === null || entry.settled.includes(token)) return;
    const bytes = await files.get(receiptId);
    if (bytes === undefined) throw new ZeroError('NOT_FOUND', `the file of receipt ${receiptId} is gone`);
    const file = decodeReceiptFile(bytes, FILE_BYTES_MAX);
    const { receipt } = verifyReceipt(envelopeFromJson(file.receipt as unknown as JsonValue));
    await this.#append(manifest, ACCEPTANCE_PREDICATE, {
      receipt: receiptId,
      executor: agentId,
      taskId: entry.taskId,
      manifest: manifest.id,
      resultDigest: resultDigest(receipt.deterministic),
      price: owed,
    });
    if (owed === null) return;
    const member = entry.members.find((one) => one.agentId === agentId);
    await ports.payments.pay({
      manifest,
      agentId,
      receiptId,
      owed: { amount: BigInt(owed.amount), currency: owed.currency },
      peer: peerIdFromString(member?.peer ?? receipt.observed.executor),
    });
  }

  /** Signs what the runs came to; answers the statement's id. */
  async compare(entry: TaskEntry, manifest: VerifiedManifest, tokens: readonly number[]): Promise<string> {
    const ended = entry.task.attempts.filter(({ token }) => tokens.includes(token));
    const runs = ended.map(({ agentId, end }) => ({
      receipt: end?.receipt ?? '',
      executor: agentId,
      resultDigest: end?.resultDigest ?? '',
    }));
    return await this.#append(manifest, COMPARISON_PREDICATE, {
      taskId: entry.taskId,
      jobDigest: ended[0]?.end?.jobDigest ?? '',
      runs,
      ...outcomeOf(runs),
    });
  }

  /** Settles what a task has accepted, now and, when that fails, again a little later; at last at the next start. */
  begin(entry: TaskEntry, manifest: VerifiedManifest): void {
    this.#round(entry, manifest, 0);
  }

  stop(): void {
    this.#stopped = true;
  }

  #round(entry: TaskEntry, manifest: VerifiedManifest, tries: number): void {
    if (this.#stopped) return;
    void this.#serial
      .run(entry.taskId, async () => {
        const left = (await this.#runs(entry, manifest)) + (await this.#reclaim(entry, manifest));
        await this.#deps.book.save(entry, true);
        const pauseMs = Math.min(PAUSE_MS * (tries + 1), PAUSE_MS_MAX);
        if (left > 0 && tries < TRIES)
          this.#deps.clock.after(pauseMs, () => this.#round(entry, manifest, tries + 1));
      })
      .catch((error: unknown) => {
        if (!this.#stopped)
          this.#deps.log.error({ err: error, taskId: entry.taskId }, 'settling a task failed');
      });
  }

  /** Settles each accepted run; answers how many are left. */
  async #runs(entry: TaskEntry, manifest: VerifiedManifest): Promise<number> {
    const { book, log } = this.#deps;
    let left = 0;
    for (const token of entry.task.accepted) {
      const run = entry.runs.find((one) => one.token === token);
      if (run === undefined || entry.settled.includes(token)) continue;
      try {
        await this.#accept(entry, manifest, run);
        entry.settled = [...entry.settled, token];
      } catch (error) {
        left += 1;
        book.note(entry, `settling the run of ${run.agentId} failed: ${(error as Error).message}`);
        log.warn({ err: error, taskId: entry.taskId, agentId: run.agentId }, 'a run is not settled yet');
      }
    }
    return left;
  }

  /** Takes back what is still promised for runs that were not accepted; answers how many are left. */
  async #reclaim(entry: TaskEntry, manifest: VerifiedManifest): Promise<number> {
    const { attempts, phase } = entry.task;
    const { payments } = this.#deps.ports;
    if (!isFinal(phase) || !payments.promised().includes(entry.taskId)) return 0;
    const kept = new Set(
      attempts.flatMap(({ agentId, token }) => (entry.task.accepted.includes(token) ? [agentId] : [])),
    );
    let left = 0;
    for (const agentId of new Set(attempts.map((one) => one.agentId)))
      if (!kept.has(agentId))
        await payments.withdraw({ manifest, agentId }).catch(() => {
          left += 1;
        });
    return left;
  }
}

// What follows from a run that was accepted: the requester's countersignature in the log, and the pay; the rest of what was promised is
// taken back. And from runs that were compared.
// Each may be repeated after a crash: nothing is signed or paid twice for one receipt.

import type { PeerId } from '@libp2p/interface';
import { type Envelope, seedSigner } from '../../protocol/envelope/index.ts';
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
import type { Host } from '../host/create.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import { type Accepted, acceptedOf } from './accepted.ts';
import type { TaskPorts } from './ports.ts';
import { Rest } from './rest.ts';
import type { TaskBook, TaskEntry } from './task-book.ts';

/** Rounds of settling before it waits for the member to come back, or for the next start: about three hours. */
const TRIES = 48;
/** The pause between two rounds grows by so much with each. */
const PAUSE_MS = 2_000;
/** Longest pause between two rounds, in milliseconds. */
const PAUSE_MS_MAX = 300_000;

export interface SettleDeps {
  readonly host: Pick<Host, 'addEventListener' | 'removeEventListener'>;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly ports: TaskPorts;
  readonly book: TaskBook;
  readonly log: Logger;
  /** Whether tasks keep this node busy. */
  readonly isBusy: () => boolean;
}

/** A task between two rounds. */
interface Waiting {
  /** The nodes of its members. */
  readonly peers: ReadonlySet<string>;
  /** Has the next round come soon: a member needs a moment to read the logs that it missed. */
  readonly soon: () => void;
  readonly cancel: () => void;
}

/** Settles runs. */
export class Settlement {
  readonly #deps: SettleDeps;
  readonly #serial = new Serial();
  /** Tasks that wait for their next round. */
  readonly #waiting = new Map<string, Waiting>();
  /** Countersignatures on their way to the log, by task and token. */
  readonly #signing = new Map<string, Promise<void>>();
  /** What is paid of tasks that are not settled yet. */
  readonly #paid = new WeakMap<TaskEntry, Set<number>>();
  readonly #rest: Rest;
  #stopped = false;

  constructor(deps: SettleDeps) {
    this.#deps = deps;
    this.#rest = new Rest(deps.clock, deps.isBusy);
    deps.host.addEventListener('peer:connect', this.#onConnect);
  }

  // A member that was away is back.
  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    const peer = detail.toString();
    for (const { peers, soon } of this.#waiting.values()) if (peers.has(peer)) soon();
  };

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

  /**
   * Has the countersignature of a run in the log, when tasks leave the processor to it: nobody waits for it, and one head is signed for all
   * that come together. Throws as the own log does.
   */
  async #countersigned(entry: TaskEntry, manifest: VerifiedManifest, run: Accepted): Promise<void> {
    // However often its payment has to be tried, a receipt is countersigned once.
    if (run.receipt === null || entry.countersigned?.includes(run.token) === true) return;
    const key = `${entry.taskId}/${run.token}`;
    const known = this.#signing.get(key);
    if (known !== undefined) return await known;
    const signing = this.#countersign(entry, manifest, run, run.receipt);
    this.#signing.set(key, signing);
    await signing.finally(() => this.#signing.delete(key));
  }

  async #countersign(
    entry: TaskEntry,
    manifest: VerifiedManifest,
    { agentId, owed, token }: Accepted,
    { id, resultDigest }: NonNullable<Accepted['receipt']>,
  ): Promise<void> {
    await this.#rest.comes();
    await this.#append(manifest, ACCEPTANCE_PREDICATE, {
      receipt: id,
      executor: agentId,
      taskId: entry.taskId,
      manifest: manifest.id,
      resultDigest,
      price: owed,
    });
    entry.countersigned = [...(entry.countersigned ?? []), token];
    // The next start signs nothing again.
    if (this.#stopped) await this.#deps.book.saveSettled(entry);
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

  /** Ends the waiting; resolves when what was accepted is countersigned. What is not paid yet is, after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#deps.host.removeEventListener('peer:connect', this.#onConnect);
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
    this.#rest.end();
    await Promise.allSettled(this.#signing.values());
  }

  #round(entry: TaskEntry, manifest: VerifiedManifest, tries: number): void {
    if (this.#stopped) return;
    void this.#settle(entry, manifest)
      .then(async (left) => {
        // A crash that forgets this signs one acceptance again, and pays nothing again: that needs no disk of its own.
        if (left === 0) return await this.#deps.book.saveSettled(entry);
        // With the reasons, for people.
        await this.#deps.book.save(entry, false);
        this.#wait(entry, manifest, tries);
      })
      .catch((error: unknown) => {
        if (!this.#stopped)
          this.#deps.log.error({ err: error, taskId: entry.taskId }, 'settling a task failed');
      });
  }

  /** The next round comes after a pause, or soon after a member of the task is connected again. */
  #wait(entry: TaskEntry, manifest: VerifiedManifest, tries: number): void {
    const { clock } = this.#deps;
    const { taskId } = entry;
    const asked = new Set(entry.task.attempts.map(({ agentId }) => agentId));
    const members = entry.members.filter(({ agentId }) => asked.has(agentId));
    const after = (ms: number, count: number) =>
      clock.after(ms, () => {
        if (this.#waiting.get(taskId) === waiting) this.#waiting.delete(taskId);
        this.#round(entry, manifest, count);
      });
    const pauseMs = Math.min(PAUSE_MS * (tries + 1), PAUSE_MS_MAX);
    let cancel = tries < TRIES ? after(pauseMs, tries + 1) : () => {};
    let isSoon = pauseMs === PAUSE_MS;
    const waiting: Waiting = {
      peers: new Set(members.map(({ peer }) => peer)),
      soon: () => {
        // Who comes and goes is not asked more often for it.
        if (isSoon) return;
        isSoon = true;
        cancel();
        cancel = after(PAUSE_MS, 0);
      },
      cancel: () => cancel(),
    };
    this.#waiting.get(taskId)?.cancel();
    this.#waiting.set(taskId, waiting);
  }

  /** Pays and countersigns what was accepted, and takes back the rest; answers how much is left. What cannot be paid yet waits for no countersignature. */
  async #settle(entry: TaskEntry, manifest: VerifiedManifest): Promise<number> {
    const runs = acceptedOf(entry);
    const signing = runs.map((run) => this.#countersigned(entry, manifest, run));
    // Heard of below, or in the next round.
    for (const one of signing) one.catch(() => {});
    const unpaid = await this.#serial.run(entry.taskId, async () => {
      let left = 0;
      for (const run of runs) if (!(await this.#pays(entry, manifest, run))) left += 1;
      return left + (await this.#reclaim(entry, manifest));
    });
    let left = unpaid;
    for (const [i, run] of runs.entries()) {
      if (this.#paid.get(entry)?.has(run.token) !== true) continue;
      if (unpaid > 0 && entry.countersigned?.includes(run.token) !== true) continue;
      try {
        await signing[i];
        entry.settled = [...new Set([...entry.settled, run.token])];
      } catch (error) {
        left += 1;
        this.#failed(entry, run, error);
      }
    }
    return left;
  }

  /** Pays for a run; answers whether that is done. */
  async #pays(entry: TaskEntry, manifest: VerifiedManifest, run: Accepted): Promise<boolean> {
    const { agentId, owed, receipt, token } = run;
    const paid = this.#paid.get(entry) ?? new Set();
    this.#paid.set(entry, paid);
    if (paid.has(token)) return true;
    try {
      if (owed !== null && receipt !== null)
        await this.#deps.ports.payments.pay({
          manifest,
          agentId,
          receiptId: receipt.id,
          owed: { amount: BigInt(owed.amount), currency: owed.currency },
        });
      paid.add(token);
      return true;
    } catch (error) {
      this.#failed(entry, run, error);
      return false;
    }
  }

  #failed(entry: TaskEntry, { agentId }: Accepted, error: unknown): void {
    const { book, log } = this.#deps;
    book.note(entry, `settling the run of ${agentId} failed: ${(error as Error).message}`);
    if (!this.#stopped) log.warn({ err: error, taskId: entry.taskId, agentId }, 'a run is not settled yet');
  }

  /** Takes back what is still promised for runs that were not accepted; answers how many are left. */
  async #reclaim(entry: TaskEntry, manifest: VerifiedManifest): Promise<number> {
    const { attempts, phase } = entry.task;
    const { payments } = this.#deps.ports;
    if (!isFinal(phase)) return 0;
    const kept = new Set(
      attempts.flatMap(({ agentId, token }) => (entry.task.accepted.includes(token) ? [agentId] : [])),
    );
    const others = new Set(attempts.flatMap(({ agentId }) => (kept.has(agentId) ? [] : [agentId])));
    // Of most tasks nothing can be left; only of the others is it looked for among all promises.
    if (others.size === 0 || !payments.promised().includes(entry.taskId)) return 0;
    let left = 0;
    for (const agentId of others)
      await payments.withdraw({ manifest, agentId }).catch(() => {
        left += 1;
      });
    return left;
  }
}

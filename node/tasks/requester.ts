// The requester: drives the state machine of each task (protocol/task) and does what it asks for. Every state is on disk before anything
// follows from it; after a restart it goes on where it was.

import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  isFinal,
  openTask,
  stepTask,
  type TaskEffect,
  type TaskEvent,
  type VerifiedManifest,
} from '../../protocol/task/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Quarantines } from '../quarantine/index.ts';
import { Serial } from '../serial.ts';
import type { Asker } from './ask.ts';
import { describeEffect } from './describe-effect.ts';
import { partsOfManifest } from './gather.ts';
import type { LivePlace, LiveText } from './live-output.ts';
import type { Members } from './members.ts';
import type { TaskParts } from './parts.ts';
import { Placing } from './placing.ts';
import type { TaskPorts } from './ports.ts';
import { LEASE_MS, Pulse } from './pulse.ts';
import type { Runs } from './runs.ts';
import { asksTheSame } from './same-ask.ts';
import type { Settlement } from './settle.ts';
import type { TaskInput, TaskSigning } from './signing.ts';
import type { TaskBook, TaskEntry } from './task-book.ts';

export interface RequesterDeps {
  readonly asker: Asker;
  readonly book: TaskBook;
  readonly members: Members;
  readonly settlement: Settlement;
  readonly parts: TaskParts;
  readonly ports: TaskPorts;
  readonly runs: Runs;
  readonly signing: TaskSigning;
  readonly quarantines: Pick<Quarantines, 'module'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const NOTHING = { stdout: new Uint8Array(), stderr: new Uint8Array(), ended: true };

/** Has tasks run by others. */
export class Requester {
  readonly #deps: RequesterDeps;
  readonly #serial = new Serial();
  readonly #pulse: Pulse;
  readonly #placing: Placing;
  #stopped = false;

  constructor(deps: RequesterDeps) {
    this.#deps = deps;
    this.#placing = new Placing({ ...deps, step: this.#step.bind(this) });
    this.#pulse = new Pulse({
      clock: deps.clock,
      asker: deps.asker,
      open: () => deps.book.open(),
      waitsHere: (taskId, token) => deps.runs.waitsHere(taskId, token),
      alive: (entry, token) => this.#step(entry, { type: 'alive', token }),
      tick: (entry) => this.#step(entry, { type: 'tick' }),
    });
  }

  /** Takes up what an earlier run left: asks again under the same tokens, settles what was accepted. */
  async start(): Promise<void> {
    const { book, parts, ports } = this.#deps;
    for (const entry of book.open()) {
      const manifest = await book.manifest(entry.taskId).catch(() => undefined);
      if (manifest === undefined) continue;
      parts.hold(partsOfManifest(manifest).map(({ cid }) => cid));
      book.note(entry, 'taken up after a restart');
      for (const { agentId, state, token } of entry.task.attempts) {
        if (state !== 'asked') continue;
        void this.#step(entry, { type: 'alive', token });
        this.#do(entry, { type: 'ask', agentId, token });
      }
      if (entry.task.searching) this.#do(entry, { type: 'search' });
      void this.#step(entry, { type: 'tick' });
    }
    const promised = new Set(ports.payments.promised());
    for (const entry of book.list())
      if (
        entry.task.accepted.some((token) => !entry.settled.includes(token)) ||
        (promised.has(entry.taskId) && isFinal(entry.task.phase))
      )
        await book
          .manifest(entry.taskId)
          .then((manifest) => this.#deps.settlement.begin(entry, manifest))
          .catch(() => undefined);
    this.#pulse.wake();
  }

  /** Ends what is under way; resolves when what was accepted is countersigned. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pulse.stop();
    this.#deps.runs.stop();
    await this.#deps.settlement.stop();
  }

  /**
   * Takes a task; it is on disk when this returns. The same idempotency key answers the task that it began.
   * Throws USAGE, LIMIT_EXCEEDED, ALREADY_EXISTS (the key began another task) or BUSY.
   */
  async submit(input: TaskInput): Promise<TaskEntry> {
    const { book, parts, signing } = this.#deps;
    const { spec, order } = input;
    const manifest = await signing.sign(input);
    const { module, taskId } = manifest.manifest;
    const held = this.#deps.quarantines.module(module.cid);
    if (held !== undefined) throw new ZeroError('QUARANTINED', `the module is ${held.detail}`);
    return await this.#serial.run(`submit ${taskId}`, async () => {
      const known = book.find(taskId);
      if (known !== undefined) return await this.#same(known, manifest);
      const cids = partsOfManifest(manifest).map(({ cid }) => cid);
      parts.hold(cids);
      const deadlineMs = Date.parse(manifest.manifest.deadline);
      const { redundancy } = order;
      const task = openTask({ taskId, redundancy, deadlineMs, leaseMs: LEASE_MS });
      const bytes = encodeEnvelope(manifest.envelope);
      const entry = await book
        .create({ taskId, name: spec.name, order, task }, manifest, bytes)
        .catch((error: unknown) => {
          parts.release(cids);
          throw error;
        });
      await this.#step(entry, { type: 'tick' });
      this.#pulse.wake();
      return entry;
    });
  }

  async #same(known: TaskEntry, wanted: VerifiedManifest): Promise<TaskEntry> {
    const was = await this.#deps.book.manifest(known.taskId);
    if (asksTheSame(was, wanted)) return known;
    throw new ZeroError('ALREADY_EXISTS', 'this idempotency key began another task', {
      hint: 'Use another key, or submit exactly what was submitted before.',
    });
  }

  /** Cancels a task: asks its members to stop, waits for what they still say, ends. Throws NOT_FOUND. */
  async cancel(taskId: string): Promise<TaskEntry> {
    const entry = this.#deps.book.get(taskId);
    await this.#step(entry, { type: 'cancel' });
    return entry;
  }

  /**
   * What the run that stands for a task has written since a place, as its member says: not yet checked against a receipt. `token` names
   * the run; null while none is under way. Throws NOT_FOUND or PEER_UNREACHABLE.
   */
  async output(taskId: string, from: LivePlace): Promise<LiveText & { token: number | null }> {
    const { asker, book } = this.#deps;
    const entry = book.get(taskId);
    const run = entry.task.attempts.find(({ state }) => state === 'asked');
    const member = entry.members.find(({ agentId }) => agentId === run?.agentId);
    if (run === undefined || member === undefined) return { ...NOTHING, at: from, token: null };
    const { agentId, token } = run;
    return { ...(await asker.output(member.peer, { taskId: entry.taskId, agentId, token, ...from })), token };
  }

  /**
   * One step of a task: the new state is written, then its effects begin. Steps of one task follow each other. `onTaken` is called as soon as
   * who is asked is decided, and counts as load, before that is on disk.
   */
  async #step(entry: TaskEntry, event: TaskEvent, onTaken = () => {}): Promise<void> {
    if (this.#stopped) return;
    await this.#serial.run(entry.taskId, async () => {
      const { book, clock, runs } = this.#deps;
      const { task, effects } = stepTask(entry.task, event, clock.now());
      if (task === entry.task) return;
      entry.task = task;
      // A sign of life moves the end of a lease, and nothing else: a start begins all leases anew.
      if (event.type === 'alive' && effects.length === 0) return;
      for (const effect of effects) book.note(entry, describeEffect(effect));
      // To look for members changes nothing anywhere: after a restart it is begun anew.
      if (event.type === 'tick' && effects.length === 1 && effects[0]?.type === 'search') {
        book.onChange(entry);
        this.#do(entry, effects[0]);
        return;
      }
      const last = effects.filter(({ type }) => type === 'accept' || type === 'compare' || type === 'finish');
      // One write ends a task that needs no comparison; nobody is told before it is on disk.
      const has = (type: TaskEffect['type']) => last.some((effect) => effect.type === type);
      const endedAt = has('finish') && !has('compare') ? clock.now() : null;
      const expected = effects.map((effect) =>
        effect.type === 'ask' ? runs.expect(entry, effect.agentId) : () => {},
      );
      onTaken();
      try {
        await book.save({ ...entry, endedAt: entry.endedAt ?? endedAt }, last.length > 0);
        entry.endedAt ??= endedAt;
        for (const effect of effects) if (!last.includes(effect)) this.#do(entry, effect);
      } finally {
        for (const forget of expected) forget();
      }
      if (last.length > 0) await this.#conclude(entry, last);
    });
  }

  #do(entry: TaskEntry, effect: TaskEffect): void {
    const work =
      effect.type === 'search'
        ? this.#placing.search(entry)
        : effect.type === 'ask'
          ? this.#ask(entry, effect.agentId, effect.token)
          : effect.type === 'withdraw'
            ? this.#deps.runs.withdraw(entry, effect.agentId, effect.token)
            : Promise.resolve();
    work.catch((error: unknown) => {
      if (!this.#stopped) this.#deps.log.error({ err: error, taskId: entry.taskId }, 'a task step failed');
    });
  }

  async #ask(entry: TaskEntry, agentId: string, token: number): Promise<void> {
    const event = await this.#deps.runs.ask(entry, agentId, token);
    await this.#step(entry, event);
  }

  /** Signs what was compared, ends the task, and has what was accepted signed and paid: a failure of payment does not undo a result. */
  async #conclude(entry: TaskEntry, effects: readonly TaskEffect[]): Promise<void> {
    const { book, clock, log, parts, settlement } = this.#deps;
    const manifest = await book.manifest(entry.taskId);
    const compare = effects.find(({ type }) => type === 'compare');
    if (compare?.type === 'compare' && entry.comparison === null)
      entry.comparison = await settlement.compare(entry, manifest, compare.tokens).catch((error: unknown) => {
        log.error({ err: error, taskId: entry.taskId }, 'the comparison could not be signed');
        return null;
      });
    if (effects.some(({ type }) => type === 'finish')) {
      parts.release(partsOfManifest(manifest).map(({ cid }) => cid));
      this.#count(entry);
      if (entry.endedAt === null) {
        entry.endedAt = clock.now();
        await book.save(entry, true);
      }
      book.end(entry);
    }
    if (effects.some(({ type }) => type === 'accept' || type === 'finish')) settlement.begin(entry, manifest);
  }

  #count(entry: TaskEntry): void {
    const { clock, log, metrics } = this.#deps;
    const { phase, error, attempts } = entry.task;
    metrics.count('zerostate_tasks_total', { role: 'requester', status: phase });
    metrics.observe('zerostate_task_seconds', (clock.now() - entry.submittedAt) / 1000);
    log.info(
      { taskId: entry.taskId, task: entry.name, state: phase, error, runs: attempts.length },
      'task done',
    );
  }
}

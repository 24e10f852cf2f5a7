// Decision records on disk: bounded for each kind, written in groups with one fsync. Whoever must not act without a record waits for it.

import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type Decision,
  POLICY_KINDS,
  type PolicyKind,
  readDecisionRecord,
} from '../../protocol/policy/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel, orderedKey } from '../storage/index.ts';
import { DECISION_BYTES_KEPT, DECISIONS_KEPT, RECORDS_PER_BATCH, RECORDS_WAITING_MAX } from './limits.ts';

/** How many are kept; smaller in tests. */
export interface BookLimits {
  readonly records: number;
  readonly bytes: number;
}

/** A record that is kept: what its key is made of, and not the key, which would be as large as all this. */
interface Slot {
  readonly kind: PolicyKind;
  readonly number: number;
  readonly bytes: number;
  readonly id: string;
}

const keyOf = ({ bytes, id, kind, number }: Slot): string => `${kind}/${orderedKey(number)}/${bytes}/${id}`;

interface Waiting {
  readonly decision: Decision;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const ID = /^bafkrei[a-z2-7]{52}$/;

/** The book of one node. */
export class DecisionBook {
  readonly #level: JsonLevel<unknown>;
  readonly #limits: BookLimits;
  /** Oldest first. */
  readonly #kept: Record<PolicyKind, Slot[]>;
  readonly #byId = new Map<string, Slot>();
  readonly #bytes: Record<PolicyKind, number>;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #next = 0;
  #lost = 0;

  constructor(db: Database, limits: BookLimits = { records: DECISIONS_KEPT, bytes: DECISION_BYTES_KEPT }) {
    this.#level = jsonLevel(db, 'decisions');
    this.#limits = limits;
    this.#kept = Object.fromEntries(POLICY_KINDS.map((kind) => [kind, []])) as never;
    this.#bytes = Object.fromEntries(POLICY_KINDS.map((kind) => [kind, 0])) as never;
  }

  /** Records that could not be written since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Reads which records there are. */
  async load(): Promise<void> {
    for await (const key of this.#level.keys()) {
      const [kind, number, bytes, id] = key.split('/') as [PolicyKind, string, string, string];
      if (!POLICY_KINDS.includes(kind) || !ID.test(id)) continue;
      const slot = { kind, number: Number.parseInt(number, 16), bytes: Number(bytes), id: whole(id) };
      this.#note(slot);
      this.#next = Math.max(this.#next, slot.number + 1);
    }
  }

  #note(slot: Slot): void {
    this.#kept[slot.kind].push(slot);
    this.#byId.set(slot.id, slot);
    this.#bytes[slot.kind] += slot.bytes;
  }

  /** Resolves when the record is on disk. Throws BUSY or STORAGE_FAILED. */
  async put(decision: Decision): Promise<void> {
    if (this.#waiting.length >= RECORDS_WAITING_MAX) {
      this.#lost += 1;
      throw new ZeroError('BUSY', 'too many decision records wait for the disk');
    }
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ decision, resolve, reject }));
    this.#writing ??= this.#drain();
    await written;
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** One record, or undefined. Throws DATA_CORRUPT when the disk changed it. */
  async get(id: string): Promise<Decision | undefined> {
    const waits = this.#waiting.find(({ decision }) => decision.id === id);
    if (waits !== undefined) return waits.decision;
    await this.flush();
    const slot = this.#byId.get(id);
    const value = slot === undefined ? undefined : await this.#level.get(keyOf(slot));
    if (value === undefined) return undefined;
    try {
      return readDecisionRecord(value, id);
    } catch (cause) {
      throw new ZeroError('DATA_CORRUPT', `the record of decision ${id} was changed on the disk`, { cause });
    }
  }

  /** The newest records, newest first; of one kind, or of all. */
  async list(limit: number, kind?: PolicyKind): Promise<Decision[]> {
    await this.flush();
    const slots = kind === undefined ? POLICY_KINDS.flatMap((one) => this.#kept[one]) : this.#kept[kind];
    const newest = [...slots].sort((a, b) => b.number - a.number).slice(0, limit);
    const found = await Promise.all(newest.map(({ id }) => this.get(id).catch(() => undefined)));
    return found.filter((one) => one !== undefined);
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, RECORDS_PER_BATCH);
      try {
        await this.#write(group.map(({ decision }) => decision));
        this.#waiting.splice(0, group.length);
        for (const one of group) one.resolve();
      } catch (error) {
        this.#waiting.splice(0, group.length);
        this.#lost += group.length;
        for (const one of group) one.reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(group: readonly Decision[]): Promise<void> {
    const fresh = group.filter(
      ({ id }, i) => !this.#byId.has(id) && group.findIndex((one) => one.id === id) === i,
    );
    const slots = fresh.map(({ id, record }) => ({
      kind: record.kind,
      number: this.#next++,
      bytes: JSON.stringify(record).length,
      id: whole(id),
    }));
    await this.#level.batch(
      slots.map((slot, i) => ({ type: 'put' as const, key: keyOf(slot), value: fresh[i]!.record })),
      DURABLE as never,
    );
    for (const slot of slots) this.#note(slot);
    await this.#trim();
  }

  /** Lets the oldest go. Not durable: a crash leaves a few too many, and the next write removes them. */
  async #trim(): Promise<void> {
    const outdated: Slot[] = [];
    for (const kind of POLICY_KINDS) {
      const kept = this.#kept[kind];
      while (kept.length > this.#limits.records || this.#bytes[kind] > this.#limits.bytes) {
        const slot = kept.shift() as Slot;
        this.#bytes[kind] -= slot.bytes;
        this.#byId.delete(slot.id);
        outdated.push(slot);
      }
    }
    if (outdated.length > 0)
      await this.#level.batch(outdated.map((slot) => ({ type: 'del' as const, key: keyOf(slot) })));
  }
}

/** A text by itself: one that was put together, or cut from a longer one, holds its parts. */
const whole = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

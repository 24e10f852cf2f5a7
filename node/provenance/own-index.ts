// The committed index of the own log: every statement in it under every name that it is found by, and the root of all that signed into the
// log. A root is committed when a proof is asked for and statements came since the last one, never by a timer: who asks nothing, costs
// nothing.

import { decodeEnvelope, type Signer } from '../../protocol/envelope/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import {
  IndexMap,
  type IndexRoot,
  keysOfFacts,
  type ProvenEntry,
  type StatementFacts,
  signIndexRoot,
  tagOf,
  verifyIndexRoot,
} from '../../protocol/provenance/index.ts';
import type { LogPosition, LogStore, OwnLog } from '../log/index.ts';
import { Serial } from '../serial.ts';
import { type Database, type JsonLevel, jsonLevel } from '../storage/index.ts';

const LAST = 'last';
/** Statements that wait with their keys, some hundred bytes each, before they go into the map. While the log is read at start, all do. */
const PENDING_MAX = 4_096;

/** A root in the log. */
export interface CommittedRoot extends IndexRoot {
  /** Its entry. */
  readonly index: number;
}

/** A statement on its way into the map. */
interface Waiting {
  readonly index: number;
  readonly keys: readonly Uint8Array[];
  readonly tag: Uint8Array;
}

/** The index of the own log. */
export class OwnIndex {
  readonly #map = new IndexMap();
  readonly #store: LogStore;
  readonly #ownLog: OwnLog;
  readonly #signer: Signer;
  readonly #last: JsonLevel<{ index: number }>;
  readonly #serial = new Serial();
  #pending: Waiting[] = [];
  #isReplayed = false;
  #isBroken = false;
  #isCommitting = false;
  #committed: CommittedRoot | undefined;
  #isAhead = false;

  constructor(deps: { store: LogStore; ownLog: OwnLog; signer: Signer; db: Database }) {
    this.#store = deps.store;
    this.#ownLog = deps.ownLog;
    this.#signer = deps.signer;
    this.#last = jsonLevel<{ index: number }>(deps.db, 'provenance-root');
  }

  /** Notes a statement of the own log. They may come in any order until the next root. */
  add(facts: StatementFacts, { index }: Pick<LogPosition, 'index'>): void {
    const tag = tagOf(facts.predicateType, facts.issuer);
    this.#pending.push({ index, keys: keysOfFacts(facts), tag });
    // A list of the map only grows at its end, and at start a long log is read from its end.
    if (!this.#isReplayed || this.#isCommitting || this.#pending.length <= PENDING_MAX) return;
    // The map is then ahead of the root that was committed: the next proof commits a new one.
    this.#committed = undefined;
    this.#isAhead = true;
    this.#apply(Number.POSITIVE_INFINITY);
  }

  /** The log has been read: from now on statements come in its order. */
  replayed(): void {
    this.#isReplayed = true;
  }

  /** The newest root, after committing one if statements came since; undefined when the log is larger than an index. Throws as OwnLog.append does. */
  async commit(): Promise<CommittedRoot | undefined> {
    return await this.#serial.run('commit', async () => {
      if (this.#committed === undefined && !this.#isAhead) await this.#recover();
      const { size } = this.#ownLog.state();
      if (this.#committed !== undefined && !this.#pending.some(({ index }) => index < size))
        return this.#committed;
      this.#apply(size);
      if (this.#isBroken) return undefined;
      const { origin } = this.#ownLog;
      const root = { origin, size, keys: this.#map.keys, root: this.#map.root() };
      this.#isCommitting = true;
      const { index } = await this.#ownLog.append(signIndexRoot(root, this.#signer)).finally(() => {
        this.#isCommitting = false;
      });
      this.#committed = { ...root, index };
      await this.#last.put(LAST, { index });
      return this.#committed;
    });
  }

  /** Proof of the lists of some keys under the newest root; undefined before there is one. */
  async prove(keys: readonly Uint8Array[]): Promise<{ root: CommittedRoot; map: Uint8Array } | undefined> {
    // Behind a commit under way: while its root is being written, the map is ahead of the one before.
    return await this.#serial.run('commit', async () =>
      this.#committed === undefined ? undefined : { root: this.#committed, map: this.#map.prove(keys) },
    );
  }

  /** The entry of a root, with the proof that it is in the log. */
  async entryOf(
    { origin, index }: CommittedRoot,
    proof: (origin: string, index: number) => Promise<readonly Uint8Array[]>,
  ): Promise<ProvenEntry | undefined> {
    const [record, body] = await Promise.all([
      this.#store.record(origin, index),
      this.#store.body(origin, index),
    ]);
    return record === undefined || body === undefined
      ? undefined
      : { index, record, body, proof: await proof(origin, index) };
  }

  #apply(size: number): void {
    const ready = this.#pending.filter(({ index }) => index < size).sort((a, b) => a.index - b.index);
    this.#pending = this.#pending.filter(({ index }) => index >= size);
    try {
      for (const { index, keys, tag } of ready) for (const key of keys) this.#map.add(key, index, tag);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      // An index that is not whole would prove what is untrue: none is better.
      this.#isBroken = true;
      this.#committed = undefined;
    }
  }

  // After a start: what was committed last stands again when the same statements give the same root.
  async #recover(): Promise<void> {
    const last = await this.#last.get(LAST);
    const body = last === undefined ? undefined : await this.#store.body(this.#ownLog.origin, last.index);
    if (last === undefined || body === undefined) return;
    try {
      const root = verifyIndexRoot(decodeEnvelope(body), this.#ownLog.origin);
      this.#apply(root.size);
      if (this.#map.root().toHex() === root.root.toHex()) this.#committed = { ...root, index: last.index };
    } catch (error) {
      // The log was cut or written anew: a fresh root follows.
      if (!isZeroError(error)) throw error;
    }
  }
}

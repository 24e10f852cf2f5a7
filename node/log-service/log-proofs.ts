// Proofs and heads of the logs that this node holds, each with who vouches for it. Reads only.

import { toBase64 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  decodeLogEntry,
  encodeProof,
  inclusionProofAsync,
  parseCheckpoint,
} from '../../protocol/log/index.ts';
import type { Clock } from '../clock/index.ts';
import type { KeptCheckpoint, LogStore } from '../log/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { CheckpointRecord, EntryProof, LogProofs as Port, WitnessQuorum } from './ports.ts';
import type { WitnessPolicy } from './witness-policy.ts';

/** Heads in one answer: some 100 kB with cosignatures. */
const HISTORY_MAX = 256;
/** Newest heads among which one with a quorum is looked for: witnesses are some heads behind on a busy log, not thousands. */
const LOOKED_BACK_MAX = 128;

export interface LogProofsDeps {
  readonly store: LogStore;
  readonly forks: Pick<ForkBook, 'has'>;
  readonly policy: WitnessPolicy;
  readonly clock: Clock;
}

/** See ports.ts. */
export class LogProofs implements Port {
  readonly #deps: LogProofsDeps;

  constructor(deps: LogProofsDeps) {
    this.#deps = deps;
  }

  async checkpointHistory(
    origin: string,
    options: { readonly below?: number; readonly limit?: number } = {},
  ): Promise<CheckpointRecord[]> {
    const limit = Math.min(options.limit ?? HISTORY_MAX, HISTORY_MAX);
    const kept = await this.#heads(origin, { ...options, limit });
    return kept.map(({ text }) => this.#record(text));
  }

  async witnessQuorumOf(origin: string, size?: number): Promise<WitnessQuorum> {
    return this.#judge(await this.headAt(origin, size));
  }

  /** The newest head, and the newest that a quorum vouches for; null when there is none among the newest. */
  async newest(
    origin: string,
  ): Promise<{ readonly head: CheckpointRecord; readonly witnessed: CheckpointRecord | null }> {
    const kept = await this.#heads(origin, { limit: LOOKED_BACK_MAX });
    const witnessed = kept.find(({ text }) => this.#judge(text).reached);
    return {
      head: this.#record(kept[0]!.text),
      witnessed: witnessed === undefined ? null : this.#record(witnessed.text),
    };
  }

  async proveEntry(
    origin: string,
    index: number,
    options: { readonly size?: number } = {},
  ): Promise<EntryProof> {
    const text =
      options.size === undefined
        ? await this.#headOver(origin, index)
        : await this.headAt(origin, options.size);
    const head = parseCheckpoint(text);
    const record = index < head.size ? await this.#deps.store.record(origin, index) : undefined;
    if (record === undefined)
      throw new ZeroError('NOT_FOUND', `${origin} has no entry ${index} under a head of size ${head.size}`);
    const proof = await inclusionProofAsync(head.size, index, this.#deps.store.reader(origin)).catch(
      (cause: unknown) => {
        if (isZeroError(cause) && cause.code === 'NODE_MISSING')
          throw new ZeroError('DATA_CORRUPT', 'a part of the log is missing', { cause });
        throw cause;
      },
    );
    return {
      origin,
      index,
      size: head.size,
      statementId: decodeLogEntry(record).statementId,
      proof: encodeProof({ index, proof, checkpoint: text, extra: record }),
      witnesses: this.#judge(text),
      isForked: this.#deps.forks.has(origin),
    };
  }

  /** The kept note of one size (default: the newest). Throws NOT_FOUND. */
  async headAt(origin: string, size?: number): Promise<string> {
    if (size === undefined) return (await this.#heads(origin, { limit: 1 }))[0]!.text;
    const state = this.#deps.store.state(origin);
    const text = await this.#deps.store.checkpoints.at(origin, size);
    if (text !== undefined) return text;
    if (state.checkpoint !== '' && parseCheckpoint(state.checkpoint).size === size) return state.checkpoint;
    throw new ZeroError('NOT_FOUND', `no head of size ${size} of ${origin} is kept here`, {
      hint: '"zerostate log checkpoint --history" lists those that are.',
    });
  }

  /** The newest head with a quorum that covers an entry, else the newest one. */
  async #headOver(origin: string, index: number): Promise<string> {
    const kept = await this.#heads(origin, { limit: LOOKED_BACK_MAX });
    const covering = kept.filter(({ size }) => size > index);
    return (covering.find(({ text }) => this.#judge(text).reached) ?? kept[0]!).text;
  }

  /** Kept heads of a log, never none. A log that was stored by an older version has its newest head in its state alone. */
  async #heads(origin: string, options: { below?: number; limit: number }): Promise<KeptCheckpoint[]> {
    const { checkpoint } = this.#deps.store.state(origin);
    if (checkpoint === '') throw new ZeroError('NOT_FOUND', `no log ${origin} is held here`);
    const kept = await this.#deps.store.checkpoints.list(origin, options);
    const { size } = parseCheckpoint(checkpoint);
    if (options.below !== undefined && size >= options.below) return kept;
    // Heads above the state's are of a log that lost entries here: they come back with them.
    const held = kept.filter((head) => head.size <= size);
    return held[0]?.size === size ? held : [{ size, text: checkpoint }, ...held].slice(0, options.limit);
  }

  #record(text: string): CheckpointRecord {
    const { origin, size, root } = parseCheckpoint(text);
    return { origin, size, root: toBase64(root), checkpoint: text, witnesses: this.#judge(text) };
  }

  #judge(text: string): WitnessQuorum {
    return this.#deps.policy.judge(parseCheckpoint(text), { now: this.#deps.clock.now() });
  }
}

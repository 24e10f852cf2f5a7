// This node as a witness (C2SP tlog-witness): cosigns a head that its newest cosigned head of that log is a prefix of, and no other.
// The new state is on disk before the cosignature leaves, in one step with the comparison: neither two requests at once nor a crash can
// make it vouch for two histories. The transports (HTTP, libp2p) hand it bytes and pass its answer on.

import { fromBase64, fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  type AddCheckpoint,
  bareCheckpoint,
  type Checkpoint,
  cosign,
  decodeAddCheckpoint,
  findEquivocation,
  type NoteKey,
  type NoteSigner,
  noteSigner,
  parseCheckpoint,
  peerIdOfOrigin,
  reviewForCosigning,
  TLOG_SIZE_TYPE,
  verifyEquivocation,
  verifyNodeCheckpoint,
  WITNESS_PREFIX,
  type WitnessState,
  witnessKeyOf,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { LogStore } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE } from '../storage/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';

/** Logs that this node is a witness of, some 400 bytes each: as many as it can hold. */
const WITNESSED_LOGS_MAX = 10_000;
const TEXT = 'text/plain; charset=utf-8';

/** An answer in the terms of C2SP tlog-witness, whatever the transport. */
export interface WitnessAnswer {
  /** HTTP status: 200, 400, 403, 404, 409, 422 or 503. */
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface WitnessDeps {
  readonly db: Database;
  readonly store: LogStore;
  readonly forks: ForkBook;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly peerId: string;
  readonly seed: Uint8Array;
  readonly accepts: Config['logs']['witness'];
  /** False while this node may have cosigned what it does not know of: it came from a backup. */
  readonly remembers?: () => boolean;
}

/** Cosigns. */
export class Witness {
  readonly #deps: WitnessDeps;
  readonly #level: BytesLevel;
  readonly #signer: NoteSigner;
  readonly #serial = new Serial();
  readonly #witnessed = new Set<string>();

  constructor(deps: WitnessDeps) {
    this.#deps = deps;
    this.#level = bytesLevel(deps.db, 'witness-heads');
    this.#signer = noteSigner(deps.seed);
  }

  /** Reads which logs it has cosigned. */
  async load(): Promise<void> {
    for await (const origin of this.#level.keys()) this.#witnessed.add(origin);
  }

  /** The key it cosigns under. */
  get key(): NoteKey {
    return witnessKeyOf(this.#deps.peerId);
  }

  /** Logs that it has cosigned. */
  get logs(): number {
    return this.#witnessed.size;
  }

  /** Answers a request of tlog-witness. `asker` is the peer that a connection authenticates; null over HTTP. Never throws on what a stranger sent. */
  async answer(request: Uint8Array, asker: string | null): Promise<WitnessAnswer> {
    const answer = await this.#answer(request, asker);
    this.#deps.metrics.count('zerostate_witness_requests_total', { status: String(answer.status) });
    return answer;
  }

  async #answer(request: Uint8Array, asker: string | null): Promise<WitnessAnswer> {
    try {
      if (this.#deps.remembers?.() === false)
        return plain(503, 'this witness came from a backup and is not up to date yet');
      const asked = decodeAddCheckpoint(request);
      const { origin } = parseCheckpoint(asked.checkpoint);
      if (!this.#isMine(origin, asker)) return plain(404, 'this witness does not follow that log');
      if (this.#deps.forks.has(origin)) return plain(403, 'this log signed two histories');
      const checkpoint = verify(asked.checkpoint, origin);
      if (checkpoint === undefined) return plain(403, 'the checkpoint is not signed by its log');
      return await this.#serial.run(origin, () => this.#review(asked, checkpoint));
    } catch (error) {
      if (!isZeroError(error)) throw error;
      const isOurs = error.code === 'STORAGE_FAILED' || error.code === 'BUSY';
      return plain(isOurs ? 503 : 400, error.message);
    }
  }

  #isMine(origin: string, asker: string | null): boolean {
    const { accepts, store } = this.#deps;
    if (accepts === 'never') return false;
    const peer = nodeOf(origin);
    if (peer === undefined) return false;
    if (this.#witnessed.has(origin)) return true;
    if (this.#witnessed.size >= WITNESSED_LOGS_MAX) return false;
    return accepts === 'open' || asker === peer || store.state(origin).checkpoint !== '';
  }

  async #review(asked: AddCheckpoint, checkpoint: Verified<Checkpoint>): Promise<WitnessAnswer> {
    const { origin } = checkpoint;
    const known = await this.#known(origin);
    const verdict = reviewForCosigning(known, { ...asked, checkpoint });
    if (verdict.verdict === 'conflict')
      return { status: 409, type: TLOG_SIZE_TYPE, body: `${verdict.size}\n` };
    if (verdict.verdict === 'reject') {
      const { code, message } = verdict.error;
      if (code === 'LOG_FORKED') await this.#convictEqual(known!.text, checkpoint);
      return plain(code === 'LOG_FORKED' ? 409 : code === 'DECODE_FAILED' ? 400 : 422, message);
    }
    // The log may have shown this node another history as a reader than it shows it as a witness.
    if (await this.#contradictsCopy(checkpoint)) return plain(409, 'the log signed two histories');
    await this.#keep(origin, verdict.next, bareCheckpoint(checkpoint.text));
    const timeSeconds = Math.floor(this.#deps.clock.now() / 1000);
    const name = WITNESS_PREFIX + this.#deps.peerId;
    return plain(200, cosign(checkpoint, { name, signer: this.#signer, timeSeconds }), '');
  }

  /** The newest cosigned head of a log, or null. A state that cannot be read is no state: to sign without it could fork the witness. */
  async #known(origin: string): Promise<(WitnessState & { readonly text: string }) | null> {
    const bytes = await this.#level.get(origin);
    if (bytes === undefined) return null;
    try {
      const { size, root, text } = JSON.parse(fromUtf8(bytes)) as {
        size: number;
        root: string;
        text: string;
      };
      return { size, root: fromBase64(root), text };
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', `what was cosigned of ${origin} cannot be read`, { cause });
    }
  }

  async #keep(origin: string, { size, root }: WitnessState, text: string): Promise<void> {
    const bytes = utf8(JSON.stringify({ size, root: toBase64(root), text }));
    try {
      await this.#deps.db.batch().put(origin, bytes, { sublevel: this.#level }).write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'the state of the witness could not be written', { cause });
    }
    this.#witnessed.add(origin);
  }

  async #convictEqual(text: string, checkpoint: Verified<Checkpoint>): Promise<void> {
    await this.#deps.forks.add(verifyEquivocation({ first: text, second: checkpoint.text, proof: [] }));
  }

  /** Compares with the copy of the log that this node holds, as far as it reaches; a fork is kept as evidence. */
  async #contradictsCopy(checkpoint: Verified<Checkpoint>): Promise<boolean> {
    const { forks, store } = this.#deps;
    const held = store.state(checkpoint.origin).checkpoint;
    if (held === '') return false;
    const own = verifyNodeCheckpoint(held, checkpoint.origin);
    if (checkpoint.size > own.size) return false;
    const finding = await findEquivocation(checkpoint, own, store.reader(checkpoint.origin));
    if (finding !== null) await forks.add(finding);
    return finding !== null;
  }
}

function nodeOf(origin: string): string | undefined {
  try {
    return peerIdOfOrigin(origin);
  } catch {
    return undefined;
  }
}

function verify(text: string, origin: string): Verified<Checkpoint> | undefined {
  try {
    return verifyNodeCheckpoint(text, origin);
  } catch (error) {
    if (isZeroError(error) && error.code === 'SIGNATURE_INVALID') return undefined;
    throw error;
  }
}

function plain(status: number, body: string, end = '\n'): WitnessAnswer {
  return { status, type: TEXT, body: body + end };
}

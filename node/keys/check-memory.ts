// What this node has found sound, over restarts: public keys, whose point check costs more than a verification, and signatures of logged
// statements, of which a start reads thousands again. Everything else about a statement is judged anew at every start: its form, its
// keychain, who may sign it, and that it is what its log names.

import { join } from 'node:path';
import {
  CHECKS_REMEMBERED_MAX,
  KEYS_REMEMBERED_MAX,
  recallChecks,
  recallSafePublicKeys,
  rememberedChecks,
  safePublicKeys,
} from '../../protocol/crypto/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { CheckedFile } from './checked-file.ts';

/** Pause between two savings: what was checked since is checked again when the process is killed. */
const SAVE_EVERY_MS = 600_000;
const KEYS_FILE = 'checked-keys';
const SIGNATURES_FILE = 'checked-signatures';

/** The memory of one home. */
export class CheckMemory {
  readonly #keys: CheckedFile;
  readonly #signatures: CheckedFile;
  readonly #clock: Clock;
  #cancel: () => void = () => {};
  /** What the files hold; see markOf. */
  #kept = '';

  constructor(deps: { home: string; seed: Uint8Array; clock: Clock; log: Logger }) {
    const { home, seed, log } = deps;
    this.#clock = deps.clock;
    this.#keys = new CheckedFile({
      path: join(home, KEYS_FILE),
      seed,
      what: 'keys',
      itemsMax: KEYS_REMEMBERED_MAX,
      log,
    });
    this.#signatures = new CheckedFile({
      path: join(home, SIGNATURES_FILE),
      seed,
      what: 'signatures',
      itemsMax: CHECKS_REMEMBERED_MAX,
      log,
    });
  }

  /** Recalls what an earlier run had checked; answers how many keys and signatures. */
  async load(): Promise<{ keys: number; signatures: number }> {
    const [keys, signatures] = await Promise.all([this.#keys.read(), this.#signatures.read()]);
    recallSafePublicKeys(keys);
    recallChecks(signatures);
    this.#kept = markOf(keys, signatures);
    return { keys: keys.length, signatures: signatures.length };
  }

  /** Begins to keep what is checked, from time to time. */
  start(): void {
    const later = () => {
      this.#cancel = this.#clock.after(SAVE_EVERY_MS, () => void this.save().finally(later));
    };
    later();
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.save();
  }

  /** Keeps what is known now, if anything has changed. */
  async save(): Promise<void> {
    const [keys, signatures] = [safePublicKeys(), rememberedChecks()];
    const mark = markOf(keys, signatures);
    if (mark === this.#kept) return;
    this.#kept = mark;
    await Promise.all([this.#keys.write(keys), this.#signatures.write(signatures)]);
  }
}

/** What is new comes last: numbers and last items tell whether anything has. */
function markOf(...lists: readonly (readonly Uint8Array[])[]): string {
  return lists.map((list) => `${list.length} ${list.at(-1)?.toHex()}`).join(' ');
}

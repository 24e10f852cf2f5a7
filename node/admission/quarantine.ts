// Objects that are well formed and not proven yet: kept apart from everything else, within quotas, for a short time.
// They leave by proof, by a newer object of the same name, or by age. Nothing reads them as knowledge.

import type { Clock } from '../clock/index.ts';
import { type BytesLevel, bytesLevel, type Database } from '../storage/index.ts';
import type { Admission } from './ledger.ts';

/** Objects and bytes held in all, and for one peer: a stranger fills a sixteenth at most. */
export const QUARANTINE_OBJECTS_MAX = 4_096;
export const QUARANTINE_BYTES_MAX = 16 * 1024 * 1024;
export const QUARANTINE_PEER_SHARE = 1 / 16;
/** Unproven after this time, an object is dropped. */
export const QUARANTINE_MS_MAX = 600_000;

/** An object that waits for its proof. */
export interface Unproven {
  /** What it is of: a newer object of the same kind and name replaces it. */
  readonly kind: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Peer id of who brought it. */
  readonly from: string;
}

interface Entry {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly from: string;
  readonly at: number;
}

/** proven: promoted. unproven: stays. false: disproved, dropped, and booked as a failure of who brought it. */
export type Proof = 'proven' | 'unproven' | 'false';

/** The quarantine of one node. It starts empty: what was unproven before a restart comes again or is worth nothing. */
export class Quarantine {
  readonly #level: BytesLevel;
  readonly #clock: Clock;
  readonly #admission: Admission;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(deps: { db: Database; clock: Clock; admission: Admission }) {
    this.#level = bytesLevel(deps.db, 'quarantine');
    this.#clock = deps.clock;
    this.#admission = deps.admission;
  }

  /** Drops what an earlier run left. */
  async start(): Promise<void> {
    await this.#level.clear();
  }

  /** Objects held, and their bytes. */
  get held(): { objects: number; bytes: number } {
    return { objects: this.#entries.size, bytes: this.#bytes };
  }

  /** What is held, the oldest first, without its bytes. */
  list(limit: number): (Omit<Unproven, 'bytes'> & { readonly size: number; readonly at: number })[] {
    return [...this.#entries.values()].slice(0, limit).map((entry) => ({ ...entry }));
  }

  /** Takes an object in. False when its peer, or the quarantine, is full. */
  async hold({ kind, name, bytes, from }: Unproven): Promise<boolean> {
    await this.expire();
    const key = `${kind}/${name}`;
    const replaced = this.#entries.get(key);
    const own = replaced?.from === from ? replaced : undefined;
    const mine = [...this.#entries.values()].filter((entry) => entry.from === from);
    const size = mine.reduce((sum, entry) => sum + entry.size, bytes.length) - (own?.size ?? 0);
    const objects = mine.length + (own === undefined ? 1 : 0);
    // One peer's object does not push another's out: the first one stays until it is settled.
    if (replaced !== undefined && own === undefined) return false;
    if (objects > QUARANTINE_OBJECTS_MAX * QUARANTINE_PEER_SHARE) return false;
    if (size > QUARANTINE_BYTES_MAX * QUARANTINE_PEER_SHARE) return false;
    if (this.#entries.size + (own === undefined ? 1 : 0) > QUARANTINE_OBJECTS_MAX) return false;
    if (this.#bytes + bytes.length - (own?.size ?? 0) > QUARANTINE_BYTES_MAX) return false;
    this.#forget(key);
    this.#entries.set(key, { kind, name, size: bytes.length, from, at: this.#clock.now() });
    this.#bytes += bytes.length;
    await this.#level.put(key, bytes);
    return true;
  }

  /** Asks for the proof of every object of a kind; answers those that were promoted. */
  async settle(kind: string, prove: (object: Unproven) => Promise<Proof> | Proof): Promise<Unproven[]> {
    await this.expire();
    const promoted: Unproven[] = [];
    for (const [key, entry] of [...this.#entries]) {
      if (entry.kind !== kind) continue;
      const bytes = await this.#level.get(key);
      if (bytes === undefined) continue;
      const object = { kind, name: entry.name, bytes, from: entry.from };
      const proof = await prove(object);
      if (proof === 'unproven' || this.#entries.get(key) !== entry) continue;
      await this.#drop(key);
      if (proof === 'proven') promoted.push(object);
      else this.#admission.failed(entry.from);
    }
    return promoted;
  }

  /** Drops what waited too long; answers how many. */
  async expire(): Promise<number> {
    const oldest = this.#clock.now() - QUARANTINE_MS_MAX;
    let dropped = 0;
    for (const [key, entry] of this.#entries) {
      if (entry.at >= oldest) break;
      await this.#drop(key);
      dropped += 1;
    }
    return dropped;
  }

  async #drop(key: string): Promise<void> {
    this.#forget(key);
    await this.#level.del(key);
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}

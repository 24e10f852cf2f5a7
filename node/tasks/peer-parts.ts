// Which parts which peer was given. A guess that saves bytes: a peer that has lost one says so.

import type { TaskPart, VerifiedManifest } from '../../protocol/task/index.ts';
import { partsOfManifest } from './gather.ts';

/** Peers remembered, and parts of each: a module and some inputs of the tasks in fashion. */
const PEERS_MAX = 1_000;
const PARTS_MAX = 256;

/** What peers were given. */
export class PeerParts {
  readonly #peers = new Map<string, Set<string>>();

  has(peer: string, cid: string): boolean {
    return this.#peers.get(peer)?.has(cid) === true;
  }

  add(peer: string, cids: readonly string[]): void {
    if (cids.length === 0) return;
    const parts = this.#peers.get(peer) ?? new Set();
    this.#peers.delete(peer);
    this.#peers.set(peer, parts);
    for (const cid of cids) parts.add(cid);
    for (const cid of parts) {
      if (parts.size <= PARTS_MAX) break;
      parts.delete(cid);
    }
    if (this.#peers.size > PEERS_MAX) this.#peers.delete(this.#peers.keys().next().value as string);
  }

  /** Share of a task's bytes that a peer was given, 0 to 1000. */
  share(peer: string, manifest: VerifiedManifest): number {
    const parts = partsOfManifest(manifest);
    const sum = (of: readonly TaskPart[]) => of.reduce((total, { bytes }) => total + bytes, 0);
    const all = sum(parts);
    if (all === 0) return 0;
    return Math.floor((sum(parts.filter(({ cid }) => this.has(peer, cid))) * 1_000) / all);
  }

  forget(peer: string): void {
    this.#peers.delete(peer);
  }
}

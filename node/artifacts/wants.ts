// What this node has asked of whom, and what came: a block that nobody asked a peer for is how wrong bytes look in Bitswap, since a
// block says only what its own bytes hash to. No I/O.

import type { ZeroError } from '../../protocol/errors/index.ts';
import { LATE_MAX } from './limits.ts';

interface Waiting {
  resolve(block: Uint8Array | undefined): void;
  reject(error: ZeroError): void;
}

/** One who waits. */
export interface Wait {
  readonly block: Promise<Uint8Array | undefined>;
  /** Ends the wait with an error, unless an answer came before. */
  giveUp(error: ZeroError): void;
}

/** Wants by peer and content id. */
export class Wants {
  readonly #open = new Map<string, Map<string, Set<Waiting>>>();
  /** `<peer> <id>` asked lately, oldest first. */
  readonly #late = new Set<string>();

  /** True while a peer owes an answer. */
  owes(peer: string): boolean {
    return this.#open.has(peer);
  }

  /** True when this id was asked of this peer and may still arrive. */
  mayCome(peer: string, cid: string): boolean {
    return this.#late.has(`${peer} ${cid}`);
  }

  /** Waits for an answer: the block, or undefined when the peer says that it has none. */
  wait(peer: string, cid: string): Wait {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
    const waiting = { resolve, reject };
    const ofPeer = this.#open.get(peer) ?? new Map<string, Set<Waiting>>();
    this.#open.set(peer, ofPeer);
    ofPeer.set(cid, (ofPeer.get(cid) ?? new Set()).add(waiting));
    this.#late.add(`${peer} ${cid}`);
    if (this.#late.size > LATE_MAX) this.#late.delete(this.#late.values().next().value as string);
    const giveUp = (error: ZeroError) => {
      const all = this.#open.get(peer)?.get(cid);
      if (all?.delete(waiting) === true && all.size === 0) this.#forget(peer, cid);
      reject(error);
    };
    return { block: promise, giveUp };
  }

  /** Hands an answer to whoever waits; false when nobody does. */
  answer(peer: string, cid: string, block: Uint8Array | undefined): boolean {
    const all = this.#open.get(peer)?.get(cid);
    if (all === undefined) return false;
    this.#forget(peer, cid);
    for (const waiting of all) waiting.resolve(block);
    return true;
  }

  /** Ends every wait for one id at one peer. */
  fail(peer: string, cid: string, error: ZeroError): void {
    const all = this.#open.get(peer)?.get(cid) ?? [];
    this.#forget(peer, cid);
    for (const waiting of all) waiting.reject(error);
  }

  /** Ends every wait at one peer. */
  failAll(peer: string, error: ZeroError): void {
    for (const cid of [...(this.#open.get(peer)?.keys() ?? [])]) this.fail(peer, cid, error);
  }

  /** Ends every wait. */
  clear(error: ZeroError): void {
    for (const peer of [...this.#open.keys()]) this.failAll(peer, error);
    this.#late.clear();
  }

  #forget(peer: string, cid: string): void {
    const ofPeer = this.#open.get(peer);
    ofPeer?.delete(cid);
    if (ofPeer?.size === 0) this.#open.delete(peer);
  }
}

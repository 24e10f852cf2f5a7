// Key packages: those of local agents that were handed out and wait for a welcome, and those of others that are held ready, so that a guild
// forms in one round trip.

import { makeKeyPackageRef } from 'ts-mls/keyPackage.js';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { equalBytes } from '../../protocol/bytes/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault, LocalAgent } from '../keys/agent-vault.ts';
import { decodeMls, destroyOwnKeys, encodeKeyPackage, makeOwnKeys, type OwnKeys } from './keys/own-keys.ts';
import { guildSuite } from './keys/suite.ts';
import { KEY_READY_MS, KEY_WAIT_MS, KEYS_OUT_MAX, KEYS_OUT_PER_PEER_MAX, KEYS_READY_MAX } from './limits.ts';

interface Out {
  readonly agent: AgentId;
  readonly peer: string;
  readonly own: OwnKeys;
  readonly until: number;
}

/** Keeps key packages. */
export class KeyDesk {
  readonly #clock: Clock;
  readonly #vault: AgentVault;
  readonly #peerId: string;
  readonly #out: Out[] = [];
  readonly #ready = new RecentMap<AgentId, { readonly bytes: Uint8Array; readonly until: number }>(
    KEYS_READY_MAX,
  );

  constructor(deps: { clock: Clock; vault: AgentVault; peerId: string }) {
    this.#clock = deps.clock;
    this.#vault = deps.vault;
    this.#peerId = deps.peerId;
  }

  /** Fresh keys for a local agent. */
  async make(agent: LocalAgent): Promise<OwnKeys> {
    return await makeOwnKeys(agent, this.#peerId, this.#clock.now());
  }

  /** Hands a key package of a local agent to a peer. Throws NOT_OWNER. */
  async handOut(agent: AgentId, peer: string): Promise<Uint8Array> {
    const own = await this.make(this.#vault.get(agent));
    this.#sweep();
    const mine = this.#out.filter((one) => one.peer === peer);
    if (mine.length >= KEYS_OUT_PER_PEER_MAX) this.#drop(mine[0] as Out);
    else if (this.#out.length >= KEYS_OUT_MAX) this.#drop(this.#out[0] as Out);
    this.#out.push({ agent, peer, own, until: this.#clock.now() + KEY_WAIT_MS });
    return encodeKeyPackage(own.publicPackage);
  }

  /** The keys that a welcome is for, if they were handed to this peer for this agent. Each is used once. */
  async takeFor(agent: AgentId, peer: string, welcome: Uint8Array): Promise<OwnKeys | undefined> {
    this.#sweep();
    const { secrets } = decodeMls(welcome, 'mls_welcome').welcome;
    const { hash } = await guildSuite();
    for (const { own } of this.#out.filter((one) => one.agent === agent && one.peer === peer)) {
      const ref = await makeKeyPackageRef(own.publicPackage, hash);
      if (!secrets.some(({ newMember }) => equalBytes(newMember, ref))) continue;
      this.#remove(own);
      return own;
    }
    return undefined;
  }

  /** Holds the key package of another agent ready. */
  hold(agent: AgentId, bytes: Uint8Array): void {
    this.#ready.set(agent, { bytes, until: this.#clock.now() + KEY_READY_MS });
  }

  /** Takes a key package that is held ready; each is used once. */
  take(agent: AgentId): Uint8Array | undefined {
    const held = this.#ready.get(agent);
    this.#ready.delete(agent);
    return held !== undefined && held.until > this.#clock.now() ? held.bytes : undefined;
  }

  /** True when one is held ready. */
  has(agent: AgentId): boolean {
    return (this.#ready.get(agent)?.until ?? 0) > this.#clock.now();
  }

  /** Destroys every private key that waits. */
  clear(): void {
    for (const one of [...this.#out]) this.#drop(one);
    this.#ready.clear();
  }

  #drop(out: Out): void {
    destroyOwnKeys(out.own);
    this.#remove(out.own);
  }

  #remove(own: OwnKeys): void {
    const at = this.#out.findIndex((one) => one.own === own);
    if (at >= 0) this.#out.splice(at, 1);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const one of this.#out.filter(({ until }) => until <= now)) this.#drop(one);
  }
}

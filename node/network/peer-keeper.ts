// Keeps the node connected: dials the join list, peers it knew in earlier runs and announced nodes until it has enough.
// libp2p 3 does not dial what it discovers.

import type { Peer } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';
import { ipOf, isGloballyRoutable } from '../host/address-group.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import type { Directory, NodeEntry } from './directory.ts';
import type { BootSource } from './first-contact.ts';

const ROUND_MS = 2_000;
/** Dials of one round. */
const DIALS_PER_ROUND = 4;
/** Dials under way at once: two rounds of them, so that those that wait for a silent address do not keep the next round waiting. */
const DIALS_AT_ONCE_MAX = 8;
/**
 * While a node has fewer peers than this, a round follows each connection and each word of another node, after this pause: at its start it
 * does not wait for the next round to dial whom the first peer has told it of.
 */
const FEW_PEERS = 3;
const WAKE_MS = 250;
/** A peer that failed rests: doubling from the first to the last of these, which is short enough to meet again within a minute. */
const REST_MS_FIRST = 2_000;
const REST_MS_LAST = 30_000;
/**
 * Rounds after which a node that has peers enough dials one that it no longer hears. When a network was split, each half may have all
 * the peers that it wants: without this, nobody would notice that the other half can be reached again.
 */
const ROUNDS_PER_LOST = 8;
/** Pause between two readings of the boot list: while others are connected, and while the node is alone (doubling, from the first). */
const BOOT_MS = 3_600_000;
const BOOT_ALONE_MS_FIRST = 5_000;
const BOOT_ALONE_MS_LAST = 600_000;
/** Pause between two readings of the peers on disk, while more are wanted: it reads all of them. */
const STORED_MS = 5_000;
/** A node that knows so many on disk has whom to dial, and does not read them all again for one more. */
const REREAD_MAX = 64;
/** Peers whose failures are remembered. */
const FAILURES_MAX = 4_096;

interface Candidate {
  readonly id: string;
  readonly dial: Multiaddr | Multiaddr[] | ReturnType<typeof peerIdFromString>;
}

/** Dials until `target` connections are up, forever. */
export class PeerKeeper {
  readonly #host: Host;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #target: number;
  readonly #groupPrivate: boolean;
  readonly #join: readonly Candidate[];
  readonly #boot: BootSource | undefined;
  #bootNodes: readonly Candidate[] = [];
  #bootReadAt = Number.NEGATIVE_INFINITY;
  #bootReadAlone = 0;
  readonly #failures = new RecentMap<string, { count: number; at: number; until: number }>(FAILURES_MAX);
  readonly #dialling = new Set<string>();
  #rounds = 0;
  #known: { readAt: number; peers: readonly Candidate[] } = { readAt: Number.NEGATIVE_INFINITY, peers: [] };
  #cancel: () => void = () => {};
  #cancelWake: (() => void) | undefined;
  #stopped = false;

  constructor(deps: {
    host: Host;
    directory: Directory;
    clock: Clock;
    log: Logger;
    target: number;
    /** Private and loopback addresses are strangers too. */
    groupPrivate: boolean;
    join: readonly string[];
    boot?: BootSource | undefined;
  }) {
    this.#boot = deps.boot;
    this.#host = deps.host;
    this.#directory = deps.directory;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#target = deps.target;
    this.#groupPrivate = deps.groupPrivate;
    this.#join = deps.join.map(candidateOf);
  }

  /** Runs one round now and then one every two seconds. */
  start(): void {
    const round = () => {
      void this.#look().finally(() => {
        if (!this.#stopped) this.#cancel = this.#clock.after(ROUND_MS, round);
      });
    };
    this.#host.addEventListener('peer:discovery', this.#onDiscovered);
    round();
  }

  stop(): void {
    this.#stopped = true;
    this.#host.removeEventListener('peer:discovery', this.#onDiscovered);
    this.#cancel();
    this.#cancelWake?.();
  }

  /** Something is new, a connection or a node that was heard of: while peers are few the next round is soon. */
  wake(): void {
    if (this.#stopped || this.#cancelWake !== undefined) return;
    if (this.#kept() >= Math.min(FEW_PEERS, this.#target)) return;
    this.#cancelWake = this.#clock.after(WAKE_MS, () => {
      this.#cancelWake = undefined;
      void this.#look();
    });
  }

  /** A peer that multicast names is on disk in a moment: what was read of it before is too old for a node that has few. */
  readonly #onDiscovered = (): void => {
    this.wake();
    if (this.#cancelWake !== undefined && this.#known.peers.length < REREAD_MAX)
      this.#known = { readAt: Number.NEGATIVE_INFINITY, peers: [] };
  };

  async #look(): Promise<void> {
    await this.#round().catch((error: unknown) => this.#log.debug({ err: error }, 'dial round failed'));
  }

  async #round(): Promise<void> {
    const connected = new Set(this.#host.getPeers().map(String));
    const kept = this.#kept();
    // Not awaited: a server that hangs must not keep the node from peers that it knows.
    void this.#readBootList(connected.size === 0);
    this.#rounds += 1;
    const isEnough = kept >= this.#target;
    if (isEnough && this.#rounds % ROUNDS_PER_LOST !== 0) return;
    const now = this.#clock.now();
    const self = this.#host.peerId.toString();
    const wanted: Candidate[] = [];
    const seen = new Set([self]);
    const wish = isEnough ? 1 : Math.min(DIALS_PER_ROUND, this.#target - kept);
    for (const candidate of isEnough ? this.#lost() : await this.#candidates()) {
      if (wanted.length >= Math.min(wish, DIALS_AT_ONCE_MAX - this.#dialling.size)) break;
      if (seen.has(candidate.id) || connected.has(candidate.id) || this.#dialling.has(candidate.id)) continue;
      seen.add(candidate.id);
      if (!this.#rests(candidate.id, now, connected.size === 0)) wanted.push(candidate);
    }
    for (const candidate of wanted) void this.#dial(candidate);
  }

  /** A node without any peer has nobody else to try: the rests of those that failed do not grow. */
  #rests(id: string, now: number, alone: boolean): boolean {
    const failed = this.#failures.get(id);
    if (failed === undefined) return false;
    return now < (alone ? Math.min(failed.until, failed.at + REST_MS_FIRST) : failed.until);
  }

  /** Nodes that were heard of and are silent, and the ways in of which nothing is heard. */
  #lost(): Candidate[] {
    const heard = new Map(this.#directory.nodes().map((node) => [node.peerId, node]));
    const isSilent = (id: string) => {
      const node = heard.get(id);
      return node === undefined || !this.#directory.isFresh(node);
    };
    return shuffled([
      ...[...this.#join, ...this.#bootNodes].filter(({ id }) => isSilent(id)),
      ...[...heard.values()].filter(({ peerId }) => isSilent(peerId)).map(candidateOfNode),
    ]);
  }

  /**
   * Connected peers that count: those that this node chose to dial, and those that came in from its own machine or site. Strangers
   * that came in do not count, or whoever dials most would decide whom this node knows.
   */
  #kept(): number {
    const kept = new Set<string>();
    for (const { direction, remoteAddr, remotePeer } of this.#host.getConnections()) {
      const ip = ipOf(remoteAddr);
      const stranger = ip !== undefined && (this.#groupPrivate || isGloballyRoutable(ip));
      if (direction === 'outbound' || !stranger) kept.add(remotePeer.toString());
    }
    return kept.size;
  }

  /** Reads the boot list when it is due: all boot nodes may have been replaced since. */
  async #readBootList(alone: boolean): Promise<void> {
    const pause = alone
      ? Math.min(BOOT_ALONE_MS_LAST, BOOT_ALONE_MS_FIRST * 2 ** Math.min(this.#bootReadAlone, 10))
      : BOOT_MS;
    const now = this.#clock.now();
    if (this.#boot === undefined || Math.abs(now - this.#bootReadAt) < pause) return;
    this.#bootReadAt = now;
    this.#bootReadAlone = alone ? this.#bootReadAlone + 1 : 0;
    this.#bootNodes = (await this.#boot.read()).flatMap((text) => {
      try {
        return [candidateOf(text)];
      } catch {
        // Signed, but not by somebody who tried it.
        return [];
      }
    });
  }

  async #candidates(): Promise<Candidate[]> {
    const announced = this.#directory.nodes().filter((node) => this.#directory.isFresh(node));
    return [
      ...this.#join,
      ...shuffled([...this.#bootNodes]),
      ...shuffled(announced.map(candidateOfNode)),
      ...(await this.#stored()),
    ];
  }

  /** Peers that were met in this run or an earlier one; after them those of which others spoke, as multicast does: anybody can name names. */
  async #stored(): Promise<readonly Candidate[]> {
    const now = this.#clock.now();
    if (Math.abs(now - this.#known.readAt) < STORED_MS) return this.#known.peers;
    const peers = await this.#host.peerStore.all({ filters: [({ addresses }) => addresses.length > 0] });
    const [met, named] = [true, false].map((wanted) =>
      shuffled(peers.filter(({ protocols }) => protocols.length > 0 === wanted)),
    ) as [Peer[], Peer[]];
    this.#known = {
      readAt: now,
      peers: [...met, ...named].map(({ id }) => ({ id: id.toString(), dial: id })),
    };
    return this.#known.peers;
  }

  /** Never rejects. */
  async #dial(candidate: Candidate): Promise<void> {
    this.#dialling.add(candidate.id);
    try {
      await this.#host.dial(candidate.dial);
      this.#failures.delete(candidate.id);
    } catch (error) {
      const count = (this.#failures.get(candidate.id)?.count ?? 0) + 1;
      const rest =
        Math.min(REST_MS_LAST, REST_MS_FIRST * 2 ** Math.min(count - 1, 10)) * (0.5 + Math.random());
      const at = this.#clock.now();
      this.#failures.set(candidate.id, { count, at, until: at + rest });
      this.#log.debug({ peer: candidate.id, count, error: (error as Error).message }, 'dial failed');
    } finally {
      this.#dialling.delete(candidate.id);
    }
  }
}

function candidateOf(text: string): Candidate {
  const address = multiaddr(text);
  return { id: peerOf(address) ?? text, dial: address };
}

function candidateOfNode({ peerId, addresses }: NodeEntry): Candidate {
  return { id: peerId, dial: addressOf(peerId, addresses) };
}

/** Peer id text at the end of a multiaddr, if it has one. */
function peerOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((part) => part.name === 'p2p')?.value;
}

function addressOf(peerId: string, addresses: readonly string[]): Candidate['dial'] {
  const usable: Multiaddr[] = [];
  for (const text of addresses) {
    try {
      const address = multiaddr(text);
      usable.push(peerOf(address) === peerId ? address : address.encapsulate(`/p2p/${peerId}`));
    } catch {
      // an announcement may hold nonsense: take its other addresses
    }
  }
  return usable.length > 0 ? usable : peerIdFromString(peerId);
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}

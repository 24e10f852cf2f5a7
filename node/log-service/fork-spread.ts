// Evidence of forks reaches everybody: gossip tells it at once, and this makes it complete. Two nodes compare which logs they know to have
// forked, by one digest where they agree, and each takes the evidence it lacks, checks it, and keeps it.

import type { PeerId } from '@libp2p/interface';
import { fromUtf8, toHex, utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { decodeEquivocation, ORIGIN_PREFIX, verifyEquivocation } from '../../protocol/log/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { LogProtocol } from './log-protocol.ts';

/** Pause between two rounds with some peer; new evidence comes by gossip, and by the first round with each new peer. */
const ROUND_MS = 30_000;
/** Origins in one answer: 1,024 of 70 characters are 72 kB. */
const ORIGINS_MAX = 1_024;
/** Evidence that is taken in one round: each costs a question and four signatures to check. */
const TAKEN_MAX = 256;
const LIST_PATH = /^forks\/([0-9a-f]{64})\/(.*)$/;

/** The list of forked logs, as it is asked for. */
export function forksPath(digest: string, after: string): string {
  return `forks/${digest}/${after}`;
}

/** Compares with peers. */
export class ForkSpread {
  readonly #deps: {
    host: Host;
    forks: ForkBook;
    store: LogStore;
    protocol: LogProtocol;
    clock: Clock;
    log: Logger;
  };
  #cancel: () => void = () => {};
  #next = 0;
  #stopped = false;

  constructor(deps: {
    host: Host;
    forks: ForkBook;
    store: LogStore;
    protocol: LogProtocol;
    clock: Clock;
    log: Logger;
  }) {
    this.#deps = deps;
    deps.protocol.onForks = (path) => this.#answer(path);
  }

  start(): void {
    this.#deps.host.addEventListener('peer:identify', this.#onIdentify);
    const round = (): void => {
      const peers = this.#deps.host.getPeers();
      const peer = peers[this.#next++ % Math.max(1, peers.length)];
      if (peer !== undefined) void this.compareWith(peer);
      if (!this.#stopped) this.#cancel = this.#deps.clock.after(ROUND_MS, round);
    };
    this.#cancel = this.#deps.clock.after(ROUND_MS, round);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#deps.host.removeEventListener('peer:identify', this.#onIdentify);
  }

  readonly #onIdentify = (event: CustomEvent<{ peerId: PeerId; protocols: string[] }>): void => {
    if (!this.#stopped && event.detail.protocols.includes(this.#deps.protocol.id))
      void this.compareWith(event.detail.peerId);
  };

  /** Takes from a peer the evidence that is lacking here, against logs that are held. Never throws; answers how much was new. */
  async compareWith(peer: PeerId): Promise<number> {
    let taken = 0;
    try {
      let after = '';
      for (let looked = 0; looked < TAKEN_MAX; ) {
        const list = fromUtf8(await this.#ask(peer, ORIGIN_PREFIX, forksPath(this.#digest(), after)));
        const origins = list.split('\n').filter((line) => line !== '');
        for (const origin of origins.filter((each) => this.#isWanted(each)).slice(0, TAKEN_MAX)) {
          looked += 1;
          taken += Number(await this.#take(peer, origin));
        }
        const last = origins.at(-1);
        if (origins.length < ORIGINS_MAX || last === undefined || last <= after) break;
        after = last;
      }
    } catch (error) {
      this.#deps.log.debug({ peer: peer.toString(), error: (error as Error).message }, 'forks not compared');
    }
    return taken;
  }

  #isWanted(origin: string): boolean {
    const { forks, store } = this.#deps;
    return !forks.has(origin) && store.state(origin).size > 0;
  }

  async #take(peer: PeerId, origin: string): Promise<boolean> {
    const bytes = await this.#ask(peer, origin, 'evidence');
    try {
      const finding = verifyEquivocation(decodeEquivocation(bytes));
      return finding.origin === origin && (await this.#deps.forks.add(finding));
    } catch (error) {
      if (!isZeroError(error) || error.exit !== 3) throw error;
      throw new ZeroError('SYNC_REFUSED', 'the evidence does not hold', { cause: error });
    }
  }

  async #ask(peer: PeerId, origin: string, path: string): Promise<Uint8Array> {
    return await this.#deps.protocol.fetch(peer, origin, path);
  }

  #sorted(): string[] {
    return this.#deps.forks
      .list()
      .map(({ origin }) => origin)
      .sort();
  }

  #digest(): string {
    return toHex(sha256(utf8(this.#sorted().join('\n'))));
  }

  /** Origins known to have forked, after one; none when the asker knows the same ones. */
  #answer(path: string): Uint8Array {
    const [, digest, after] = LIST_PATH.exec(path) ?? [];
    if (digest === undefined || after === undefined)
      throw new ZeroError('DECODE_FAILED', 'the request names no digest');
    if (digest === this.#digest()) return new Uint8Array();
    const origins = this.#sorted().filter((origin) => origin > after);
    return utf8(origins.slice(0, ORIGINS_MAX).join('\n'));
  }
}

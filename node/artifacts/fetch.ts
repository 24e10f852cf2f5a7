// One fetch of an artifact: walks its DAG from the root, asks several providers for what is missing, passes over those that fail,
// looks for others, and goes on from what is here. Every block is verified and every bound is held before the next is asked for.

import type { PeerId } from '@libp2p/interface';
import type { CID } from 'multiformats/cid';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { type Clock, pause } from '../clock/index.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { shapeOf } from './blocks.ts';
import {
  BLOCKS_MAX,
  DEPTH_MAX,
  FAILURES_MAX,
  OUTSTANDING_MAX,
  PROVIDERS_MAX,
  SEARCH_PAUSE_MS,
  SEARCHES_MAX,
  WINDOW,
} from './limits.ts';

/** How far a fetch is. */
export interface FetchProgress {
  readonly root: string;
  readonly blocks: number;
  readonly bytes: number;
  /** Blocks known of that are not here yet; more may follow from them. */
  readonly missing: number;
  readonly providers: number;
}

export interface FetchDeps {
  readonly store: ArtifactStore;
  readonly clock: Clock;
  readonly want: (
    peer: PeerId,
    cid: CID,
    options: { signal: AbortSignal },
  ) => Promise<Uint8Array | undefined>;
  readonly find: (root: CID, named: readonly string[], signal: AbortSignal) => AsyncIterable<PeerId>;
}

export interface FetchOptions {
  /** Peer ids to ask first. */
  readonly from: readonly string[];
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FetchProgress) => void;
}

interface Provider {
  readonly peer: PeerId;
  readonly lacks: Set<string>;
  outstanding: number;
  failures: number;
}

interface Wanted {
  readonly cid: CID;
  readonly depth: number;
}

/** Fetches what is missing under a root that was begun in the store. Throws ARTIFACT_INCOMPLETE, ARTIFACT_REFUSED or ARTIFACT_QUOTA. */
export class Fetch {
  readonly #deps: FetchDeps;
  readonly #options: FetchOptions;
  readonly #root: CID;
  /** Ids seen so far: each is asked for once. */
  readonly #seen = new Set<string>();
  readonly #missing = new Map<string, Wanted>();
  readonly #flying = new Set<string>();
  readonly #providers = new Map<string, Provider>();
  readonly #left = new Set<string>();
  readonly #stopping = new AbortController();
  #bytes = 0;
  #searches = 0;
  #searching: Promise<void> | undefined;
  #failed: unknown;
  #wake: () => void = () => {};

  constructor(deps: FetchDeps, root: CID, options: FetchOptions) {
    this.#deps = deps;
    this.#root = root;
    this.#options = options;
  }

  /** Runs to the end. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => this.#fail(new ZeroError('ARTIFACT_INCOMPLETE', 'the fetch was given up'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await this.#discover([{ cid: this.#root, depth: 0 }]);
      while (this.#failed === undefined && this.#missing.size + this.#flying.size > 0) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#assign();
        if (this.#flying.size === 0 && !this.#search()) this.#giveUp();
        if (this.#failed === undefined) await woken;
      }
      if (this.#failed !== undefined) throw this.#failed;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#stopping.abort();
    }
  }

  #fail(error: unknown): void {
    this.#failed ??= error;
    this.#wake();
  }

  #giveUp(): void {
    const { size } = this.#missing;
    this.#fail(
      new ZeroError('ARTIFACT_INCOMPLETE', `${size} known blocks of ${this.#root} were found nowhere`, {
        details: { missing: size, blocks: this.#seen.size - size },
      }),
    );
  }

  /** Takes up ids: those at hand are walked into, the others are to be fetched. */
  async #discover(found: Wanted[]): Promise<void> {
    const { store } = this.#deps;
    for (let item = found.pop(); item !== undefined; item = found.pop()) {
      const key = item.cid.toString();
      if (this.#seen.has(key)) continue;
      if (item.depth > DEPTH_MAX)
        throw new ZeroError('ARTIFACT_REFUSED', `the artifact is deeper than ${DEPTH_MAX}`);
      if (this.#seen.size >= BLOCKS_MAX)
        throw new ZeroError('ARTIFACT_REFUSED', `the artifact has more than ${BLOCKS_MAX} blocks`);
      this.#seen.add(key);
      const bytes = await store.get(item.cid);
      if (bytes === undefined || !(await store.adopt(this.#root.toString(), item.cid)))
        this.#missing.set(key, item);
      else found.push(...this.#into(item, bytes));
    }
  }

  /** Counts a block that is here and names what it links to. */
  #into({ cid, depth }: Wanted, bytes: Uint8Array): Wanted[] {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#options.bytesMax)
      throw new ZeroError('ARTIFACT_REFUSED', `the artifact has more than ${this.#options.bytesMax} bytes`);
    return shapeOf(cid, bytes).links.map((link) => ({ cid: link.cid, depth: depth + 1 }));
  }

  /** Gives missing ids to providers with room, each to the one with the fewest outstanding. */
  #assign(): void {
    for (const [key, wanted] of this.#missing) {
      if (this.#flying.size >= OUTSTANDING_MAX) return;
      let best: Provider | undefined;
      for (const provider of this.#providers.values())
        if (
          provider.outstanding < WINDOW &&
          !provider.lacks.has(key) &&
          (best === undefined || provider.outstanding < best.outstanding)
        )
          best = provider;
      if (best === undefined) continue;
      this.#missing.delete(key);
      this.#flying.add(key);
      best.outstanding += 1;
      void this.#get(best, key, wanted);
    }
  }

  async #get(provider: Provider, key: string, wanted: Wanted): Promise<void> {
    try {
      const bytes = await this.#deps.want(provider.peer, wanted.cid, { signal: this.#stopping.signal });
      provider.outstanding -= 1;
      if (bytes === undefined) {
        provider.lacks.add(key);
        this.#missing.set(key, wanted);
      } else await this.#keep(wanted, bytes);
    } catch (error) {
      provider.outstanding -= 1;
      this.#missing.set(key, wanted);
      this.#blame(provider, error);
    } finally {
      this.#flying.delete(key);
      this.#wake();
    }
  }

  async #keep(wanted: Wanted, bytes: Uint8Array): Promise<void> {
    if (this.#failed !== undefined) return;
    try {
      // The bounds come first: what is refused is not stored.
      const links = this.#into(wanted, bytes);
      await this.#deps.store.put(this.#root.toString(), wanted.cid, bytes);
      await this.#discover(links);
    } catch (error) {
      this.#fail(error);
      return;
    }
    // Another block broke a bound meanwhile: whoever waits hears of it when what was stored is gone.
    if (this.#failed !== undefined) return;
    // Progress earns further searches: only a fetch that stands still gives up.
    this.#searches = Math.min(this.#searches, 1);
    const { onProgress } = this.#options;
    onProgress({
      root: this.#root.toString(),
      blocks: this.#seen.size - this.#missing.size - this.#flying.size + 1,
      bytes: this.#bytes,
      missing: this.#missing.size + this.#flying.size - 1,
      providers: this.#providers.size,
    });
  }

  /** One who sends other bytes is left at once, one who is slow after a second chance. */
  #blame(provider: Provider, error: unknown): void {
    provider.failures += isZeroError(error) && error.code === 'ARTIFACT_REFUSED' ? FAILURES_MAX : 1;
    if (provider.failures < FAILURES_MAX) return;
    const name = provider.peer.toString();
    this.#providers.delete(name);
    // A hostile one is not asked again; a lost one may have come back by the next search.
    if (isZeroError(error) && error.code === 'ARTIFACT_REFUSED') this.#left.add(name);
  }

  /** Looks for providers in the background; false when that was done often enough. */
  #search(): boolean {
    if (this.#searching !== undefined) return true;
    if (this.#searches >= SEARCHES_MAX) return false;
    this.#searches += 1;
    // Whoever lacked a block may have it by now: it may be fetching the same artifact.
    for (const provider of this.#providers.values()) provider.lacks.clear();
    this.#searching = this.#find(this.#searches > 1).then(
      () => {
        this.#searching = undefined;
        this.#wake();
      },
      (error: unknown) => this.#fail(error),
    );
    return true;
  }

  async #find(isAgain: boolean): Promise<void> {
    const { clock, find } = this.#deps;
    if (isAgain) await pause(clock, SEARCH_PAUSE_MS);
    for await (const peer of find(this.#root, this.#options.from, this.#stopping.signal)) {
      if (this.#stopping.signal.aborted) return;
      const name = peer.toString();
      if (this.#providers.size >= PROVIDERS_MAX) return;
      if (this.#providers.has(name) || this.#left.has(name)) continue;
      this.#providers.set(name, { peer, lacks: new Set(), outstanding: 0, failures: 0 });
      this.#wake();
    }
  }
}

// Index nodes as the DHT names them: the second way to find them, beside their announcements. An index says there which region it
// covers; who looks believes nothing of it but whom to ask next.

import { CID } from 'multiformats/cid';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { contentIdOf } from '../../protocol/envelope/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { DHT_PUT_MS_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { IndexNode } from './index-plan.ts';

/** Provider records taken from one search: more than are ever asked. */
const FOUND_MAX = 8;
/** Found nodes remembered, of all regions. */
const KNOWN_MAX = 64;
/** One search has this long (milliseconds); a question waits for it only when it knows no index to ask. */
const SEARCH_MS_MAX = 2_000;
/** A region is searched for again after this time at the earliest: questions must not become a flood of lookups. */
const SEARCH_AGAIN_MS = 30_000;
/** Regions whose last search is remembered. */
const REGIONS_MAX = 256;
/** Found nodes are forgotten after this time unless they are found again. */
const KNOWN_MS_MAX = 3_600_000;
/** Provider records die after 48 h: announce again every 12 h, jittered so that nodes do not do it together. */
const ANNOUNCE_MS = 12 * 3_600_000;
/** An announcement that reached nobody is tried again after this time. */
const RETRY_MS = 5_000;

/** Regions of one question that are searched for. */
const REGIONS_PER_SEARCH_MAX = 8;

/** What an index covers in the DHT: a region, or null for all. */
export type Coverage = string | null;

/** Content id under which the indexes of a region, or of everything, stand. */
export function coverageKey(network: string, region: Coverage): CID {
  const covered = region === null ? 'everything' : `region ${region}`;
  return CID.parse(contentIdOf(sha256(utf8(`zerostate ${network} index of ${covered}`))));
}

export interface IndexProvidersDeps {
  readonly host: Pick<Host, 'contentRouting' | 'getPeers' | 'peerId'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: string;
  /** What the own index covers; undefined without one. */
  readonly own: Coverage | undefined;
  /** 0 to 1; for the jitter. */
  readonly random?: () => number;
}

interface Found {
  readonly region: Coverage;
  readonly at: number;
}

/** Announces the own index, and finds others. */
export class IndexProviders {
  readonly #deps: IndexProvidersDeps;
  /** By peer id, the one found last at the end. */
  readonly #found = new RecentMap<string, Found>(KNOWN_MAX);
  /** By coverage key: when it was last searched for, and the search under way. */
  readonly #searches = new RecentMap<string, { at: number; search: Promise<void> }>(REGIONS_MAX);
  readonly #stopping = new AbortController();
  #cancel: () => void = () => {};

  constructor(deps: IndexProvidersDeps) {
    this.#deps = deps;
  }

  /** Starts to announce the own index, if there is one. */
  start(): void {
    const { clock, own, random = Math.random } = this.#deps;
    if (own === undefined) return;
    const round = async () => {
      const reached = await this.#announce(own);
      if (this.#stopping.signal.aborted) return;
      const pause = (reached ? ANNOUNCE_MS : RETRY_MS) * (0.8 + 0.4 * random());
      this.#cancel = clock.after(pause, () => void round());
    };
    void round();
  }

  stop(): void {
    this.#stopping.abort(new Error('the node stops'));
    this.#cancel();
  }

  /** Nodes found lately, as the plan takes them. */
  nodes(): IndexNode[] {
    const oldest = this.#deps.clock.now() - KNOWN_MS_MAX;
    for (const [peer, { at }] of this.#found.entries()) if (at < oldest) this.#found.delete(peer);
    return [...this.#found.entries()].map(([peerId, { region }]) => ({
      peerId,
      name: peerId,
      region: region ?? '',
      roles: [region === null ? 'index' : 'index-shard'],
      rttMs: null,
      suspicion: 0,
    }));
  }

  /** Looks for indexes of the regions and of everything, unless that was done just now. Never throws. */
  async search(regions: readonly string[]): Promise<void> {
    await Promise.all(
      [null, ...regions.slice(0, REGIONS_PER_SEARCH_MAX)].map((region) => this.#search(region)),
    );
  }

  /** Forgets a node that did not answer: whoever claims to be an index is asked once for each search. */
  failed(peerId: string): void {
    this.#found.delete(peerId);
  }

  #search(region: Coverage): Promise<void> {
    const { clock, network } = this.#deps;
    const key = coverageKey(network, region);
    const last = this.#searches.get(key.toString());
    if (last !== undefined && clock.now() - last.at < SEARCH_AGAIN_MS) return last.search;
    const search = this.#look(key, region);
    this.#searches.set(key.toString(), { at: clock.now(), search });
    return search;
  }

  async #look(key: CID, region: Coverage): Promise<void> {
    const { clock, host, log } = this.#deps;
    if (host.getPeers().length === 0) return;
    try {
      let left = FOUND_MAX;
      await this.#within(SEARCH_MS_MAX, async (signal) => {
        for await (const { id } of host.contentRouting.findProviders(key, { signal })) {
          if (!id.equals(host.peerId)) this.#found.set(id.toString(), { region, at: clock.now() });
          if (--left === 0) break;
        }
      });
    } catch (error) {
      log.debug({ region, error: (error as Error).message }, 'search for indexes ended early');
    }
  }

  async #announce(region: Coverage): Promise<boolean> {
    const { host, log, network } = this.#deps;
    if (host.getPeers().length === 0) return false;
    try {
      await this.#within(DHT_PUT_MS_MAX, (signal) =>
        host.contentRouting.provide(coverageKey(network, region), { signal }),
      );
      return true;
    } catch (error) {
      log.debug({ region, error: (error as Error).message }, 'the index is not announced in the DHT yet');
      return false;
    }
  }

  /** Runs with a signal that fires after the time or when the node stops. */
  async #within(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('out of time'));
    const timer = setTimeout(stop, ms);
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    try {
      await work(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', stop);
    }
  }
}

// Gets a shortlist: from the own index, else from index nodes that announce themselves, else from those that the DHT names. Regions are asked side by side, each with
// its deadline; what did not answer is named.

import { mergeShards, type ShardAnswer } from '../../index-service/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { IndexRole } from '../index-role/index-role.ts';
import type { Logger } from '../logger/index.ts';
import type { Directory } from '../network/directory.ts';
import type { AskIndex } from './ask-index.ts';
import { type IndexNode, isTrusted, planIndexes, type Slot } from './index-plan.ts';
import type { IndexProviders } from './index-providers.ts';
import type { Shortlist, ShortlistRequest } from './schema.ts';

/** Candidates of one slot that are asked before it counts as missing. */
const TRIES_MAX = 3;
/** One index node has this long; three of them still leave a find below its own time limit. */
const TRY_MS_MAX = 1_500;
/** An index that is the only one to ask has the time of all tries: giving it up earlier would only be an earlier error. */
const ONLY_MS_MAX: number = TRIES_MAX * TRY_MS_MAX;

/** Only an index that was lost sooner than this (milliseconds) is asked again: its connection ended under the question, or the dial failed once. */
const LOST_MS_MAX = 1_000;

/** An index that has not answered after this time (milliseconds; twice what most questions take) is overtaken by asking the next beside it. */
const HEDGE_MS = 300;

/** A proposal with the index that made it. */
export interface ProposedHit {
  readonly agentId: string;
  readonly cardId: string;
  readonly score: number;
  /** Peer id of the index. */
  readonly by: string;
  /** True when that index said that it used a rough vector. */
  readonly rough: boolean;
}

/** A shortlist, who gave it, and what is missing from it. */
export interface ShortlistAnswer extends Omit<Shortlist, 'results'> {
  readonly results: ProposedHit[];
  /** Peer ids of the indexes that answered. */
  readonly from: string[];
  /** Regions without an answer, and index nodes that were refused. */
  readonly missing: string[];
}

export interface ShortlistDeps {
  readonly ask: AskIndex;
  readonly directory: Pick<Directory, 'nodes' | 'self' | 'isFresh'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly own: IndexRole | undefined;
  /** Regions of the cards known here. */
  readonly regions: () => string[];
  /** Share of recent checks in which an index left out a card. */
  readonly suspicion: (peerId: string) => number;
  /** Indexes that the DHT names. */
  readonly providers: Pick<IndexProviders, 'nodes' | 'search' | 'failed'>;
}

/** What came of asking one index: its answer, nothing since it could not be reached, or nothing for another reason. */
type Outcome = SlotAnswer | 'unreachable' | undefined;

interface SlotAnswer {
  readonly node: { readonly peerId: string; readonly name: string };
  readonly shortlist: Shortlist;
}

/** Asks indexes. */
export class ShortlistClient {
  readonly #deps: ShortlistDeps;

  constructor(deps: ShortlistDeps) {
    this.#deps = deps;
  }

  /** Throws NO_INDEX when no index answers. */
  async ask(request: ShortlistRequest): Promise<ShortlistAnswer> {
    const self = this.#deps.directory.self();
    const slots = await this.#plan(request.filter.region);
    const isOnly = slots.length === 1 && slots[0]!.candidates.length === 1;
    const timeoutMs = isOnly ? ONLY_MS_MAX : TRY_MS_MAX;
    const ask = (node: IndexNode) => this.#askNode(node, request, self.peerId, timeoutMs);
    const answers = await Promise.all(slots.map((slot) => this.#askSlot(slot, ask)));
    const missing = slots.flatMap((slot, i) =>
      answers[i] === undefined ? [slot.region === null ? 'every index node' : `region ${slot.region}`] : [],
    );
    return this.#merge(
      request,
      answers.filter((answer) => answer !== undefined),
      missing,
    );
  }

  /** Looks into the DHT where no index is known. Waits for that only when there is nobody to ask at all. */
  async #plan(region: string | undefined): Promise<Slot[]> {
    const { providers, regions } = this.#deps;
    const slots = planIndexes(this.indexNodes(), region, regions);
    const bare = slots.filter(({ candidates }) => candidates.length === 0);
    if (slots.length > bare.length && bare.length === 0) return slots;
    const search = providers.search(bare.flatMap((slot) => slot.region ?? []));
    if (slots.length > bare.length) return slots;
    await search;
    const found = planIndexes(this.indexNodes(), region, regions);
    if (found.some(({ candidates }) => candidates.length > 0)) return found;
    // A machine that slept has heard nobody for long, and its indexes may well be there.
    return planIndexes(this.indexNodes({ alsoSilent: true }), region, regions);
  }

  /** True when this question goes to the own index first. */
  asksItself(region: string | undefined): boolean {
    const { own, directory } = this.#deps;
    if (own === undefined) return false;
    const slots = planIndexes(this.indexNodes(), region, () => []);
    return (
      slots.length > 0 && slots.every(({ candidates }) => candidates[0]?.peerId === directory.self().peerId)
    );
  }

  /** True when an index that is not suspicious could be asked this question. */
  hasTrusted(region: string | undefined): boolean {
    return planIndexes(this.indexNodes(), region, () => []).some(({ candidates }) =>
      candidates.some(isTrusted),
    );
  }

  /** Index nodes heard of lately or found in the DHT, this one included when it has an index. */
  indexNodes({ alsoSilent = false } = {}): IndexNode[] {
    const { directory, suspicion, own, providers } = this.#deps;
    const others = directory.nodes().filter((node) => alsoSilent || directory.isFresh(node));
    const isIndex = ({ roles }: { roles: readonly string[] }) =>
      roles.includes('index') || roles.includes('index-shard');
    const claimed = providers.nodes();
    // Asked every other second, also where there is no index: what this node would say of itself is then not put together.
    if (own === undefined && claimed.length === 0 && !others.some(isIndex)) return [];
    const self = directory.self();
    const rtt = new Map(self.links.map(({ peer, rttMs }) => [peer, rttMs]));
    const announced = [...(own === undefined ? [] : [self]), ...others]
      .filter(isIndex)
      .map(({ peerId, name, region, roles }) => ({
        peerId,
        name,
        region,
        roles,
        rttMs: peerId === self.peerId ? 0 : (rtt.get(peerId) ?? null),
        suspicion: peerId === self.peerId ? 0 : suspicion(peerId),
      }));
    // Who speaks for itself is believed before who is only found under a content id that anybody may claim.
    const known = new Set([self, ...others].map(({ peerId }) => peerId));
    const found = claimed.filter(({ peerId }) => !known.has(peerId));
    return [
      ...announced,
      ...found.map((node) => ({
        ...node,
        rttMs: rtt.get(node.peerId) ?? null,
        suspicion: suspicion(node.peerId),
      })),
    ];
  }

  /**
   * Asks one candidate after the other, the next also when one takes long; the first answer counts. The only one is asked twice if it was lost at
   * once. Undefined when none answers.
   */
  #askSlot(slot: Slot, ask: (node: IndexNode) => Promise<Outcome>): Promise<SlotAnswer | undefined> {
    const candidates = slot.candidates.slice(0, TRIES_MAX);
    const { clock } = this.#deps;
    const startedAt = clock.now();
    return new Promise((resolve) => {
      let next = 0;
      let open = 0;
      let isOver = false;
      let cancel = () => {};
      const over = (answer: SlotAnswer | undefined) => {
        isOver = true;
        cancel();
        resolve(answer);
      };
      const askNext = () => {
        const node = candidates[next++];
        if (node === undefined) {
          if (open === 0) over(undefined);
          return;
        }
        open += 1;
        cancel();
        const beside = candidates[next];
        // Who is not trusted does not get ahead of who is by being quicker.
        if (beside !== undefined && isTrusted(beside) >= isTrusted(node))
          cancel = clock.after(HEDGE_MS, askNext);
        void ask(node).then((outcome) => {
          open -= 1;
          if (isOver) return;
          if (typeof outcome === 'object') return over(outcome);
          const isLost = outcome === 'unreachable' && clock.now() - startedAt < LOST_MS_MAX;
          if (isLost && slot.candidates.length === 1 && candidates.length === 1) candidates.push(node);
          askNext();
        });
      };
      askNext();
    });
  }

  async #askNode(
    node: IndexNode,
    request: ShortlistRequest,
    self: string,
    timeoutMs: number,
  ): Promise<Outcome> {
    const { ask, log, own, providers } = this.#deps;
    try {
      const shortlist =
        node.peerId === self && own !== undefined
          ? await own.shortlist(request)
          : await ask(node.peerId, request, timeoutMs);
      return { node, shortlist };
    } catch (error) {
      providers.failed(node.peerId);
      log.warn({ peer: node.peerId, error: (error as Error).message }, 'index node did not answer');
      return isZeroError(error) && error.code === 'PEER_UNREACHABLE' ? 'unreachable' : undefined;
    }
  }

  /** Scores of different embedders cannot be compared: the answer of the most shards counts, the others are refused and named. */
  #merge(request: ShortlistRequest, answers: readonly SlotAnswer[], missing: string[]): ShortlistAnswer {
    const counts = new Map<string, number>();
    for (const { shortlist } of answers)
      counts.set(shortlist.embedder, (counts.get(shortlist.embedder) ?? 0) + 1);
    const [embedder] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? [];
    if (embedder === undefined) {
      throw new ZeroError(
        'NO_INDEX',
        missing.length === 0 ? 'no index node is known yet' : `no answer from ${missing.join(', ')}`,
      );
    }
    const usable = answers.filter(({ shortlist }) => shortlist.embedder === embedder);
    const refused = answers
      .filter(({ shortlist }) => shortlist.embedder !== embedder)
      .map(({ node, shortlist }) => `${node.name} (embedder ${shortlist.embedder})`);
    const shards: ShardAnswer[] = usable.map(({ node, shortlist }) => ({
      shard: node.name,
      results: shortlist.results.map((hit) => ({ ...hit, name: '' })),
    }));
    const origin = new Map(
      usable.flatMap(({ node, shortlist: { results, rough = false } }) =>
        results.map((hit) => [claimKey(hit), { by: node.peerId, rough }] as const),
      ),
    );
    const merged = mergeShards(request.k, shards, [...missing, ...refused]);
    return {
      embedder,
      mode: usable[0]!.shortlist.mode,
      results: merged.results.map((hit) => {
        const { agentId, cardId, score } = hit;
        return { agentId, cardId, score, ...origin.get(claimKey(hit))! };
      }),
      from: usable.map(({ node }) => node.peerId),
      missing: merged.missing,
    };
  }
}

/** What one index claims of one card. */
function claimKey({ agentId, cardId, score }: { agentId: string; cardId: string; score: number }): string {
  return `${agentId} ${cardId} ${score}`;
}

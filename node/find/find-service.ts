// Discovery: words in, validated cards out, each with the reason for its verdict. An index only proposes; the cards themselves,
// the revocations and the caller's constraints decide.

import { isAgentId } from '../../protocol/identity/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import {
  checkConstraints,
  checkRevocation,
  checkScore,
  checkSequence,
  checkSignature,
  checkValidity,
  type Reason,
  refuse,
} from './checks.ts';
import { type FindFilter, RESULTS_MAX } from './schema.ts';
import type { ShortlistClient } from './shortlist-client.ts';

/** Proposals asked for, per answer wanted: revoked and stale ones fall out on the way. */
const OVERFETCH = 4;
/** Proposals asked for at least, so that a small limit still has candidates when some are refused. */
const SHORTLIST_MIN = 20;

/** DHT lookups of one request: an index that proposes agents which nobody knows must not make this node flood the network. */
const LOOKUPS_MAX = 16;

/** What is left of them. */
interface Lookups {
  left: number;
}

/** An agent with its verdict. */
export interface FindResult {
  readonly agentId: string;
  readonly cardId: string;
  readonly name: string;
  readonly description: string;
  readonly region: string;
  readonly score: number;
  readonly sequence: number;
  readonly host: string;
  readonly reasons: Reason[];
}

export type { Reason } from './checks.ts';

export interface FindRequest {
  readonly text: string;
  readonly limit?: number | undefined;
  readonly filter?: FindFilter | undefined;
}

export interface FindAnswer {
  readonly query: string;
  readonly results: FindResult[];
  readonly rejected: FindResult[];
  /** Peer ids of the indexes that proposed. */
  readonly indexes: string[];
  /** True when a region or an index is missing from the answer; `missing` names it. */
  readonly partial: boolean;
  readonly missing: string[];
  readonly tookMs: number;
}

export interface FindDeps {
  readonly shortlists: ShortlistClient;
  readonly cards: CardService;
  readonly revocations: RevocationService;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Cosine similarity below which a card is no answer. */
  readonly minScore: number;
}

/** Finds agents. */
export class FindService {
  readonly #deps: FindDeps;

  constructor(deps: FindDeps) {
    this.#deps = deps;
  }

  /** Ranked acceptable agents, and the rejected ones. Throws NO_INDEX. */
  async find(request: FindRequest): Promise<FindAnswer> {
    const started = performance.now();
    try {
      const limit = Math.min(request.limit ?? 5, RESULTS_MAX);
      const filter = request.filter ?? {};
      const shortlist = await this.#deps.shortlists.ask({
        text: request.text,
        k: Math.max(SHORTLIST_MIN, limit * OVERFETCH),
        filter,
      });
      const lookups = { left: LOOKUPS_MAX };
      const judged = await Promise.all(shortlist.results.map((hit) => this.#judge(hit, filter, lookups)));
      judged.sort((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
      const accepted = judged.filter((result) => result.reasons.every((reason) => reason.ok));
      const partial = shortlist.missing.length > 0;
      this.#deps.metrics.count('zerostate_finds_total', { result: partial ? 'partial' : 'ok' });
      return {
        query: request.text,
        results: accepted.slice(0, limit),
        rejected: judged.filter((result) => !result.reasons.every((reason) => reason.ok)),
        indexes: shortlist.from,
        partial,
        missing: shortlist.missing,
        tookMs: Math.round((performance.now() - started) * 10) / 10,
      };
    } catch (error) {
      this.#deps.metrics.count('zerostate_finds_total', { result: 'failed' });
      throw error;
    } finally {
      this.#deps.metrics.observe('zerostate_find_seconds', (performance.now() - started) / 1000);
    }
  }

  async #judge(
    hit: { agentId: string; cardId: string; score: number },
    filter: FindFilter,
    lookups: Lookups,
  ): Promise<FindResult> {
    const { clock, minScore, revocations } = this.#deps;
    const reasons: Reason[] = [checkScore(hit.score, minScore)];
    const entry = await this.#resolve(hit, lookups);
    if (entry === undefined) {
      reasons.push(refuse('resolved', 'NOT_RESOLVED', 'nobody has the card: not in a log, not in the DHT'));
      return {
        agentId: hit.agentId,
        cardId: hit.cardId,
        name: '',
        description: '',
        region: '',
        score: hit.score,
        sequence: 0,
        host: '',
        reasons,
      };
    }
    reasons.push(
      checkSignature(entry),
      checkSequence(entry, hit.cardId),
      checkValidity(entry.card, clock.now()),
      checkRevocation(revocations.verdict(entry)),
      ...checkConstraints(entry.card, filter),
    );
    const { card } = entry;
    return {
      agentId: entry.agentId,
      cardId: entry.cardId,
      name: card.name,
      description: card.description,
      region: card.region,
      score: hit.score,
      sequence: card.sequence,
      host: card.endpoints[0]?.peer ?? '',
      reasons,
    };
  }

  /** The newest card known; asks the DHT for what an index proposes and this node does not know, within the budget. */
  async #resolve(hit: { agentId: string; cardId: string }, lookups: Lookups): Promise<BookEntry | undefined> {
    const { cards } = this.#deps;
    const known = cards.known(hit.agentId);
    if (known?.cardId === hit.cardId || lookups.left === 0 || !isAgentId(hit.agentId)) return known;
    lookups.left -= 1;
    return (await cards.lookup(hit.agentId))?.entry ?? known;
  }
}

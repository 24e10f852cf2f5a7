// Discovery: words in, validated cards out, each with the reason for its verdict. An index only proposes; the cards themselves,
// the revocations and the caller's constraints decide.

import { checkCardTime, verifyCard } from '../../protocol/card/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import { type FindFilter, RESULTS_MAX } from './schema.ts';
import type { ShortlistClient } from './shortlist-client.ts';

/** Proposals asked for, per answer wanted: revoked and stale ones fall out on the way. */
const OVERFETCH = 4;
const SHORTLIST_MIN = 20;
/** Clocks may differ by this much before a fresh card counts as from the future. */
const CLOCK_TOLERANCE_MS = 600_000;

/** One check of one agent. */
export interface Reason {
  readonly check: 'score' | 'resolved' | 'signature' | 'sequence' | 'validity' | 'revocation' | 'constraints';
  readonly ok: boolean;
  readonly detail: string;
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

export interface FindRequest {
  readonly text: string;
  readonly limit?: number | undefined;
  readonly filter?: FindFilter | undefined;
}

export interface FindAnswer {
  readonly query: string;
  readonly results: FindResult[];
  readonly rejected: FindResult[];
  /** Peer id of the index that proposed. */
  readonly index: string;
  /** True when some index node did not answer; `missing` names them. */
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
      const judged = await Promise.all(shortlist.results.map((hit) => this.#judge(hit, filter)));
      judged.sort((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
      const accepted = judged.filter((result) => result.reasons.every((reason) => reason.ok));
      const partial = shortlist.missing.length > 0;
      this.#deps.metrics.count('zerostate_finds_total', { result: partial ? 'partial' : 'ok' });
      return {
        query: request.text,
        results: accepted.slice(0, limit),
        rejected: judged.filter((result) => !result.reasons.every((reason) => reason.ok)),
        index: shortlist.from,
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
  ): Promise<FindResult> {
    const { minScore } = this.#deps;
    const reasons: Reason[] = [
      {
        check: 'score',
        ok: hit.score >= minScore,
        detail: `similarity ${hit.score.toFixed(3)}, ${hit.score >= minScore ? 'at least' : 'below'} ${minScore}`,
      },
    ];
    const entry = await this.#resolve(hit);
    if (entry === undefined) {
      reasons.push({
        check: 'resolved',
        ok: false,
        detail: 'nobody has the card: not in the log, not in the DHT',
      });
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
    reasons.push(...this.#checkCard(hit, entry), ...constraints(entry, filter));
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

  /** The newest card known; asks the DHT when the index proposes a version that is not known here. */
  async #resolve(hit: { agentId: string; cardId: string }): Promise<BookEntry | undefined> {
    const known = await this.#deps.cards.resolve(hit.agentId);
    if (known === undefined || known.cardId === hit.cardId) return known;
    return (await this.#deps.cards.lookup(hit.agentId))?.entry;
  }

  #checkCard(hit: { cardId: string }, entry: BookEntry): Reason[] {
    const now = this.#deps.clock.now();
    const { card } = entry;
    const time = checkCardTime(card, now);
    const early =
      time === 'not-yet-valid' && checkCardTime(card, now + CLOCK_TOLERANCE_MS) !== 'not-yet-valid';
    const revocation = this.#deps.revocations.verdict(entry);
    return [
      signature(entry),
      {
        check: 'sequence',
        ok: true,
        detail:
          entry.cardId === hit.cardId
            ? `version ${card.sequence}, the newest known`
            : `version ${card.sequence}; the index proposed another version and was corrected`,
      },
      {
        check: 'validity',
        ok: time === 'valid' || early,
        detail:
          time === 'expired'
            ? `expired ${card.expiresAt}`
            : time === 'valid'
              ? `valid until ${card.expiresAt}`
              : `valid from ${card.issuedAt}`,
      },
      { check: 'revocation', ok: revocation.state === 'clear', detail: revocation.detail },
    ];
  }
}

function signature(entry: BookEntry): Reason {
  try {
    verifyCard(entry.bytes);
    return { check: 'signature', ok: true, detail: `signed by ${entry.card.operationalKey}` };
  } catch (error) {
    return {
      check: 'signature',
      ok: false,
      detail: isZeroError(error) ? `${error.code}: ${error.message}` : 'the signature does not verify',
    };
  }
}

/** The index applies the filter too, but nothing of what an index says is believed. */
function constraints({ card }: BookEntry, filter: FindFilter): Reason[] {
  const tags = new Set([...card.tags, ...card.capabilities.flatMap((capability) => capability.tags)]);
  const failed: string[] = [];
  if (filter.region !== undefined && card.region !== filter.region)
    failed.push(`region is ${card.region}, not ${filter.region}`);
  const lacks = filter.tagsAll?.filter((tag) => !tags.has(tag)) ?? [];
  if (lacks.length > 0) failed.push(`lacks ${lacks.join(', ')}`);
  if (
    filter.tagsAny !== undefined &&
    filter.tagsAny.length > 0 &&
    !filter.tagsAny.some((tag) => tags.has(tag))
  )
    failed.push(`has none of ${filter.tagsAny.join(', ')}`);
  const banned = filter.tagsNone?.filter((tag) => tags.has(tag)) ?? [];
  if (banned.length > 0) failed.push(`has ${banned.join(', ')}`);
  const levels = ['best-effort', 'standard', 'premium'];
  if (filter.sla !== undefined && levels.indexOf(card.sla) < levels.indexOf(filter.sla))
    failed.push(`offers ${card.sla}, not ${filter.sla}`);
  if (failed.length > 0) return [{ check: 'constraints', ok: false, detail: failed.join('; ') }];
  return Object.keys(filter).length === 0
    ? []
    : [{ check: 'constraints', ok: true, detail: 'meets the constraints of the request' }];
}

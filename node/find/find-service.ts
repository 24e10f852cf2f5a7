// Discovery: words in, validated cards out, each with the reason for its verdict. An index only proposes; the cards themselves,
// the revocations and the caller's constraints decide.

import { type AgentId, isAgentId } from '../../protocol/identity/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { ReputationService } from '../reputation/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import {
  checkConstraints,
  checkPolicy,
  checkQuarantine,
  checkReputation,
  checkRevocation,
  checkScore,
  checkSequence,
  checkSignature,
  checkValidity,
  type JudgedScore,
  judgeScore,
  type Reason,
  refuse,
} from './checks.ts';
import { constraintsOf, type DiscoveryDecision, type DiscoveryPolicy } from './policy.ts';
import { type FindFilter, RESULTS_MAX } from './schema.ts';
import { type ScoreCheck, type ScoreClaim, scoreWaitMs } from './score-check.ts';
import type { ProposedHit, ShortlistAnswer, ShortlistClient } from './shortlist-client.ts';

/** Proposals asked for, per answer wanted: revoked and stale ones fall out on the way. */
const OVERFETCH = 4;
/** Proposals asked for at least, so that a small limit still has candidates when some are refused. */
const SHORTLIST_MIN = 20;

/** DHT lookups of one request: an index that proposes agents which nobody knows must not make this node flood the network. */
const LOOKUPS_MAX = 16;

/** Scores computed again for one request: what is shown, and what corrections may bring up. */
const COMPUTED_MAX = 2 * RESULTS_MAX;
/** Times that corrections may bring up others; behind that stand the claims of an index that lied again and again. */
const COMPUTED_PASSES_MAX = 4;

/** What all that is judged for one request shares. */
interface Request {
  /** When it came, by the process's steady clock. */
  readonly started: number;
  lookupsLeft: number;
  readonly decision: DiscoveryDecision;
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
  /** Id of the record of what was decided; "zerostate why" explains it. */
  readonly decision?: string;
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
  readonly scores: Pick<ScoreCheck, 'prepare' | 'check'>;
  readonly policy: DiscoveryPolicy;
  /** Why an agent is kept apart; undefined when it is not. */
  readonly quarantined: (agentId: AgentId) => { readonly detail: string } | undefined;
  readonly reputation: Pick<ReputationService, 'gate'>;
  /** Peer id of this node: its own index is not doubted. */
  readonly self: string;
  /** Similarity below which a card is no answer. */
  readonly minScore: number;
  /** Told of each question with the cards shown for it, and what the indexes were asked to filter by. */
  readonly onAnswer?: (text: string, filter: FindFilter, shown: readonly BookEntry[]) => void;
}

/** One proposal with what is known of it. */
interface Judged {
  readonly hit: ProposedHit;
  readonly entry: BookEntry | undefined;
  /** Every check but that of the score. */
  readonly reasons: Reason[];
  score: JudgedScore;
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
    const { metrics, shortlists } = this.#deps;
    try {
      const limit = Math.min(request.limit ?? 5, RESULTS_MAX);
      const { policy } = this.#deps;
      const decision = policy.begin?.(constraintsOf(request.text, limit, request.filter)) ?? policy;
      const shared: Request = { started, lookupsLeft: LOOKUPS_MAX, decision };
      let round = await this.#ask(request, limit, shared);
      // Who lied stands last in the next plan. When there is nobody else, its corrected answer has to do.
      if (round.lied && shortlists.hasTrusted(request.filter?.region))
        round = await this.#ask(request, limit, shared);
      const { judged, shortlist } = round;
      const results = judged.map((one) => this.#result(one));
      const { reputationMin: _, ...asked } = request.filter ?? {};
      const shown = judged.filter((_one, i) => isAccepted(results[i] as FindResult)).slice(0, limit);
      this.#deps.onAnswer?.(
        request.text,
        asked,
        shown.flatMap(({ entry }) => entry ?? []),
      );
      const record = decision.end?.(shown.map(({ hit }) => hit.agentId));
      const partial = shortlist.missing.length > 0;
      metrics.count('zerostate_finds_total', { result: partial ? 'partial' : 'ok' });
      return {
        query: request.text,
        results: results.filter(isAccepted).slice(0, limit),
        rejected: results.filter((result) => !isAccepted(result)),
        ...(record === undefined ? {} : { decision: record }),
        indexes: shortlist.from,
        partial,
        missing: shortlist.missing,
        tookMs: Math.round((performance.now() - started) * 10) / 10,
      };
    } catch (error) {
      metrics.count('zerostate_finds_total', { result: 'failed' });
      throw error;
    } finally {
      metrics.observe('zerostate_find_seconds', (performance.now() - started) / 1000);
    }
  }

  /** Asks indexes once and judges what they propose, best first. */
  async #ask(
    request: FindRequest,
    limit: number,
    shared: Request,
  ): Promise<{ shortlist: ShortlistAnswer; judged: Judged[]; lied: boolean }> {
    const filter = request.filter ?? {};
    const { shortlists, scores } = this.#deps;
    if (!shortlists.asksItself(filter.region)) scores.prepare(request.text);
    // Reputation is as this node sees it: no index knows.
    const { reputationMin: _, ...asked } = filter;
    const shortlist = await shortlists.ask({
      text: request.text,
      k: Math.max(SHORTLIST_MIN, limit * OVERFETCH),
      filter: asked,
    });
    const judged = await Promise.all(shortlist.results.map((hit) => this.#judge(hit, filter, shared)));
    judged.sort(byScore);
    const lied = await this.#compute(request.text, shortlist.embedder, judged, limit, shared.started);
    return { shortlist, judged, lied };
  }

  /** Computes the scores of those that would be answers, again while corrections bring up others. True when one was false. */
  async #compute(
    text: string,
    embedder: string,
    judged: Judged[],
    limit: number,
    started: number,
  ): Promise<boolean> {
    const { scores, self } = this.#deps;
    const asked = new Set<Judged>();
    let lied = false;
    for (let pass = 0; pass < COMPUTED_PASSES_MAX; pass++) {
      const top = judged.filter((one) => isAccepted(this.#result(one))).slice(0, limit);
      const claims = top.flatMap((one): ScoreClaim[] => {
        const { entry, hit } = one;
        const own = hit.by === self;
        if (asked.has(one) || entry?.cardId !== hit.cardId || own || asked.size >= COMPUTED_MAX) return [];
        asked.add(one);
        return [{ entry, claimed: hit.score, by: hit.by, rough: hit.rough }];
      });
      if (claims.length === 0) break;
      const waitMs = scoreWaitMs(performance.now() - started);
      const computed = await scores.check(text, embedder, claims, waitMs);
      let corrected = false;
      for (const one of top) {
        const bounds = computed.get(one.hit.agentId);
        if (bounds === undefined) continue;
        one.score = judgeScore(one.hit.score, bounds);
        if (one.score.score === one.hit.score) continue;
        corrected = true;
        lied ||= !one.hit.rough;
      }
      if (!corrected) break;
      judged.sort(byScore);
    }
    return lied;
  }

  async #judge(hit: ProposedHit, filter: FindFilter, shared: Request): Promise<Judged> {
    const { clock, revocations } = this.#deps;
    const { decision } = shared;
    const score = judgeScore(hit.score, undefined);
    const entry = await this.#resolve(hit, shared);
    if (entry === undefined) {
      const why = 'nobody has the card: not in a log, not in the DHT';
      return { hit, entry, score, reasons: [refuse('resolved', 'NOT_RESOLVED', why)] };
    }
    const now = clock.now();
    const reasons = [
      checkSignature(entry),
      checkSequence(entry, hit.cardId),
      checkValidity(entry.card, now),
      checkRevocation(revocations.verdict(entry), decision.override?.(entry)),
      ...checkQuarantine(this.#quarantined(entry.agentId)),
      checkReputation(this.#deps.reputation.gate(entry.agentId, filter.reputationMin)),
      ...checkConstraints(entry.card, filter),
    ];
    // The last word: not spent on what is refused already.
    const refused = reasons.find(({ ok }) => !ok);
    if (refused === undefined) reasons.push(await checkPolicy(decision, { entry, filter, now }));
    else decision.refused?.(entry, `${refused.check}: ${refused.detail}`);
    return { hit, entry, score, reasons };
  }

  #quarantined(agentId: AgentId): { readonly detail: string } | undefined {
    const held = this.#deps.quarantined(agentId);
    if (held !== undefined) this.#deps.metrics.count('zerostate_quarantine_refused_total', { what: 'find' });
    return held;
  }

  #result({ hit, entry, reasons, score }: Judged): FindResult {
    return {
      agentId: entry?.agentId ?? hit.agentId,
      cardId: entry?.cardId ?? hit.cardId,
      name: entry?.card.name ?? '',
      description: entry?.card.description ?? '',
      region: entry?.card.region ?? '',
      score: score.score,
      sequence: entry?.card.sequence ?? 0,
      host: entry?.card.endpoints[0]?.peer ?? '',
      reasons: [checkScore(score, this.#deps.minScore), ...reasons],
    };
  }

  /** The newest card known; asks the DHT for what an index proposes and this node does not know, within the budget. */
  async #resolve(hit: { agentId: string; cardId: string }, shared: Request): Promise<BookEntry | undefined> {
    const { cards } = this.#deps;
    const known = cards.known(hit.agentId);
    // An index that has not yet taken in an update proposes what the known card names as its predecessor: nobody need be asked for that.
    const isCurrent =
      known !== undefined && (known.cardId === hit.cardId || known.card.previous === hit.cardId);
    if (isCurrent || shared.lookupsLeft === 0 || !isAgentId(hit.agentId)) return known;
    shared.lookupsLeft -= 1;
    return (await cards.lookup(hit.agentId))?.entry ?? known;
  }
}

function byScore(a: Judged, b: Judged): number {
  return b.score.score - a.score.score || (a.hit.agentId < b.hit.agentId ? -1 : 1);
}

function isAccepted({ reasons }: FindResult): boolean {
  return reasons.every(({ ok }) => ok);
}

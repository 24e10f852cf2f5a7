// Compares what a partner answered with what is known of its log: an older head than the question showed, a second history, an entry left
// out. What can be proven becomes evidence and is kept; what cannot counts as stale.

import { isZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  findEquivocation,
  inclusionProofAsync,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import {
  isProvable,
  type Owed,
  owedByIndex,
  owedOf,
  type PartnerAnswer,
  type PartnerEvidence,
} from '../../protocol/partner/index.ts';
import {
  type Listing,
  type Posting,
  type ProvenanceQuery,
  type ProvenEntry,
  readIndexProof,
  type VerifiedRow,
} from '../../protocol/provenance/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Reporter } from '../reputation/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { Partner, PartnerBook } from './partner-book.ts';

/** Entries left out by one answer that are turned into evidence: one convicts. */
const OMISSIONS_TRIED_MAX = 8;

/** A whole answer, with what it was to. */
export interface FinishedAnswer {
  readonly partner: Partner;
  readonly query: ProvenanceQuery;
  readonly request: Uint8Array;
  /** Head of the partner's log that the question showed. */
  readonly known: string | null;
  readonly answer: Verified<PartnerAnswer>;
  /** The signed answer as it came. */
  readonly bytes: Uint8Array;
  readonly heads: readonly Verified<Checkpoint>[];
  /** Where its own index lists more than came: the proof of that. */
  readonly listing: Listing | undefined;
}

/** What was found: nothing, something that is not proven, or a lie with its proof. */
export interface Judgement {
  readonly verdict: 'sound' | 'stale' | 'lied';
  readonly detail: string;
}

const SOUND: Judgement = { verdict: 'sound', detail: '' };
const UNPROVEN: Judgement = {
  verdict: 'stale',
  detail: 'it left out entries of its log; that is not proven yet',
};

/** Entries that are owed and were not given, as many as are turned into evidence. */
function leftOut(owed: readonly Owed[], given: ReadonlySet<number>): Owed[] {
  return owed.filter(({ index }) => !given.has(index)).slice(0, OMISSIONS_TRIED_MAX);
}

/** What the partner's own index lists of what its answer met, where that is more than came. */
function listsOf({ answer, listing, query }: FinishedAnswer): ReadonlyMap<string, readonly Posting[]> {
  if (listing === undefined) return new Map();
  const row = { kind: 'completeness', origin: answer.origin, ...listing } as const;
  return readIndexProof(query, { things: [], selves: [] }, row, answer).lists;
}

export interface JudgeDeps {
  readonly store: LogStore;
  readonly forks: ForkBook;
  readonly book: PartnerBook;
  readonly evidence: EvidenceStore;
  readonly reporter: Pick<Reporter, 'report'>;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Judges answers. */
export class Judge {
  readonly #deps: JudgeDeps;

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
  }

  /** Looks at the heads of an answer. Throws STORAGE_FAILED. */
  async heads(finished: FinishedAnswer): Promise<Judgement> {
    const { answer, known } = finished;
    const split = await this.#split(finished);
    if (split !== undefined) return split;
    if (known === null || verifyNodeCheckpoint(known, answer.origin).size <= answer.size) return SOUND;
    return await this.#convict(finished, null);
  }

  /**
   * Looks for entries of the partner's log that it left out: those among `rows`, which come from it, from this node and from others, and
   * those that its own committed index lists. Throws STORAGE_FAILED.
   */
  async omissions(finished: FinishedAnswer, rows: Iterable<VerifiedRow>): Promise<Judgement> {
    const { answer, query } = finished;
    if (answer.isCut || !isProvable(query)) return SOUND;
    const held = new Map<number, VerifiedRow>();
    for (const checked of rows)
      if (checked.row.origin === answer.origin && checked.row.index < answer.size)
        held.set(checked.row.index, checked);
    const entries = [...held].flatMap(([index, { facts }]) => (facts === null ? [] : [{ index, facts }]));
    const given = new Set(answer.indexes);
    const prove = (index: number) => this.#entry(held.get(index), answer);
    let judgement = SOUND;
    for (const { index, via } of leftOut(owedOf(query, entries), given)) {
      const [entry, ...way] = await Promise.all([index, ...via].map(prove));
      const isProven = entry !== undefined && way.every((each) => each !== undefined);
      const found = isProven ? await this.#convict(finished, { ...entry, via: way }) : UNPROVEN;
      if (found.verdict === 'lied') return found;
      if (found.verdict === 'stale') judgement = found;
    }
    for (const { index, via } of leftOut(owedByIndex(query, entries, listsOf(finished)), given)) {
      const way = await Promise.all(via.map(prove));
      const { listing } = finished;
      if (listing === undefined || !way.every((each) => each !== undefined)) continue;
      const found = await this.#convict(finished, { index, listing, via: way });
      if (found.verdict === 'lied') return found;
    }
    return judgement;
  }

  /** An entry with its inclusion under the very head that the answer was given from; undefined where that cannot be shown. */
  async #entry(checked: VerifiedRow | undefined, answer: PartnerAnswer): Promise<ProvenEntry | undefined> {
    if (checked === undefined) return undefined;
    const { checkpoint, row } = checked;
    const { body, index, origin, record } = row;
    if (body === null) return undefined;
    if (checkpoint.size === answer.size) return { index, record, body, proof: row.proof };
    const { store } = this.#deps;
    if (store.state(origin).size < answer.size) return undefined;
    const proof = await inclusionProofAsync(answer.size, index, store.reader(origin));
    return { index, record, body, proof };
  }

  async #split({ heads, partner, answer }: FinishedAnswer): Promise<Judgement | undefined> {
    const { book, forks, log, metrics, reporter, store } = this.#deps;
    for (const head of heads) {
      const { checkpoint } = store.state(head.origin);
      if (checkpoint === '' || forks.has(head.origin)) continue;
      const own = verifyNodeCheckpoint(checkpoint, head.origin);
      if (head.size > own.size) continue;
      const finding = await findEquivocation(head, own, store.reader(head.origin));
      if (finding === null || !(await forks.add(finding))) continue;
      metrics.set('zerostate_log_forks', forks.size);
      log.error(
        { origin: head.origin, shownBy: partner.agent },
        'a partner showed a second history of a log',
      );
    }
    if (!forks.has(answer.origin)) return undefined;
    // Known already, or found just now: one lie is booked for it.
    if (book.get(partner.agent).usage.lies === 0) await book.note(partner.agent, { kind: 'lied' });
    void reporter.report(partner.agent, `as a partner: two histories of ${answer.origin}`);
    return { verdict: 'lied', detail: 'its log has two histories; "zerostate log forks" has the evidence' };
  }

  async #convict(
    { bytes, partner, request }: FinishedAnswer,
    omitted: PartnerEvidence['omitted'],
  ): Promise<Judgement> {
    const { book, evidence: kept, log, metrics, reporter } = this.#deps;
    try {
      const added = await kept.add(partner.agent, { request, answer: bytes, omitted });
      if (added === undefined)
        return { verdict: 'lied', detail: 'it answered falsely; the evidence is known' };
      await book.note(partner.agent, { kind: 'lied' });
      metrics.count('zerostate_partner_lies_total', { lie: added.finding.lie });
      void reporter.report(
        partner.agent,
        `as a partner: ${added.finding.detail} (${added.finding.lie}, evidence ${added.id})`,
      );
      log.error({ partner: partner.agent, evidence: added.id, lie: added.finding.lie }, added.finding.detail);
      return { verdict: 'lied', detail: added.finding.detail };
    } catch (error) {
      if (!isZeroError(error) || error.code === 'STORAGE_FAILED') throw error;
      return SOUND;
    }
  }
}

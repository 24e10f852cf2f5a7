// Compares what a partner answered with what is known of its log: an older head than the question showed, a second history, an entry left
// out. What can be proven becomes evidence and is kept; what cannot counts as stale.

import { isZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  findEquivocation,
  inclusionProofAsync,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import { isPlainQuestion, type PartnerAnswer, type PartnerEvidence } from '../../protocol/partner/index.ts';
import type { ProvenanceQuery, VerifiedRow } from '../../protocol/provenance/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
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
}

/** What was found: nothing, something that is not proven, or a lie with its proof. */
export interface Judgement {
  readonly verdict: 'sound' | 'stale' | 'lied';
  readonly detail: string;
}

const SOUND: Judgement = { verdict: 'sound', detail: '' };

export interface JudgeDeps {
  readonly store: LogStore;
  readonly forks: ForkBook;
  readonly book: PartnerBook;
  readonly evidence: EvidenceStore;
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
    const { answer, known, partner, request, bytes } = finished;
    const split = await this.#split(finished);
    if (split !== undefined) return split;
    if (known === null || verifyNodeCheckpoint(known, answer.origin).size <= answer.size) return SOUND;
    return await this.#convict(partner, { request, answer: bytes, omitted: null });
  }

  /** Looks for entries of the partner's log that it left out; `rows` come from this node and from others. Throws STORAGE_FAILED. */
  async omissions(
    { answer, partner, query, request, bytes }: FinishedAnswer,
    rows: Iterable<VerifiedRow>,
  ): Promise<Judgement> {
    if (answer.isCut || !isPlainQuestion(query)) return SOUND;
    const given = new Set(answer.indexes);
    let judgement = SOUND;
    let tried = 0;
    for (const checked of rows) {
      const { row } = checked;
      if (row.origin !== answer.origin || row.index >= answer.size || given.has(row.index)) continue;
      // What is found further away may have been cut by other rules than ours; what is about the thing itself may not.
      if (row.depth > 0 || row.body === null || ++tried > OMISSIONS_TRIED_MAX) continue;
      const proof = await this.#proof(checked, answer);
      if (proof === undefined) {
        judgement = {
          verdict: 'stale',
          detail: `it left out entry ${row.index} of its log; that is not proven yet`,
        };
        continue;
      }
      const omitted = { index: row.index, record: row.record, body: row.body, proof };
      const convicted = await this.#convict(partner, { request, answer: bytes, omitted });
      if (convicted.verdict === 'lied') return convicted;
    }
    return judgement;
  }

  /** Inclusion of an entry under the very head that the answer was given from. */
  async #proof(
    { row, checkpoint }: VerifiedRow,
    answer: PartnerAnswer,
  ): Promise<readonly Uint8Array[] | undefined> {
    if (checkpoint.size === answer.size) return row.proof;
    if (this.#deps.store.state(row.origin).size < answer.size) return undefined;
    return await inclusionProofAsync(answer.size, row.index, this.#deps.store.reader(row.origin));
  }

  async #split({ heads, partner, answer }: FinishedAnswer): Promise<Judgement | undefined> {
    const { book, forks, log, metrics, store } = this.#deps;
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
    return { verdict: 'lied', detail: 'its log has two histories; "zerostate log check" shows the evidence' };
  }

  async #convict(partner: Partner, evidence: PartnerEvidence): Promise<Judgement> {
    const { book, evidence: kept, log, metrics } = this.#deps;
    try {
      const added = await kept.add(partner.agent, evidence);
      if (added === undefined)
        return { verdict: 'lied', detail: 'it answered falsely; the evidence is known' };
      await book.note(partner.agent, { kind: 'lied' });
      metrics.count('zerostate_partner_lies_total', { lie: added.finding.lie });
      log.error({ partner: partner.agent, evidence: added.id, lie: added.finding.lie }, added.finding.detail);
      return { verdict: 'lied', detail: added.finding.detail };
    } catch (error) {
      if (!isZeroError(error) || error.code === 'STORAGE_FAILED') throw error;
      return SOUND;
    }
  }
}

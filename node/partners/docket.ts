// What one question has seen of the logs of those it asks, and the answers that are judged by it: each when it is whole, and again when more
// of its log has been seen since, so that it does not matter who answers first. Bounded by log; an answer for each partner that is asked.

import type { VerifiedRow } from '../../protocol/provenance/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import { Serial } from '../serial.ts';
import type { PartnerEnd } from './ask-partner.ts';
import type { Judge, Judgement } from './judge.ts';
import { SEEN_BYTES_MAX } from './limits.ts';

/** What was seen of one log. */
interface SeenLog {
  /** By position, from whomever: what one partner leaves out another may show. */
  readonly rows: Map<number, Verified<VerifiedRow>>;
  /** Bytes that may still be kept, of what its keeper shows and of what others do: neither can use up the room of the other. */
  readonly bytesLeft: { keeper: number; others: number };
  /** Grows with each row that says something new. */
  news: number;
}

/** An answer that may yet turn out to be a lie. */
interface OpenAnswer {
  readonly end: PartnerEnd;
  /** News of its log when it was judged last. */
  judgedAt: number;
  verdict: Judgement['verdict'];
}

export interface DocketOptions {
  readonly judge: Pick<Judge, 'omissions'>;
  /** Who is asked, by the log that it keeps: no other log is of use here. */
  readonly keepers: ReadonlyMap<string, string>;
  /** Told of the first verdict on each answer, and of each that differs from the one before; one at a time. */
  readonly onVerdict: (end: PartnerEnd, judgement: Judgement) => Promise<void>;
}

/** The answers to one question, and what they are judged by. */
export class Docket {
  readonly #options: DocketOptions;
  readonly #logs: ReadonlyMap<string, SeenLog>;
  readonly #open = new Set<OpenAnswer>();
  /** Judging goes one at a time: who asks for it finds all answers before judged, or waiting in `#open`. */
  readonly #serial = new Serial();

  constructor(options: DocketOptions) {
    this.#options = options;
    this.#logs = new Map(
      [...options.keepers.keys()].map((origin) => [
        origin,
        { rows: new Map(), bytesLeft: { keeper: SEEN_BYTES_MAX, others: SEEN_BYTES_MAX }, news: 0 },
      ]),
    );
  }

  /** Takes note of a row, by the agent that showed it or LOCAL. */
  see(from: string, checked: Verified<VerifiedRow>): void {
    const { body, index, origin, record } = checked.row;
    const log = this.#logs.get(origin);
    if (log === undefined) return;
    const known = log.rows.get(index);
    if (known !== undefined && (known.row.body !== null || body === null)) return;
    const by = from === this.#options.keepers.get(origin) ? 'keeper' : 'others';
    const bytes = record.length + (body?.length ?? 0);
    if (log.bytesLeft[by] < bytes) return;
    log.bytesLeft[by] -= bytes;
    log.rows.set(index, checked);
    log.news += 1;
  }

  /** Judges a whole answer. Throws STORAGE_FAILED. */
  judge(end: PartnerEnd): Promise<void> {
    return this.#serial.run('judge', async () => {
      const answer: OpenAnswer = { end, judgedAt: 0, verdict: 'sound' };
      this.#open.add(answer);
      await this.#options.onVerdict(end, await this.#look(answer));
    });
  }

  /** Judges those answers again of whose logs more has been seen. Throws STORAGE_FAILED. */
  judgeAgain(): Promise<void> {
    return this.#serial.run('judge', async () => {
      for (const answer of this.#open) {
        if (this.#newsOf(answer) === answer.judgedAt) continue;
        const before = answer.verdict;
        const judgement = await this.#look(answer);
        if (judgement.verdict !== before) await this.#options.onVerdict(answer.end, judgement);
      }
    });
  }

  async #look(answer: OpenAnswer): Promise<Judgement> {
    const { finished } = answer.end;
    answer.judgedAt = this.#newsOf(answer);
    const rows = [...(this.#logs.get(finished.answer.origin)?.rows.values() ?? [])];
    const judgement = await this.#options.judge.omissions(finished, rows);
    answer.verdict = judgement.verdict;
    if (judgement.verdict === 'lied') this.#open.delete(answer);
    return judgement;
  }

  #newsOf({ end }: OpenAnswer): number {
    return this.#logs.get(end.finished.answer.origin)?.news ?? 0;
  }
}

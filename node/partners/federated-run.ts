// One federated query from its question to its end: who is asked, who is waited for and how long, what is shown once, who is judged.

import { isZeroError } from '../../protocol/errors/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import { APART_MAX, planFanOut } from '../../protocol/partner/index.ts';
import { AnswerMemory, type EndReason, type ProvenanceQuery } from '../../protocol/provenance/index.ts';
import { askPartner, connectedPeer, connectedPeers, failureOf, type PartnerEnd } from './ask-partner.ts';
import { AnswerCheck, type CheckedPart } from './check-answer.ts';
import { Docket } from './docket.ts';
import { EventQueue } from './event-queue.ts';
import {
  type FederatedEvent,
  type FederatedOptions,
  type FederationDeps,
  LOCAL,
  type PartnerEvent,
  type PartnerState,
} from './federated-types.ts';
import type { Judgement } from './judge.ts';
import { AUDIT_SHARE, FAN_OUT_MAX, QUERY_MS_DEFAULT, QUERY_MS_MAX } from './limits.ts';
import type { Partner } from './partner-book.ts';

/** No question: the own rows are not signed for. */
const NOTHING = new Uint8Array();

/** One query. */
export class Run {
  readonly #deps: FederationDeps;
  readonly #query: ProvenanceQuery;
  readonly #options: FederatedOptions;
  readonly #queue = new EventQueue<FederatedEvent>();
  readonly #stopping = new AbortController();
  readonly #started = performance.now();
  readonly #partners: Partner[];
  readonly #memory = new AnswerMemory();
  /** Logs of the partners that are asked, sorted, and who is asked for what it holds of them all the same. */
  readonly #apart: readonly string[];
  readonly #auditor: string | undefined;
  /** Statements shown, by id. */
  readonly #shown = new Set<string>();
  readonly #opened = new Set<string>();
  readonly #docket: Docket;
  readonly #states = new Map<string, PartnerEvent>();
  readonly #awaited = new Set<string>();
  readonly #timers: (() => void)[] = [];
  #localReasons: readonly EndReason[] | undefined;
  #isOver = false;
  readonly #local: Promise<void>;
  /** Resolves when nothing of this query runs any more, late partners included. */
  readonly whole: Promise<void>;

  constructor(deps: FederationDeps, query: ProvenanceQuery, options: FederatedOptions) {
    this.#deps = deps;
    this.#query = query;
    this.#options = options;
    const { book, clock, random = Math.random } = deps;
    const wanted =
      options.partners === undefined ? book.list() : options.partners.map((agent) => book.get(agent));
    const standing = wanted.map((partner) => ({ partner, standing: book.standing(partner) }));
    const max = Math.min(FAN_OUT_MAX, options.fanOut ?? FAN_OUT_MAX);
    const plan = planFanOut(standing, max, random());
    this.#partners = plan.map(({ partner }) => partner);
    const connected = connectedPeers(deps.host);
    const keepers = new Map<string, string>();
    for (const partner of this.#partners) {
      const peer = connectedPeer(deps.host, partner, connected);
      if (peer !== undefined) keepers.set(originOf(peer.toString()), partner.agent);
    }
    this.#docket = new Docket({ judge: deps.judge, keepers, onVerdict: this.#conclude });
    this.#apart = [...keepers.keys()].sort().slice(0, APART_MAX);
    const isAudited = random() < (options.audit ?? AUDIT_SHARE);
    this.#auditor = isAudited
      ? this.#partners[Math.floor(random() * this.#partners.length)]?.agent
      : undefined;
    for (const {
      partner,
      standing: { isAwaited, patienceMs },
    } of plan) {
      if (!isAwaited && options.waitForAll !== true) continue;
      this.#awaited.add(partner.agent);
      if (options.waitForAll !== true) this.#timers.push(clock.after(patienceMs, () => this.#lose(partner)));
    }
    const deadlineMs = Math.min(QUERY_MS_MAX, options.deadlineMs ?? QUERY_MS_DEFAULT);
    const late = clock.after(Math.max(deadlineMs, QUERY_MS_DEFAULT), () => this.abort());
    this.#timers.push(clock.after(deadlineMs, () => this.#end()));
    options.signal?.addEventListener('abort', this.leave, { once: true });
    this.#local = this.#askLocally();
    this.whole = Promise.all([
      this.#local,
      ...this.#partners.map((partner) => this.#ask(partner, connected)),
    ]).then(() => {
      late();
      this.#end();
    });
  }

  async *start(): AsyncGenerator<FederatedEvent> {
    if (this.#options.signal?.aborted === true) this.leave();
    yield* this.#queue.read();
  }

  /** The reader has gone: partners that are still at it are listened to until the deadline, to learn how long they take. */
  readonly leave = (): void => {
    this.#isOver = true;
    for (const cancel of this.#timers) cancel();
    this.#options.signal?.removeEventListener('abort', this.leave);
    this.#queue.close();
  };

  abort(): void {
    this.#end();
    this.#stopping.abort(new Error('the query is over'));
  }

  /** Patience with a partner is over; it may still answer before the others have. */
  #lose(partner: Partner): void {
    if (this.#states.has(partner.agent) || !this.#awaited.has(partner.agent)) return;
    void this.#deps.book.note(partner.agent, { kind: 'late' }).catch(() => {});
    void this.#release(partner);
  }

  /** Nobody waits for this partner any more. What it has shown until now may tell that another has lied. */
  async #release({ agent }: Partner): Promise<void> {
    try {
      await this.#docket.judgeAgain();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'answers could not be judged again');
    }
    this.#awaited.delete(agent);
    this.#settle();
  }

  #settle(): void {
    if (this.#localReasons !== undefined && this.#awaited.size === 0) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    const missing = this.#partners.flatMap(({ agent, name }) => {
      const state: PartnerState = this.#states.get(agent)?.state ?? 'late';
      if (!this.#states.has(agent)) this.#tell(this.#event({ agent, name }, 'late', 'nobody waited longer'));
      return state === 'complete' ? [] : [{ agent, name, state }];
    });
    const reasons = this.#localReasons ?? ['aborted'];
    const ms = performance.now() - this.#started;
    const isComplete = missing.length === 0 && !isShort(reasons);
    this.#deps.metrics.count('zerostate_partner_queries_total', {
      result: isComplete ? 'complete' : 'partial',
    });
    this.#deps.metrics.observe('zerostate_partner_query_seconds', ms / 1000);
    this.#queue.push({ kind: 'end', isComplete, missing, reasons, rows: this.#shown.size, ms });
    this.leave();
  }

  #event(
    { agent, name }: Pick<Partner, 'agent' | 'name'>,
    state: PartnerState,
    detail: string,
    end?: PartnerEnd,
  ): PartnerEvent {
    const ms = end?.ms ?? performance.now() - this.#started;
    return {
      kind: 'partner',
      agent,
      name,
      state,
      detail,
      reasons: end?.reasons ?? [],
      completeness: end?.completeness ?? [],
      rows: end?.rows ?? 0,
      ms,
    };
  }

  /** A later event about a partner stands for those before. */
  #tell(event: PartnerEvent): void {
    if (this.#isOver) return;
    this.#states.set(event.agent, event);
    this.#queue.push(event);
  }

  /** Takes a checked part of an answer into the whole. */
  #take(from: string, part: Exclude<CheckedPart, { kind: 'end' }>): void {
    if (part.kind === 'row') this.#docket.see(from, part.checked);
    if (this.#isOver) return;
    if (part.kind === 'opening') {
      if (from !== LOCAL) this.#keep(part);
      const key = `${part.statementId} ${part.opened.isPartial}`;
      if (this.#opened.has(key) || !this.#shown.has(part.statementId)) return;
      this.#opened.add(key);
      this.#queue.push({ ...part, from });
      return;
    }
    const { checked } = part;
    const { row, statementId } = checked;
    if (this.#shown.has(statementId))
      this.#queue.push({ kind: 'also', from, statementId, origin: row.origin, index: row.index });
    else if (this.#shown.size < this.#query.limit) {
      this.#shown.add(statementId);
      this.#queue.push({ kind: 'row', from, checked });
    }
  }

  /** What was opened once need not be asked for again. */
  #keep({ statementId, opening }: Extract<CheckedPart, { kind: 'opening' }>): void {
    this.#deps.sealed.keepOpening(statementId, opening).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'an opening could not be kept');
    });
  }

  /** The own graph. Its rows are checked like everybody's: they come from the same disk as everybody's logs. */
  async #askLocally(): Promise<void> {
    const { log, openings, source } = this.#deps;
    const check = new AnswerCheck(this.#query, this.#memory);
    let reasons: readonly EndReason[] = ['aborted'];
    try {
      for await (const row of source.query(this.#query, { signal: this.#stopping.signal })) {
        if (row.kind === 'end') reasons = row.reasons;
        const part = check.row(row);
        if (part === undefined) continue;
        this.#take(LOCAL, part);
        const { statementId } = part.checked;
        const opening = await openings.held(statementId);
        const opened = opening && check.take({ kind: 'opening', statementId, opening }, NOTHING);
        if (opened?.kind === 'opening') this.#take(LOCAL, opened);
      }
    } catch (error) {
      log.error({ err: error }, 'the own provenance graph did not answer');
    }
    this.#localReasons = reasons;
    this.#settle();
  }

  async #ask(partner: Partner, connected: ReadonlySet<string>): Promise<void> {
    const { log } = this.#deps;
    try {
      const end = await askPartner(
        this.#deps,
        partner,
        this.#query,
        this.#stopping.signal,
        (part) => this.#take(partner.agent, part),
        { apart: partner.agent === this.#auditor ? [] : this.#apart, memory: this.#memory, connected },
      );
      await this.#judge(end);
    } catch (error) {
      if (!isZeroError(error)) log.error({ err: error, partner: partner.agent }, 'asking a partner failed');
      this.#tell(this.#event(partner, failureOf(error), (error as Error).message));
    }
    await this.#release(partner);
  }

  async #judge(end: PartnerEnd): Promise<void> {
    const { judge, onBehind, store } = this.#deps;
    const { finished } = end;
    const { origin, size } = finished.answer;
    if (size > store.state(origin).size) onBehind(finished.partner);
    const heads = await judge.heads(finished);
    // What this node holds of the partner's log is compared first; it is quicker than any partner.
    await this.#local;
    if (heads.verdict === 'sound') await this.#docket.judge(end);
    else await this.#conclude(end, heads);
  }

  /** Books and tells what an answer was found to be; once more when that is found to be something else. */
  readonly #conclude = async (end: PartnerEnd, found: Judgement): Promise<void> => {
    const { answer, partner } = end.finished;
    const left = end.completeness.find((proof) => proof.origin === answer.origin && !proof.complete);
    const isUnexplained = found.verdict === 'sound' && left !== undefined;
    if (found.verdict === 'stale' || isUnexplained)
      await this.#deps.book.note(partner.agent, { kind: 'stale' });
    if (isUnexplained) {
      const detail = 'its own committed index lists more than it gave, or less';
      this.#tell(this.#event(partner, 'stale', detail, end));
      return;
    }
    const isCutShort = answer.isCut || isShort(end.reasons);
    const state = found.verdict === 'sound' ? (isCutShort ? 'partial' : 'complete') : found.verdict;
    this.#tell(this.#event(partner, state, found.detail, end));
  };
}

/** True when an answerer says that there is more. That nobody but a log itself can prove it whole says nothing of the kind. */
function isShort(reasons: readonly EndReason[]): boolean {
  return reasons.some((reason) => reason !== 'unproven-origin');
}

// What the parts of a node ask: may this be? Asks the policies in force, and records what was decided, on what, by which policy.

import {
  type Decision,
  type PolicyEntity,
  type PolicyFile,
  type PolicyKind,
  type PolicyQuestion,
  type PolicyVerdict,
  policyFilesId,
  type Replayed,
  replayDecision,
} from '../../protocol/policy/index.ts';
import type { FallbackPolicy } from '../activation/index.ts';
import { type CedarPolicies, readCedar } from './cedar.ts';
import { DecisionBook } from './decision-book.ts';
import { DecisionDraft } from './decision-draft.ts';
import { DECIDED_ONCE_MAX } from './limits.ts';
import { type BundlesDeps, PolicyBundles } from './policy-bundles.ts';

/** A decision as its asker gets it. */
export interface Decided extends PolicyVerdict {
  /** Id of the record; "zerostate why" explains it. */
  readonly decision: string;
}

/** Where a replay comes to, beside what was decided. */
export interface Replay {
  readonly policy: { readonly id: string; readonly name: string; readonly sequence: number };
  readonly candidates: Replayed[];
  /** True when every candidate has the verdict it had, by the same policies. */
  readonly same: boolean;
}

/** Asks and records. */
export class PolicyService {
  readonly #deps: BundlesDeps;
  readonly #book: DecisionBook;
  readonly bundles: PolicyBundles;
  #once = new Map<string, Decided>();
  #onceUnder = '';
  #nonce = 0;

  constructor(deps: BundlesDeps) {
    this.#deps = deps;
    this.bundles = new PolicyBundles(deps);
    this.#book = new DecisionBook(deps.db);
  }

  /** Reads the policy in force and which records there are; `good` as PolicyBundles.load. Throws POLICY_INVALID. */
  async load(good?: FallbackPolicy): Promise<void> {
    await this.#book.load();
    await this.bundles.load(good);
  }

  async stop(): Promise<void> {
    await this.#book.flush();
  }

  /** Decision records that could not be written since the start. */
  get lostRecords(): number {
    return this.#book.lost;
  }

  /** Checks policies as far as they can be checked before they are signed. Throws POLICY_INVALID. */
  check(files: readonly PolicyFile[]): { policies: ReturnType<CedarPolicies['list']>; id: string } {
    return { policies: readCedar(files).list(), id: policyFilesId(files) };
  }

  /** Asks the policies in force, without a record: to show what they would say. */
  judge(question: PolicyQuestion): PolicyVerdict {
    return this.bundles.active.policies.ask(question);
  }

  /**
   * Decides what is decided again and again (connections, statements of one issuer): recorded once for as long as neither the question nor the
   * policy changes, and written behind the answer. Does not throw.
   */
  decideOnce(question: PolicyQuestion, evidence: readonly string[] = []): Decided {
    const { active } = this.bundles;
    if (this.#onceUnder !== active.id) [this.#once, this.#onceUnder] = [new Map(), active.id];
    const key = JSON.stringify([question.kind, question.principal, question.resource, question.context]);
    const known = this.#once.get(key);
    if (known !== undefined) {
      this.#count(question.kind, known.allow);
      return known;
    }
    const draft = this.begin(question.kind, question.principal, {});
    const verdict = draft.ask(question.resource, question.context, evidence);
    const decided = {
      ...verdict,
      decision: draft.recordBehind(verdict.allow ? [question.resource.id] : []),
    };
    if (this.#once.size >= DECIDED_ONCE_MAX) this.#once.delete(this.#once.keys().next().value as string);
    this.#once.set(key, decided);
    return decided;
  }

  #count(kind: PolicyKind, allow: boolean): void {
    this.#deps.metrics.count('zerostate_policy_decisions_total', { kind, verdict: allow ? 'allow' : 'deny' });
  }

  /** Begins a decision among several: all its candidates are asked about under the policies in force now. */
  begin(
    kind: PolicyKind,
    principal: PolicyEntity,
    constraints: Readonly<Record<string, string>>,
  ): DecisionDraft {
    return new DecisionDraft({
      active: this.bundles.active,
      kind,
      principal,
      constraints,
      at: this.#deps.clock.now(),
      nonce: this.#nonce++,
      onVerdict: (allow) => this.#count(kind, allow),
      keep: (decision) => this.#book.put(decision),
      onLost: (error) => {
        this.#deps.metrics.count('zerostate_policy_records_lost_total');
        this.#deps.log.warn({ err: error, kind }, 'a decision could not be recorded');
      },
    });
  }

  /**
   * Decides about one thing; resolves when the record is on disk. Throws BUSY or STORAGE_FAILED when it cannot be recorded: whoever acts on a
   * decision must be able to show it.
   */
  async decide(
    question: PolicyQuestion & {
      readonly constraints?: Readonly<Record<string, string>>;
      readonly evidence?: readonly string[];
    },
  ): Promise<Decided> {
    const draft = this.begin(question.kind, question.principal, question.constraints ?? {});
    const verdict = draft.ask(question.resource, question.context, question.evidence ?? []);
    return { ...verdict, decision: await draft.record(verdict.allow ? [question.resource.id] : []) };
  }

  /** A record; undefined when it is not kept. */
  async why(id: string): Promise<Decision | undefined> {
    return await this.#book.get(id);
  }

  /** Records, newest first. */
  async decisions(limit: number, kind?: PolicyKind): Promise<Decision[]> {
    return await this.#book.list(limit, kind);
  }

  /** Asks again: the policies that decided, or `others`. Throws NOT_FOUND when those that decided are not kept. */
  async replay(
    { record }: Decision,
    others?: readonly PolicyFile[],
  ): Promise<{
    policy: { id: string; name: string; sequence: number };
    candidates: Replayed[];
    same: boolean;
  }> {
    const asked =
      others === undefined
        ? await this.bundles.policyOf(record.policy.id)
        : { id: policyFilesId(others), name: 'given', sequence: 0, policies: readCedar(others) };
    const candidates = replayDecision(record, asked.policies);
    const { id, name, sequence } = asked;
    return { policy: { id, name, sequence }, candidates, same: candidates.every(({ same }) => same) };
  }
}

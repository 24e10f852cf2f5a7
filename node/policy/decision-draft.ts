// A decision while it is made: one set of policies for all candidates, however often the node's policy is switched meanwhile.

import {
  CANDIDATE_EVIDENCE_MAX,
  type DecisionCandidate,
  type DecisionRecord,
  type Facts,
  makeDecision,
  type PolicyEntity,
  type PolicyKind,
  type PolicyVerdict,
} from '../../protocol/policy/index.ts';
import type { ActivePolicy } from './active-policy.ts';

export interface DraftDeps {
  readonly active: ActivePolicy;
  readonly kind: PolicyKind;
  readonly principal: PolicyEntity;
  readonly constraints: Readonly<Record<string, string>>;
  /** ms since 1970. */
  readonly at: number;
  readonly nonce: number;
  readonly onVerdict: (allow: boolean) => void;
  readonly keep: (decision: { id: string; record: DecisionRecord }) => Promise<void>;
  readonly onLost: (error: unknown) => void;
}

/** One decision. */
export class DecisionDraft {
  readonly #deps: DraftDeps;
  /** By id of the resource: what is asked about again replaces what was said before. */
  readonly #candidates = new Map<string, DecisionCandidate>();

  constructor(deps: DraftDeps) {
    this.#deps = deps;
  }

  /** Asks about one candidate. Does not throw. `evidence`: ids of statements that what is known rests on. */
  ask(resource: PolicyEntity, context: Facts, evidence: readonly string[]): PolicyVerdict {
    const { active, kind, principal, onVerdict } = this.#deps;
    const verdict = active.policies.ask({ kind, principal, resource, context });
    const { allow, detail, errors, policies } = verdict;
    this.#note(resource, context, { refused: null, allow, policies, errors, detail }, evidence);
    onVerdict(allow);
    return verdict;
  }

  /** Notes a candidate that was refused before a policy was asked, and by what. */
  refuse(resource: PolicyEntity, context: Facts, refused: string, evidence: readonly string[]): void {
    this.#note(
      resource,
      context,
      { refused, allow: false, policies: [], errors: [], detail: refused },
      evidence,
    );
  }

  #note(
    resource: PolicyEntity,
    context: Facts,
    said: PolicyVerdict & { refused: string | null },
    evidence: readonly string[],
  ): void {
    this.#candidates.set(resource.id, {
      ...said,
      policies: [...said.policies],
      errors: [...said.errors],
      resource: { ...resource, facts: copied(resource.facts) },
      context: copied(context),
      evidence: [...new Set(evidence)].slice(0, CANDIDATE_EVIDENCE_MAX),
    });
  }

  #make(choice: readonly string[]) {
    const { active, at, constraints, kind, nonce, principal } = this.#deps;
    const { id, name, sequence } = active;
    return makeDecision({
      kind,
      at,
      nonce,
      principal: { ...principal, facts: copied(principal.facts) },
      constraints: { ...constraints },
      policy: { id, name, sequence },
      candidates: [...this.#candidates.values()],
      choice: [...choice],
    });
  }

  /** Ends it; answers the id of the record when that is on disk. Throws BUSY or STORAGE_FAILED. */
  async record(choice: readonly string[]): Promise<string> {
    const { id, written } = this.end(choice);
    await written;
    return id;
  }

  /** Ends it; `written` resolves when the record is on disk. Nobody may be told of the outcome before it has. */
  end(choice: readonly string[]): { readonly id: string; readonly written: Promise<void> } {
    const decision = this.#make(choice);
    const written = this.#deps.keep(decision);
    written.catch(this.#deps.onLost);
    return { id: decision.id, written };
  }

  /** Ends it and does not wait for the disk: for answers that change nothing. A record that is lost is counted. */
  recordBehind(choice: readonly string[]): string {
    return this.end(choice).id;
  }
}

function copied(facts: Facts): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'object' ? [...fact] : fact]),
  );
}

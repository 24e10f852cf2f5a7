// What this node makes of a verified statement: who vouches for the log that holds it, how fresh its revocation status is, how its issuer has
// kept its word, and the verdict of its policy, with the reason.

import type { VerifiedRow } from '../../protocol/provenance/index.ts';
import { subjectOfStatement } from '../../protocol/revocation/index.ts';
import {
  DECISION_PREDICATE,
  type DecisionPredicate,
  IMPORT_PREDICATE,
  type ImportPredicate,
  RECEIPT_PREDICATE,
  REVOCATION_PREDICATE,
  type ReceiptPredicate,
  type RevocationPredicate,
} from '../../protocol/statement/index.ts';
import type { NodeContext } from '../context.ts';
import type { ProvenanceGraph } from './graph.ts';
import type { ProvenanceRowView } from './view.ts';

/** Freshness that a statement's verdict asks for, in ms; see protocol/revocation. */
const FRESH_MS_MAX = 3_600_000;

type Parts = Pick<NodeContext, 'book' | 'clock' | 'logProofs' | 'reputation' | 'revocations' | 'verdicts'>;
type Verdict = ProvenanceRowView['verdict'];
type Witnesses = ProvenanceRowView['witnesses'];

/** Judges the rows of one answer. */
export class RowJudge {
  readonly #node: Parts;
  readonly #graph: ProvenanceGraph;
  readonly #at: number | null;
  readonly #witnesses = new Map<string, Promise<Witnesses>>();

  /** `at`: as it was known at that time; null for now. */
  constructor(node: Parts, graph: ProvenanceGraph, at: number | null) {
    this.#node = node;
    this.#graph = graph;
    this.#at = at;
  }

  /** The view of a verified row. */
  async view(verified: VerifiedRow): Promise<ProvenanceRowView> {
    const { checkpoint, facts, row, statement, statementId } = verified;
    const issuer = facts?.issuer ?? null;
    const standing = issuer === null ? null : this.#node.reputation.of(issuer);
    return {
      kind: 'statement',
      statementId,
      origin: row.origin,
      index: row.index,
      depth: row.depth,
      issuer,
      predicateType: facts?.predicateType ?? null,
      issuedAt: facts === null ? null : new Date(facts.issuedAt).toISOString(),
      knownAt: new Date(row.knownAt).toISOString(),
      edges: facts?.edges.map((edge) => ({ ...edge })) ?? [],
      says: statement === null ? {} : saysOf(statement.predicateType, statement.statement.predicate),
      proof: { treeSize: checkpoint.size, root: checkpoint.root.toHex() },
      witnesses: await this.#witnessed(row.origin, checkpoint.size),
      reputation: standing === null ? null : { status: standing.status, lower: standing.lower },
      ...this.#verdict(verified),
    };
  }

  async #witnessed(origin: string, size: number): Promise<Witnesses> {
    const key = `${size}/${origin}`;
    const known = this.#witnesses.get(key) ?? this.#ask(origin, size);
    this.#witnesses.set(key, known);
    return await known;
  }

  async #ask(origin: string, size: number): Promise<Witnesses> {
    try {
      const { asOf, counted, policy, reached, required } = await this.#node.logProofs.witnessQuorumOf(
        origin,
        size,
      );
      return { policy, required, counted: counted.length, reached, asOf };
    } catch {
      // A head that is not kept any more: nobody is known to vouch for it.
      return { policy: 'none', required: 0, counted: 0, reached: false, asOf: null };
    }
  }

  #verdict(verified: VerifiedRow): Pick<ProvenanceRowView, 'freshness' | 'verdict'> {
    const { facts, row, statement, statementId } = verified;
    if (facts === null || statement === null)
      return {
        freshness: null,
        verdict: { verdict: 'unknown', reason: 'its body is not shown here', decision: null },
      };
    if (this.#at !== null) return { freshness: null, verdict: this.#then(verified) };
    const subject = subjectOfStatement(statement);
    const home = this.#node.book.get(statement.issuer)?.card.log?.origin;
    const judged = this.#node.revocations.judge(subject, home, FRESH_MS_MAX);
    const freshness = {
      state: judged.state,
      asOf: judged.asOf === null ? null : new Date(judged.asOf).toISOString(),
      ageMs: judged.ageMs,
    };
    if (judged.revoked !== null)
      return {
        freshness,
        verdict: {
          verdict: 'reject',
          reason: `revoked ${judged.revoked.issuedAt}: ${judged.revoked.reason}`,
          decision: judged.revoked.statementId,
        },
      };
    const { predicateType, issuer } = facts;
    const { origin } = row;
    const decided = this.#node.verdicts.reliesOn({ id: statementId, predicateType, issuer, origin, subject });
    const word = decided.allow ? 'accept' : decided.revocation === 'unknown' ? 'unknown' : 'reject';
    return {
      freshness,
      verdict: {
        verdict: word,
        reason: `${decided.detail}; ${decided.standing}`,
        decision: decided.decision,
      },
    };
  }

  // Of the past it can be said what was revoked then, not what a policy of then would have said of the reputation of then.
  #then({ facts, statement }: VerifiedRow): Verdict {
    const graph = this.#graph;
    const at = this.#at as number;
    for (const number of graph.statementsAbout(graph.thing(facts!.self))) {
      const other = graph.statement(number);
      if (
        other.predicateType === REVOCATION_PREDICATE &&
        other.knownAt <= at &&
        other.issuer === statement!.issuer
      )
        return {
          verdict: 'reject',
          reason: `was known to be revoked since ${new Date(other.knownAt).toISOString()}`,
          decision: null,
        };
    }
    return { verdict: 'accept', reason: 'no revocation of it was known then', decision: null };
  }
}

/** The few members of a predicate that a person looks for. */
function saysOf(type: string, predicate: unknown): ProvenanceRowView['says'] {
  if (type === IMPORT_PREDICATE) {
    const { digest, facts, form, kind, verifiedBy } = predicate as ImportPredicate;
    return {
      kind,
      form,
      original: digest,
      verifiedBy: verifiedBy.join(' '),
      builder: facts?.builder ?? '',
      assessments: (facts?.assessments ?? [])
        .map(({ vulnerability, status }) => `${vulnerability} ${status}`)
        .join(', '),
    };
  }
  if (type === RECEIPT_PREDICATE) {
    const { deterministic } = predicate as ReceiptPredicate;
    const { exitCode, status } = deterministic.result;
    return { kind: 'execution-receipt', status, exitCode: String(exitCode ?? '') };
  }
  if (type === REVOCATION_PREDICATE) {
    const { reason, target } = predicate as RevocationPredicate;
    return { kind: 'revocation', target: target.id, reason };
  }
  if (type === DECISION_PREDICATE) {
    const { action, degraded, reasons, resource, tier, verdict } = predicate as DecisionPredicate;
    return {
      kind: 'decision',
      decided: `${verdict} ${action} ${resource.name}, tier ${tier}${degraded ? ', on stale knowledge' : ''}`,
      reasons: reasons.map(({ check, detail }) => `${check}: ${detail}`).join('; '),
    };
  }
  return { kind: type.split('/').at(-2) ?? type };
}

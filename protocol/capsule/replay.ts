// Decides again what a capsule holds decisions of: by the policies that decided, or by others, and says where it comes out otherwise, term by
// term. Pure: the engine of policies is given.

import { ZeroError } from '../errors/index.ts';
import {
  type DecisionRecord,
  decisionId,
  type PolicyEntity,
  type PolicyVerdict,
  type ReadyPolicies,
  readDecisionForm,
} from '../policy/index.ts';
import type { Capsule } from './capsule.ts';
import { type CapsulePolicy, policiesOf } from './originals.ts';

/** One term that comes out otherwise. */
export interface Difference {
  /** Id of the candidate; the decision's own for its record. */
  readonly about: string;
  readonly term: 'allow' | 'policies' | 'errors' | 'detail' | 'record';
  readonly was: string;
  readonly now: string;
}

/** One member of something other than a decision that comes out otherwise. */
export interface ReplayedTerm {
  readonly term: string;
  readonly was: string;
  readonly now: string;
}

/** One decision, made again. */
export interface DecisionReplay {
  readonly decision: string;
  readonly kind: DecisionRecord['kind'];
  /** By which policies it was made again. */
  readonly policy: { readonly id: string; readonly name: string; readonly sequence: number };
  /** Candidates that a policy was asked about. */
  readonly asked: number;
  /** Chosen ones that would be refused, and refused ones that would be allowed. */
  readonly turned: readonly string[];
  readonly differences: readonly Difference[];
  /** True when the remade record has the bytes of the one in the capsule. */
  readonly same: boolean;
}

/** Other policies to decide by. */
export interface Others {
  readonly id: string;
  readonly policies: ReadyPolicies;
}

function termsOf({
  allow,
  detail,
  errors,
  policies,
}: PolicyVerdict): Record<Exclude<Difference['term'], 'record'>, string> {
  return { allow: String(allow), policies: policies.join(', '), errors: errors.join('; '), detail };
}

function differencesOf(about: string, was: PolicyVerdict, now: PolicyVerdict): Difference[] {
  const [before, after] = [termsOf(was), termsOf(now)];
  return (Object.keys(before) as (keyof typeof before)[])
    .filter((term) => before[term] !== after[term])
    .map((term) => ({ about, term, was: before[term], now: after[term] }));
}

function replayOne(
  id: string,
  record: DecisionRecord,
  by: CapsulePolicy | undefined,
  policies: ReadyPolicies,
  other: string | null,
): DecisionReplay {
  const differences: Difference[] = [];
  const turned: string[] = [];
  let asked = 0;
  const candidates = record.candidates.map((candidate) => {
    if (candidate.refused !== null) return candidate;
    asked += 1;
    const now = policies.ask({
      kind: record.kind,
      principal: record.principal as PolicyEntity,
      resource: candidate.resource as PolicyEntity,
      context: candidate.context,
    });
    differences.push(...differencesOf(candidate.resource.id, candidate, now));
    if (now.allow !== candidate.allow) turned.push(candidate.resource.id);
    const { allow, detail, errors } = now;
    return { ...candidate, allow, detail, policies: [...now.policies], errors: [...errors] };
  });
  const [was, now] = [decisionId(record), decisionId({ ...record, candidates })];
  if (was !== now && differences.length === 0) differences.push({ about: id, term: 'record', was, now });
  const policy =
    other === null
      ? { id: by!.id, name: by!.name, sequence: by!.sequence }
      : { id: other, name: 'given', sequence: 0 };
  return { decision: id, kind: record.kind, policy, asked, turned, differences, same: was === now };
}

/**
 * Makes every decision of a capsule again: by `others`, or by the policies that it holds, which `ready` makes askable. Throws DECODE_FAILED,
 * NOT_FOUND where a capsule lacks the policies of a decision, or what `ready` throws.
 */
export function replayCapsuleDecisions(
  capsule: Capsule,
  ready: (policy: CapsulePolicy) => ReadyPolicies,
  others?: Others,
): DecisionReplay[] {
  const held = policiesOf(capsule);
  const made = new Map<string, ReadyPolicies>();
  return capsule.decisions.map(({ id, record: value }) => {
    const record = readDecisionForm(value);
    const by = held.get(record.policy.id);
    if (others !== undefined) return replayOne(id, record, by, others.policies, others.id);
    if (by === undefined)
      throw new ZeroError('NOT_FOUND', `the capsule lacks the policies of decision ${id}`, {
        hint: 'Give others with --policy.',
      });
    const policies = made.get(by.id) ?? ready(by);
    made.set(by.id, policies);
    return replayOne(id, record, by, policies, null);
  });
}

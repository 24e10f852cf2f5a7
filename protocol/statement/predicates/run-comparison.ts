// Reads run comparisons: what N runs of one task by different agents came to. Agreement is a joint receipt; a divergence names who differs.

import { Fields } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import {
  AUTHORED_MEMBERS,
  NAME_RULE,
  readAuthored,
  readContentId,
  subjectOfContentId,
  subjectOfDigest,
} from './common.ts';
import { COMPARISON_OUTCOMES, COMPARISON_RUNS_MAX, type ComparisonPredicate } from './types.ts';

function readRun(value: JsonValue, where: string): ComparisonPredicate['runs'][number] {
  const fields = new Fields(value, where, ['receipt', 'executor', 'resultDigest']);
  return {
    receipt: readContentId(fields, 'receipt'),
    executor: requireAgentId(fields.raw('executor'), `${where}.executor`),
    resultDigest: fields.digest('resultDigest'),
  };
}

/** The outcome that follows from the runs: all equal, a strict majority, or neither. Ties decide nothing. */
export function outcomeOf(
  runs: readonly { readonly resultDigest: string }[],
): Pick<ComparisonPredicate, 'outcome' | 'resultDigest'> {
  const votes = new Map<string, number>();
  for (const { resultDigest } of runs) votes.set(resultDigest, (votes.get(resultDigest) ?? 0) + 1);
  for (const [resultDigest, count] of votes) {
    if (count === runs.length) return { outcome: 'agreed', resultDigest };
    if (count * 2 > runs.length) return { outcome: 'diverged', resultDigest };
  }
  return { outcome: 'unresolved', resultDigest: null };
}

export function readComparison(value: JsonValue): ComparisonPredicate {
  const members = ['taskId', 'jobDigest', 'runs', 'outcome', 'resultDigest'];
  const fields = new Fields(value, 'run-comparison', [...AUTHORED_MEMBERS, ...members]);
  const runs = fields.list('runs', { min: 2, max: COMPARISON_RUNS_MAX }, readRun);
  // One agent, or one receipt, has one vote.
  for (const member of ['receipt', 'executor'] as const)
    if (new Set(runs.map((run) => run[member])).size !== runs.length)
      fields.refuse('runs', `names one ${member} twice`);
  const resultDigest = fields.raw('resultDigest') === null ? null : fields.digest('resultDigest');
  const outcome = fields.oneOf('outcome', COMPARISON_OUTCOMES);
  const follows = outcomeOf(runs);
  if (follows.outcome !== outcome || follows.resultDigest !== resultDigest)
    fields.refuse('outcome', 'does not follow from the runs');
  return {
    ...readAuthored(fields),
    taskId: fields.text('taskId', NAME_RULE),
    jobDigest: fields.digest('jobDigest'),
    runs,
    outcome,
    resultDigest,
  };
}

/** What a comparison is about: the job, and each receipt. */
export function comparisonSubjects({
  jobDigest,
  runs,
}: Pick<ComparisonPredicate, 'jobDigest' | 'runs'>): Subject[] {
  return [
    subjectOfDigest('job', jobDigest),
    ...runs.map(({ receipt }) => subjectOfContentId('receipt', receipt)),
  ];
}

// Reads decision records: what was allowed or denied, by which policy, on how fresh a knowledge. The audit trail of degraded mode.

import { Fields, REASON_CHARS_MAX } from '../../fields/index.ts';
import type { JsonValue } from '../../json/index.ts';
import { DECISION_REASONS_MAX } from '../limits.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, NAME_RULE, readAuthored, readEvidence, subjectOfDigest } from './common.ts';
import { type DecisionPredicate, type DecisionReason, SAFETY_TIERS } from './types.ts';

function readReason(value: JsonValue, where: string): DecisionReason {
  const fields = new Fields(value, where, ['check', 'ok', 'detail']);
  return {
    check: fields.text('check', NAME_RULE),
    ok: fields.boolean('ok'),
    detail: fields.text('detail', { min: 0, max: REASON_CHARS_MAX }),
  };
}

export function readDecision(value: JsonValue): DecisionPredicate {
  const members = [
    'action',
    'resource',
    'verdict',
    'tier',
    'degraded',
    'asOf',
    'policyDigest',
    'reasons',
    'evidence',
  ];
  const fields = new Fields(value, 'decision', [...AUTHORED_MEMBERS, ...members]);
  const resource = new Fields(fields.raw('resource'), 'decision.resource', ['name', 'digest']);
  return {
    ...readAuthored(fields),
    action: fields.text('action', NAME_RULE),
    resource: { name: resource.text('name', { max: 255 }), digest: resource.digest('digest') },
    verdict: fields.oneOf('verdict', ['allow', 'deny']),
    tier: fields.oneOf('tier', SAFETY_TIERS),
    degraded: fields.boolean('degraded'),
    asOf: fields.raw('asOf') === null ? null : fields.time('asOf'),
    policyDigest: fields.raw('policyDigest') === null ? null : fields.digest('policyDigest'),
    reasons: fields.list('reasons', { min: 1, max: DECISION_REASONS_MAX }, readReason),
    evidence: readEvidence(fields),
  };
}

export function decisionSubjects({ resource }: Pick<DecisionPredicate, 'resource'>): Subject[] {
  return [subjectOfDigest(resource.name, resource.digest)];
}

// Capsules for tests: a search with two candidates that was decided by a policy, and what a verifier refuses of one.

import { readCedar } from '../../node/policy/index.ts';
import {
  type Capsule,
  emptyCapsule,
  encodeCapsule,
  verifyWithCapsules,
} from '../../protocol/capsule/index.ts';
import { type Decision, makeDecision, policyFilesId } from '../../protocol/policy/index.ts';
import { PERMIT } from './policies.ts';
import { NOW } from './receipt-files.ts';

const facts = {
  name: 'x',
  region: 'eu',
  operator: '',
  sla: 'gold',
  host: '',
  tags: [],
  priced: false,
  local: false,
};
const standing = {
  revocation: 'clear',
  ageSeconds: 1,
  tier: 'dangerous',
  reputation: 0,
  proven: false,
  override: false,
};

/** A search with two candidates, decided by a policy. */
export function decided(policyId: string, constraints: Record<string, string> = { text: 'words' }): Decision {
  const policies = readCedar([PERMIT]);
  const principal = { type: 'Node' as const, id: 'n', facts: { name: 'n', region: 'eu', network: 'x' } };
  const candidates = ['a', 'b'].map((id) => {
    const resource = { type: 'Agent' as const, id, facts: { ...facts, tags: [] } };
    const verdict = policies.ask({ kind: 'find', principal, resource, context: standing });
    return {
      resource,
      context: { ...standing },
      refused: null,
      evidence: [],
      ...verdict,
      policies: [...verdict.policies],
      errors: [],
    };
  });
  const policy = { id: policyId, name: 'built-in', sequence: 0 };
  return makeDecision({
    kind: 'find',
    at: NOW,
    nonce: 1,
    principal,
    constraints,
    policy,
    candidates,
    choice: ['a'],
  });
}

/** Its capsule. */
export function decisionCapsule(changes: Partial<Capsule> = {}): Capsule {
  const id = policyFilesId([PERMIT]);
  const decision = decided(id);
  return {
    ...emptyCapsule('decision', decision.id),
    decisions: [decision],
    policies: [{ id, name: 'built-in', sequence: 0, envelope: null, files: [PERMIT] }],
    ...changes,
  };
}

/** Names of the checks that fail. */
export const failures = (capsule: Capsule): string[] =>
  verifyWithCapsules(encodeCapsule(capsule).bytes, { now: NOW })
    .checks.filter(({ ok }) => !ok)
    .map(({ name }) => name);

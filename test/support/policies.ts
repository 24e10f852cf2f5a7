// Policy bundles with fixed keys for tests, and an engine that reads no Cedar.

import { type Envelope, seedSigner } from '../../protocol/envelope/index.ts';
import {
  type PolicyBundle,
  type PolicyFile,
  type PolicyQuestion,
  type ReadyPolicies,
  signPolicyBundle,
} from '../../protocol/policy/index.ts';
import { seed } from './agents.ts';

export const signerOf = (n: number) => seedSigner(seed(n));
export const keyOf = (n: number) => signerOf(n).keyid;

/** Policies that let everything pass. */
export const PERMIT: PolicyFile = {
  name: 'all.cedar',
  text: '@id("all") permit (principal, action, resource);',
};

/** A bundle that key 1 may sign, and that names key 1 for the next. */
export function bundleOf(changes: Partial<PolicyBundle> = {}): PolicyBundle {
  return {
    type: 'PolicyBundle',
    version: 1,
    name: 'example',
    sequence: 1,
    floor: 0,
    issuedAt: '2026-03-01T00:00:00Z',
    expiresAt: null,
    schema: 1,
    note: null,
    policies: [PERMIT],
    signers: { keys: [keyOf(1)], threshold: 1 },
    ...changes,
  };
}

/** The same, signed by the keys of these numbers. */
export function signedBundle(changes: Partial<PolicyBundle> = {}, by: readonly number[] = [1]): Envelope {
  return signPolicyBundle(bundleOf(changes), by.map(signerOf));
}

/** Allows what `allowed` names. */
export function namedPolicies(allowed: readonly string[]): ReadyPolicies {
  return {
    ask: ({ resource }: PolicyQuestion) => {
      const allow = allowed.includes(resource.id);
      return { allow, policies: allow ? ['named'] : [], errors: [], detail: allow ? 'named' : 'not named' };
    },
  };
}

// The epochs of policies for tests: two members, a bundle that names them, one that needs their words, and logs that all nodes hear at once.

import { createLogger } from '../../node/logger/index.ts';
import { PolicyEpochs, type PolicyService } from '../../node/policy/index.ts';
import { toHex } from '../../protocol/bytes/index.ts';
import { digestOfContentId, type Envelope, envelopeId } from '../../protocol/envelope/index.ts';
import {
  type AgentStatement,
  DECISION_PREDICATE,
  signAgentStatement,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import { makeAgent, seed } from './agents.ts';
import { keyOf, signedBundle } from './policies.ts';
import { onlyAgent, type PolicyDesk } from './policy-desk.ts';

export const [ANNA, BERTA] = [makeAgent(10), makeAgent(40)];
const SEEDS = { [ANNA.agentId]: seed(12), [BERTA.agentId]: seed(42) };
export const members = { agents: [ANNA.agentId, BERTA.agentId], threshold: 2 };
export const first = signedBundle({ members });
export const second = signedBundle({
  sequence: 2,
  members,
  issuedAt: '2026-03-02T00:00:00Z',
  startsAt: '2026-03-02T01:00:00Z',
  policies: onlyAgent('b'),
});
export const SIGNERS = [keyOf(1)];
export const HOUR_MS = 3_600_000;
export const BOUNDARY = Date.parse('2026-03-02T01:00:00Z');

/** Nodes that hear each other's logs at once. */
export class Logs {
  readonly said: Envelope[] = [];
  failure: Error | undefined;
  readonly #epochs: PolicyEpochs[] = [];

  epochs(policy: PolicyService, desk: PolicyDesk, agent?: typeof ANNA): PolicyEpochs {
    const epochs = new PolicyEpochs({
      bundles: policy.bundles,
      vault: {
        has: (id: string) => id === agent?.agentId,
        get: () => ({ ...agent, operationalSeed: SEEDS[agent!.agentId] }),
      } as never,
      ownLog: { append: async (envelope: Envelope) => this.#tell(envelope) } as never,
      clock: { now: () => desk.time.now, after: () => () => {} },
      log: createLogger({ level: 'silent', name: 'test' }),
    });
    for (const envelope of this.said) epochs.offer(verifyAgentStatement(envelope));
    this.#epochs.push(epochs);
    return epochs;
  }

  #tell(envelope: Envelope): void {
    if (this.failure !== undefined) throw this.failure;
    this.said.push(envelope);
    for (const epochs of this.#epochs) epochs.offer(verifyAgentStatement(envelope));
  }
}

/** What both members say of the second bundle. */
export function logsOfBoth(of = second): Envelope[] {
  const digest = `sha256:${toHex(digestOfContentId(envelopeId(of)))}`;
  return [ANNA, BERTA].map((agent) =>
    signAgentStatement({
      predicateType: DECISION_PREDICATE,
      predicate: {
        issuedAt: '2026-03-02T00:00:01Z',
        action: 'policy.acknowledge',
        resource: { name: 'policy 2 from 2026-03-02T01:00:00Z', digest },
        verdict: 'allow',
        tier: 'safe',
        degraded: false,
        asOf: null,
        policyDigest: digest,
        reasons: [{ check: 'bundle', ok: true, detail: 'here' }],
        evidence: [],
      },
      keychain: agent.keychain,
      signer: agent.operational,
    }),
  );
}

export interface Said {
  readonly predicate: { readonly resource: { readonly name: string; readonly digest: string } };
}

/** The same statement with other words. */
export function changed(of: AgentStatement, change: object): AgentStatement {
  const { predicate } = of.statement as unknown as Said;
  return {
    ...of,
    statement: { ...of.statement, predicate: { ...predicate, ...change } },
  } as unknown as AgentStatement;
}

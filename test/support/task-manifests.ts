// Signed manifests of tasks that nobody runs, for tests of who asks.

import { completeTask } from '../../node/tasks/order.ts';
import { signManifest, type VerifiedManifest } from '../../protocol/task/index.ts';
import { makeAgent, OBSERVED } from './agents.ts';

/** The module of each: nothing asks for its bytes. */
export const MODULE = { cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', bytes: 8 };

const agent = makeAgent(10);

/** A task of one run without a price, to end within ten minutes of the first of March. */
export function manifestOf(idempotencyKey: string, name = 'one'): VerifiedManifest {
  return signManifest({
    agent,
    signer: agent.operational,
    idempotencyKey,
    peer: OBSERVED.executor,
    issuedAt: '2026-03-01T00:00:00Z',
    deadline: '2026-03-01T00:10:00Z',
    module: MODULE,
    stdin: null,
    inputs: [],
    redundancy: 1,
    priceCeiling: null,
    spec: completeTask({ name, capability: 'any' }).spec as never,
  });
}

// Money out of nothing, for tests of payments: an agent issues its own currency to itself.

import type { RunningNode } from '../../node/index.ts';
import { agentAccount } from '../../protocol/ledger/index.ts';

/** Posts an issue of `amount` to the account of an agent of this node. */
export async function issueMoney(
  { node }: Pick<RunningNode, 'node'>,
  agentId: string,
  amount: bigint,
  currency = 'TEST',
): Promise<void> {
  await node.payments.ledger.post({
    by: agentId,
    name: 'faucet',
    kind: 'issue',
    currency,
    to: [{ account: agentAccount(agentId), amount }],
    memo: '',
  });
}

// An idempotency key used again: the same question is the same task, another one is not.

import assert from 'node:assert/strict';
import { asksTheSame } from '../../../node/tasks/same-ask.ts';
import { type SignManifestInput, signManifest } from '../../../protocol/task/index.ts';
import { makeAgent, OBSERVED } from '../../support/agents.ts';

const agent = makeAgent(10);
const [one, two] = [
  { cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', bytes: 8 },
  { cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq', bytes: 8 },
];
const draft: SignManifestInput = {
  agent,
  signer: agent.operational,
  idempotencyKey: 'once',
  peer: OBSERVED.executor,
  issuedAt: '2026-03-01T00:00:00Z',
  deadline: '2026-03-01T00:10:00Z',
  module: one,
  stdin: null,
  inputs: [
    { path: 'a', ...one },
    { path: 'b', ...two },
  ],
  redundancy: 1,
  priceCeiling: null,
  spec: { args: ['x'] },
};
const same = (change: Partial<SignManifestInput>) =>
  asksTheSame(signManifest(draft), signManifest({ ...draft, ...change }));

describe('the same key again', () => {
  it('is the same task later, for more money, and with its files in another order', () => {
    assert.ok(same({ issuedAt: '2026-03-01T00:01:00Z', deadline: '2026-03-01T00:20:00Z' }));
    assert.ok(same({ priceCeiling: { amount: '5', currency: 'TEST' } }));
    assert.ok(same({ inputs: [...draft.inputs].reverse() }));
  });

  it('is another task with files under other names, on more members, or with other arguments', () => {
    const swapped = [
      { path: 'b', ...one },
      { path: 'a', ...two },
    ];
    assert.ok(!same({ inputs: swapped }));
    assert.ok(!same({ redundancy: 3 }));
    assert.ok(!same({ spec: { args: ['y'] } }));
    assert.ok(!same({ stdin: two }));
    assert.ok(!same({ module: two }));
  });
});

// What every ledger behind SettlementPort must do; settlement.test.ts runs it over each.

import assert from 'node:assert/strict';
import type { PostingOrder, SettlementPort } from '../../../node/payments/index.ts';
import { agentAccount, feesAccount, issuanceAccount } from '../../../protocol/ledger/index.ts';
import { refused } from '../../support/agents.ts';

/** A ledger under test: two agents whose keys it has, and a way to start it again on what it kept. */
export interface LedgerUnderTest {
  readonly ledger: SettlementPort;
  readonly agents: readonly [string, string];
  /** The same ledger after a restart; the old one is not used any more. */
  reopen(): Promise<SettlementPort>;
  close(): Promise<void>;
}

/** Most that the ledgers under test let one agent issue. */
export const ISSUE_MAX = 1_000n;

/** The suite. */
export function settlementSuite(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`settlement port: ${name}`, () => {
    let under: LedgerUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.close());
    const order = (changes: Partial<PostingOrder> = {}): PostingOrder => ({
      by: under.agents[0],
      name: 'first',
      kind: 'issue',
      currency: 'TEST',
      to: [{ account: agentAccount(under.agents[0]), amount: 600n }],
      memo: '',
      ...changes,
    });
    const give = (name: string, amount: bigint) =>
      order({ name, kind: 'transfer', to: [{ account: agentAccount(under.agents[1]), amount }] });

    it('issues within its bound, from an account that shows it', async () => {
      const [a] = under.agents;
      assert.equal(await under.ledger.post(order()), 'entered');
      assert.equal(under.ledger.balance(agentAccount(a), 'TEST'), 600n);
      assert.equal(under.ledger.balance(issuanceAccount(a), 'TEST'), -600n);
      await assert.rejects(under.ledger.post(order({ name: 'second' })), refused('FUNDS_MISSING'));
      assert.equal(under.ledger.balance(agentAccount(a), 'OTHER'), 0n);
    });

    it('counts a posting once under its name, and refuses another under it', async () => {
      await under.ledger.post(order());
      assert.equal(await under.ledger.post(order()), 'known');
      const other = order({ to: [{ account: agentAccount(under.agents[0]), amount: 1n }] });
      await assert.rejects(under.ledger.post(other), refused('LEDGER_CONFLICT'));
      assert.equal(under.ledger.available(under.agents[0], 'TEST'), 600n);
      assert.equal(under.ledger.postings(10).length, 1);
    });

    it('takes no more than there is, and nothing that moves nothing', async () => {
      const [a, b] = under.agents;
      await under.ledger.post(order());
      await under.ledger.post(give('one', 400n));
      await assert.rejects(under.ledger.post(give('two', 201n)), refused('FUNDS_MISSING'));
      await assert.rejects(under.ledger.post(give('zero', 0n)), refused('LEDGER_UNBALANCED'));
      await assert.rejects(under.ledger.post(give('back', -5n)), refused('LEDGER_UNBALANCED'));
      const fee = order({ name: 'fee', kind: 'fee', to: [{ account: feesAccount(b), amount: 200n }] });
      await under.ledger.post(fee);
      assert.deepEqual(
        [agentAccount(a), agentAccount(b), feesAccount(b)].map((account) =>
          under.ledger.balance(account, 'TEST'),
        ),
        [0n, 400n, 200n],
      );
    });

    it('posts at once what comes at once, without losing count', async () => {
      await under.ledger.post(order());
      const outcomes = await Promise.allSettled(
        [...Array(12).keys()].map((n) => under.ledger.post(give(`n-${n}`, 60n))),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 10);
      assert.equal(under.ledger.available(under.agents[0], 'TEST'), 0n);
    });

    it('balances, and is the same after a restart', async () => {
      await under.ledger.post(order());
      await under.ledger.post(give('one', 250n));
      const before = under.ledger.balances();
      const entries = under.ledger
        .entries(agentAccount(under.agents[0]), 10)
        .map(({ amount, balance }) => [amount, balance]);
      assert.deepEqual(entries, [
        [600n, 600n],
        [-250n, 350n],
      ]);
      const again = await under.reopen();
      assert.deepEqual(again.balances(), before);
      const report = again.verify();
      assert.deepEqual(
        [report.ok, report.overdrawn, report.sums],
        [true, [], [{ currency: 'TEST', sum: 0n }]],
      );
      assert.equal(await again.post(give('one', 250n)), 'known');
    });
  });
}

// Two real nodes: a channel is opened, twenty steps are paid, one node is stopped in the middle and started again; then the payer cheats with an
// old state and pays for it, on both ledgers alike.

import assert from 'node:assert/strict';
import type { RunningNode } from '../../../node/index.ts';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import { encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { timeText } from '../../../protocol/fields/index.ts';
import { agentAccount, escrowAccount } from '../../../protocol/ledger/index.ts';
import {
  CHANNEL_CLOSE_PREDICATE,
  type ChannelClosePredicate,
  signAgentStatement,
} from '../../../protocol/statement/index.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { issueMoney } from '../../support/money.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const FUNDS = 1_000_000n;
const TERMS = { escrow: 1_000n, step: 50n, penalty: 100n, disputeSeconds: 2 };
const WAIT_MS = 60_000;

const publish = async ({ node }: RunningNode, name: string) =>
  (await node.cards.publish(draft(name) as never)).agentId;

const balance = ({ node }: RunningNode, agentId: string) =>
  node.payments.ledger.balance(agentAccount(agentId), 'TEST');

async function twoNodes(nodes: TestNodes) {
  const a = await nodes.start('a');
  const b = await nodes.start('b', { join: [addressOf(a)] });
  const [payer, payee] = [await publish(a, 'payer'), await publish(b, 'payee')];
  await issueMoney(a, payer, FUNDS);
  await eventually(
    'cards and money to be known',
    WAIT_MS,
    async () => a.node.book.get(payee) !== undefined && balance(b, payer) === FUNDS,
  );
  return { a, b, payer, payee };
}

/** Appends a statement of the payer that its own node would never make. */
async function cheat({ node }: RunningNode, payer: string, body: Partial<ChannelClosePredicate>) {
  const agent = node.vault.get(payer);
  const predicate = {
    issuedAt: timeText(Math.floor(Date.now() / 1_000) * 1_000),
    update: null,
    ack: null,
    agreement: null,
    claims: [],
    ...body,
  } as never;
  await node.ownLog.append(
    signAgentStatement({
      predicateType: CHANNEL_CLOSE_PREDICATE,
      predicate,
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
    }),
  );
}

describe('payments between two nodes', function () {
  this.timeout(300_000);

  it('pays step by step through a restart; an old state loses and costs its poster', async () => {
    await using nodes = new TestNodes();
    let { a, b, payer, payee } = await twoNodes(nodes);
    const opened = await a.node.payments.channels.open({ payer, payee, currency: 'TEST', ...TERMS });
    const { channel } = opened.terms;
    for (let step = 1; step <= 10; step++)
      await a.node.payments.channels.pay(channel, { task: null, amount: 7n, reference: `step-${step}` });
    const old = a.node.payments.sides.get(channel, 'payer')!;
    assert.equal(old.newest?.paid, 70n);
    await nodes.stop('b');
    await assert.rejects(
      a.node.payments.channels.pay(channel, { task: null, amount: 7n, reference: 'step-11' }),
      (error: { code?: string }) => error.code === 'PEER_UNREACHABLE',
    );
    b = await nodes.start('b', { join: [addressOf(a)] });
    // The eleventh stands, and goes with the next.
    await eventually('the payee to answer again', WAIT_MS, async () => {
      try {
        await a.node.payments.channels.flush(channel);
        return true;
      } catch {
        return false;
      }
    });
    for (let step = 12; step <= 20; step++)
      await a.node.payments.channels.pay(channel, { task: null, amount: 7n, reference: `step-${step}` });
    assert.equal(b.node.payments.sides.get(channel, 'payee')?.newest?.paid, 140n);
    assert.equal(b.node.payments.ledger.balance(escrowAccount(channel), 'TEST'), 1_000n);

    await cheat(a, payer, {
      channel,
      kind: 'unilateral',
      update: toBase64(encodeEnvelope(old.newest!.envelope)),
      ack: toBase64(encodeEnvelope(old.ack!.envelope)),
    });
    await eventually('the channel to be settled on both', WAIT_MS, async () =>
      [a, b].every((node) => node.node.payments.ledger.balance(escrowAccount(channel), 'TEST') === 0n),
    );
    for (const node of [a, b]) {
      assert.equal(balance(node, payer), FUNDS - 240n, 'what was paid, and the penalty');
      assert.equal(balance(node, payee), 240n);
      const report = node.node.payments.ledger.verify();
      assert.deepEqual([report.ok, report.overdrawn], [true, []]);
    }
    const side = b.node.payments.sides.get(channel, 'payee')!;
    assert.deepEqual(
      side.postings.map(({ by, kind }) => `${by} ${kind}`).filter((text) => !text.endsWith('settle')),
      ['payer unilateral', 'payee dispute'],
    );
  });

  it('ends at once when both sign; the payer opens no more than it has', async () => {
    await using nodes = new TestNodes();
    const { a, b, payer, payee } = await twoNodes(nodes);
    await assert.rejects(
      a.node.payments.channels.open({ payer, payee, currency: 'TEST', ...TERMS, escrow: FUNDS + 1n }),
      (error: { code?: string }) => error.code === 'FUNDS_MISSING',
    );
    const { terms } = await a.node.payments.channels.open({ payer, payee, currency: 'TEST', ...TERMS });
    const offer = { task: 'job-1', amount: 40n, condition: null };
    await a.node.payments.channels.offer(terms.channel, offer);
    const cover = { payer, payee, currency: 'TEST', ...offer };
    assert.ok(b.node.payments.cover.covers(cover));
    assert.ok(!b.node.payments.cover.covers({ ...cover, amount: 41n }));
    await b.node.payments.cover.begin(cover);
    await assert.rejects(
      a.node.payments.channels.withdraw(terms.channel, 'job-1'),
      (error: { code?: string }) => error.code === 'CHANNEL_REFUSED',
    );
    await b.node.payments.cover.done(terms.channel, 'job-1', 33n, 'receipt-1');
    await Promise.all([
      a.node.payments.channels.pay(terms.channel, { task: 'job-1', amount: 33n, reference: 'receipt-1' }),
      a.node.payments.channels.offer(terms.channel, { task: 'job-2', amount: 10n, condition: null }),
    ]);
    await a.node.payments.channels.pay(terms.channel, { task: 'job-1', amount: 33n, reference: 'receipt-1' });
    await a.node.payments.channels.withdraw(terms.channel, 'job-2');
    await b.node.payments.channels.close(terms.channel, 'payee', false);
    await eventually('the channel to be settled on both', WAIT_MS, async () =>
      [a, b].every((node) => balance(node, payee) === 33n && balance(node, payer) === FUNDS - 33n),
    );
    await eventually(
      'both sides to know',
      WAIT_MS,
      async () =>
        a.node.payments.sides.get(terms.channel, 'payer')?.phase === 'settled' &&
        b.node.payments.sides.get(terms.channel, 'payee')?.phase === 'settled',
    );
  });

  it('serves the command line: two agents of one node', async () => {
    await using nodes = new TestNodes();
    const running = await nodes.start('a');
    const [payer, payee] = [await publish(running, 'payer'), await publish(running, 'payee')];
    const ask = async <T>(...args: string[]) => await zerostateJson<T>([...args, '--home', nodes.home('a')]);
    await ask('ledger', 'issue', '5000', '--currency', 'TEST', '--by', payer);
    const amounts = ['--escrow', '1000', '--step', '50', '--penalty', '100'];
    const open = ['channel', 'open', payee, '--payer', payer, '--currency', 'TEST', ...amounts];
    const { channel } = await ask<{ channel: string }>(...open);
    const paid = await ask<{ paid: string; acknowledged: number }>(
      'channel',
      'pay',
      channel,
      '45',
      '--for',
      'metering',
    );
    assert.deepEqual([paid.paid, paid.acknowledged], ['45', 1]);
    const over = await zerostate(['channel', 'pay', channel, '51', '--for', 'x', '--home', nodes.home('a')]);
    assert.deepEqual([over.code, /OVER_STEP/.test(over.stderr)], [3, true]);
    await ask('channel', 'close', channel.slice(-12));
    await eventually('the payee to have it', WAIT_MS, async () => balance(running, payee) === 45n);
    const { balances } = await ask<{ balances: { name: string; amount: string }[] }>(
      'ledger',
      'balance',
      'agent:',
    );
    assert.deepEqual(balances.map(({ name, amount }) => `${name} ${amount}`).sort(), [
      'payee 45',
      'payer 4955',
    ]);
    const report = await ask<{ ok: boolean; postings: number }>('ledger', 'verify');
    assert.deepEqual([report.ok, report.postings], [true, 3]);
    const shown = await zerostate(['channel', 'show', channel, '--home', nodes.home('a')]);
    assert.match(shown.stdout, /settled/);
  });
});

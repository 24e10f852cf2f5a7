// The ledger that the statements of all logs amount to: nothing comes out of nothing, nothing is taken twice, and the order of arrival changes nothing.

import assert from 'node:assert/strict';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import {
  POSTINGS_PER_SIDE_MAX,
  type Side,
  signUpdate,
  type Terms,
  termsOf,
  type Update,
} from '../../../protocol/channel/index.ts';
import { encodeEnvelope } from '../../../protocol/envelope/index.ts';
import {
  ACCOUNTS_MAX,
  agentAccount,
  Book,
  escrowAccount,
  issuanceAccount,
  NetworkLedger,
  RECEIPTS_MAX,
  WAITING_MAX,
} from '../../../protocol/ledger/index.ts';
import {
  type AgentStatement,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  type ChannelClosePredicate,
  LEDGER_POSTING_PREDICATE,
  RECEIPT_PREDICATE,
} from '../../../protocol/statement/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import {
  AGENTS,
  CURRENCY,
  DISPUTE_MS,
  MANIFEST,
  nonceOf,
  openingOf,
  receiptOfTask,
  START_MS,
  say,
} from '../../support/channel-world.ts';

const MAX = 1_000n;
const [PAYER, PAYEE] = [AGENTS.payer.agentId, AGENTS.payee.agentId];
const STRANGER = makeAgent(70).agentId;
const ledgerOf = (...statements: readonly AgentStatement[]): NetworkLedger => {
  const ledger = new NetworkLedger({ issuable: () => MAX });
  for (const one of statements) ledger.apply(one);
  return ledger;
};
/** What an agent has. */
const has = (ledger: NetworkLedger, agent: string, currency = CURRENCY) =>
  ledger.book.balance(agentAccount(agent), currency);

type Kind = 'issue' | 'transfer' | 'fee';
function post(
  side: Side,
  posting: string,
  kind: Kind,
  lines: readonly [string, bigint][],
  currency = CURRENCY,
) {
  const text = lines.map(([account, amount]) => ({ account, amount: String(amount) }));
  return say(
    side,
    LEDGER_POSTING_PREDICATE,
    { posting, kind, currency, lines: text, memo: '' } as never,
    START_MS,
  );
}
const issue = (side: Side, amount: bigint, name = 'faucet', currency = CURRENCY) => {
  const { agentId } = AGENTS[side];
  const lines: [string, bigint][] = [
    [issuanceAccount(agentId), -amount],
    [agentAccount(agentId), amount],
  ];
  return post(side, name, 'issue', lines, currency);
};
const give = (side: Side, to: string, amount: bigint, name: string, currency = CURRENCY) => {
  const lines: [string, bigint][] = [
    [agentAccount(AGENTS[side].agentId), -amount],
    [agentAccount(to), amount],
  ];
  return post(side, name, 'transfer', lines, currency);
};

/** A channel of the two, another for each number. */
function channelOf(number: number, deposit = '0') {
  const open = openingOf({
    currency: CURRENCY,
    escrow: '300',
    deposit,
    step: '50',
    penalty: '100',
    disputeSeconds: DISPUTE_MS / 1_000,
    nonce: nonceOf(number),
  });
  const terms = termsOf(open);
  const accept = say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: terms.channel }, START_MS);
  return { open, terms, accept };
}
const updateOf = (terms: Terms, version: number, paid: bigint, offers: Update['offers'] = []) =>
  signUpdate(terms, { version, paid, offers, pays: [] }, AGENTS.payer.operational);

/** A step towards the end, `after` its beginning. */
function close(
  side: Side,
  { channel }: Terms,
  kind: ChannelClosePredicate['kind'],
  update: Update | null,
  claims: ChannelClosePredicate['claims'] = [],
  after = 0,
) {
  const text = update === null ? null : toBase64(encodeEnvelope(update.envelope));
  return say(
    side,
    CHANNEL_CLOSE_PREDICATE,
    { channel, kind, update: text, ack: null, agreement: null, claims },
    START_MS + after,
  );
}
const settle = (side: Side, terms: Terms) => close(side, terms, 'settle', null, [], DISPUTE_MS);

/** Every order of two logs in which each keeps its own. */
function orders<T>(a: readonly T[], b: readonly T[]): T[][] {
  if (a.length === 0 || b.length === 0) return [[...a, ...b]];
  return [
    ...orders(a.slice(1), b).map((rest) => [a[0]!, ...rest]),
    ...orders(a, b.slice(1)).map((rest) => [b[0]!, ...rest]),
  ];
}

describe('protocol/ledger: what agents post', () => {
  it('is issued up to a bound in all, and counts once', () => {
    const ledger = ledgerOf(issue('payer', MAX - 1n), issue('payer', 1n, 'more'));
    assert.throws(() => ledger.apply(issue('payer', 1n, 'again')), refused('FUNDS_MISSING'));
    ledger.apply(issue('payer', MAX - 1n));
    assert.equal(has(ledger, PAYER), MAX);
    assert.throws(() => ledger.apply(issue('payer', 2n, 'more')), refused('FUNDS_MISSING'));
    assert.throws(
      () => ledgerOf(issue('payer', 5n), issue('payer', 6n)),
      refused('LEDGER_CONFLICT'),
      'one name, two words',
    );
    // The names of one agent are not those of another.
    assert.equal(has(ledgerOf(issue('payer', 5n), issue('payee', 6n)), PAYEE), 6n);
  });

  it('comes out of the own account, and an issue alone out of nothing', () => {
    const [own, other, issued] = [agentAccount(PAYER), agentAccount(PAYEE), issuanceAccount(PAYER)];
    const wrong: [Kind, [string, bigint][], string][] = [
      ['transfer', [[other, -5n], [own, 5n]], 'STATEMENT_INVALID'],
      ['transfer', [[issued, -5n], [own, 5n]], 'STATEMENT_INVALID'],
      ['fee', [[issued, -5n], [other, 5n]], 'STATEMENT_INVALID'],
      ['issue', [[own, -5n], [other, 5n]], 'STATEMENT_INVALID'],
      ['issue', [[issuanceAccount(PAYEE), -5n], [own, 5n]], 'STATEMENT_INVALID'],
      ['transfer', [[own, -5n], [issuanceAccount(PAYEE), 5n]], 'STATEMENT_INVALID'],
      ['transfer', [[own, -5n], [other, 6n]], 'LEDGER_UNBALANCED'],
      ['transfer', [[own, -5n], [other, 4n], [other, 1n]], 'LEDGER_UNBALANCED'],
    ]; // biome-ignore format: one line each
    const ledger = ledgerOf(issue('payer', 100n), issue('payee', 100n));
    for (const [i, [kind, lines, code]] of wrong.entries())
      assert.throws(() => ledger.apply(post('payer', `wrong-${i}`, kind, lines)), refused(code as never));
    assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE)], [100n, 100n]);
    // What it issued it may take back, and issue again.
    ledger.apply(post('payer', 'back', 'transfer', [[own, -100n], [issued, 100n]])); // biome-ignore format: as above
    assert.equal(has(ledger, PAYER), 0n);
    ledger.apply(issue('payer', MAX, 'again'));
  });

  it('waits until the account covers it, and so does what comes behind it, in its order', () => {
    const ledger = ledgerOf(issue('payer', 10n));
    for (const one of [give('payer', PAYEE, 11n, 'a'), give('payer', STRANGER, 10n, 'b')]) ledger.apply(one);
    assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE), has(ledger, STRANGER)], [10n, 0n, 0n]);
    assert.equal(ledger.waiting(agentAccount(PAYER)).length, 2);
    ledger.apply(give('payer', PAYEE, 3n, 'other', 'OTHER'));
    assert.deepEqual([ledger.available(PAYER, CURRENCY), ledger.available(PAYER, 'OTHER')], [-11n, -3n]);
    ledger.apply(issue('payer', 1n, 'one'));
    assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE), has(ledger, STRANGER)], [0n, 11n, 0n]);
    ledger.apply(issue('payer', 10n, 'ten'));
    assert.deepEqual([has(ledger, STRANGER), ledger.waiting(agentAccount(PAYER)).length], [10n, 1]);
    ledger.apply(issue('payer', 3n, 'three', 'OTHER'));
    assert.deepEqual([has(ledger, PAYEE, 'OTHER'), ledger.waiting(agentAccount(PAYER)).length], [3n, 0]);
  });

  it('does not stop what waits behind it by turning out to be wrong', () => {
    const ledger = ledgerOf(
      give('payer', PAYEE, 1n, 'one'),
      give('payer', PAYEE, 2n, 'one'),
      give('payer', PAYEE, 3n, 'two'),
    );
    ledger.apply(issue('payer', 10n));
    assert.deepEqual([has(ledger, PAYEE), has(ledger, PAYER)], [4n, 6n]);
  });
});

describe('protocol/ledger: channels', () => {
  it('are there when their escrow is, and their payee’s deposit counts when it is locked', () => {
    const { accept, open, terms } = channelOf(1, '50');
    const ledger = ledgerOf(issue('payer', 299n), open);
    const locked = () => ledger.book.balance(escrowAccount(terms.channel), CURRENCY);
    assert.deepEqual([ledger.channel(terms.channel), locked()], [undefined, 0n]);
    assert.deepEqual(ledger.apply(accept), [], 'it waits for the opening');
    ledger.apply(issue('payer', 1n, 'more'));
    assert.deepEqual([ledger.channel(terms.channel)?.accepted, locked()], [false, 300n]);
    const news = ledger.apply(issue('payee', 50n));
    assert.deepEqual([news.map(({ type }) => type), locked(), has(ledger, PAYEE)], [['accepted'], 350n, 0n]);
    const again = say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: terms.channel }, START_MS + 5_000);
    assert.deepEqual([ledger.apply(again), locked()], [[], 350n]);
    assert.deepEqual(ledger.waiting(agentAccount(PAYEE)), [], 'nothing is locked twice');
  });

  it('are of their two sides alone', () => {
    const { open, terms } = channelOf(1);
    const ledger = ledgerOf(issue('payer', 300n), open);
    const foreign = [
      say('payer', CHANNEL_ACCEPT_PREDICATE, { channel: terms.channel }, START_MS),
      { ...close('payer', terms, 'unilateral', null), issuer: STRANGER } as AgentStatement,
    ];
    for (const one of foreign) assert.throws(() => ledger.apply(one), refused('STATEMENT_INVALID'));
    const { accepted, postings } = ledger.channel(terms.channel)!;
    assert.deepEqual([accepted, postings], [false, []]);
  });

  it('take so many words of each side, and the others are still heard', () => {
    const { open, terms } = channelOf(1);
    const ledger = ledgerOf(issue('payer', 300n), open);
    for (let n = 0; n < POSTINGS_PER_SIDE_MAX; n++)
      ledger.apply(close('payer', terms, 'unilateral', null, [], n * 1_000));
    assert.deepEqual(ledger.apply(settle('payer', terms)), []);
    assert.equal(ledger.apply(close('payee', terms, 'dispute', null)).length, 1);
    assert.equal(ledger.channel(terms.channel)?.postings.length, POSTINGS_PER_SIDE_MAX + 1);
  });

  it('pay out once, what came later beside it, and let go what waited for it', () => {
    const { accept, open, terms } = channelOf(1, '50');
    const [old, newest] = [updateOf(terms, 1, 10n), updateOf(terms, 2, 40n)];
    const payers = [
      issue('payer', 300n),
      open,
      close('payer', terms, 'unilateral', old),
      settle('payer', terms),
    ];
    const payees = [issue('payee', 50n), accept, close('payee', terms, 'dispute', newest)];
    for (const order of orders<AgentStatement>(payers, payees)) {
      const ledger = ledgerOf(...order);
      // 40, its deposit, and the penalty for the old state.
      assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE)], [160n, 190n]);
      assert.equal(ledger.book.balance(escrowAccount(terms.channel), CURRENCY), 0n);
      assert.ok(ledger.book.verify().ok);
      assert.deepEqual(
        ledger.apply(settle('payee', terms)).map(({ type }) => type),
        ['posted'],
      );
      assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE)], [160n, 190n]);
    }
    const bare = channelOf(2);
    const ended = ledgerOf(
      give('payee', STRANGER, 40n, 'rent'),
      issue('payer', 300n),
      bare.open,
      bare.accept,
    );
    for (const one of [
      close('payer', bare.terms, 'unilateral', updateOf(bare.terms, 1, 40n)),
      settle('payer', bare.terms),
    ])
      ended.apply(one);
    assert.deepEqual([has(ended, STRANGER), has(ended, PAYEE), has(ended, PAYER)], [40n, 0n, 260n]);
  });

  it('pay what was claimed when its receipt comes, each that was claimed by it, whatever came first', () => {
    const { id: receipt } = receiptOfTask(1);
    const offers = [{ task: 'task-1', amount: 30n, condition: MANIFEST }];
    const [a, b] = [channelOf(1), channelOf(2)];
    const claims = [{ task: 'task-1', receipt }];
    const closes = [a, b].map(({ terms }) =>
      close('payee', terms, 'unilateral', updateOf(terms, 1, 0n, offers), claims),
    );
    const payers = [issue('payer', 600n), a.open, b.open, settle('payer', a.terms), settle('payer', b.terms)];
    const payees = [a.accept, b.accept, ...closes, receiptOfTask(1)];
    for (const order of orders<AgentStatement>(payers, payees)) {
      const ledger = ledgerOf(...order);
      assert.deepEqual([has(ledger, PAYER), has(ledger, PAYEE)], [540n, 60n]);
    }
  });
});

describe('protocol/ledger: its bounds', () => {
  const fake = (predicateType: string, id: string, predicate: unknown) =>
    ({ predicateType, id, issuer: PAYEE, statement: { predicate } }) as unknown as AgentStatement;
  const early = (id: number) => fake(CHANNEL_ACCEPT_PREDICATE, `early ${id}`, { channel: `c${id}` });

  it('so many statements wait, for an opening or for money, and what has come waits no more', () => {
    const { accept, open } = channelOf(1);
    const ledger = ledgerOf(accept, give('payee', STRANGER, 1n, 'rent'));
    for (let id = 2; id < WAITING_MAX; id++) ledger.apply(early(id));
    assert.throws(() => ledger.apply(early(0)), refused('LIMIT_EXCEEDED'));
    for (const one of [issue('payer', 300n), open, issue('payee', 1n)]) ledger.apply(one);
    for (const id of [-1, -2]) ledger.apply(early(id));
    assert.throws(() => ledger.apply(early(-3)), refused('LIMIT_EXCEEDED'));
  });

  it('who has most that waits gives way to who has less, and may come again', () => {
    const ledger = ledgerOf();
    for (let id = 0; id < WAITING_MAX; id++) ledger.apply(early(id));
    ledger.apply(give('payer', STRANGER, 1n, 'rent'));
    assert.equal(ledger.waiting(agentAccount(PAYER)).length, 1);
    assert.throws(() => ledger.apply(early(WAITING_MAX - 1)), refused('LIMIT_EXCEEDED'), 'it has given way');
    ledger.apply(early(0));
    ledger.apply(issue('payer', 1n));
    assert.equal(has(ledger, STRANGER), 1n);
    ledger.apply(early(WAITING_MAX - 1));
    assert.throws(() => ledger.apply(early(-1)), refused('LIMIT_EXCEEDED'), 'it waits again');
  });

  it('so many accounts are kept, and what would be one too many changes nothing', () => {
    const book = new Book();
    const lines = Array.from({ length: ACCOUNTS_MAX - 1 }, (_, n) => ({ account: `a${n}`, amount: 1n }));
    const posting = (id: string, account: string, more: typeof lines) => ({
      id,
      kind: 'transfer' as const,
      currency: CURRENCY,
      lines: [{ account, amount: BigInt(-more.length) }, ...more],
      memo: '',
      sources: [],
      atMs: 0,
    });
    book.enter(posting('first', 'giver', lines));
    const more = posting('more', 'another', lines.slice(0, 1));
    assert.throws(() => book.enter(more), refused('LIMIT_EXCEEDED'));
    assert.deepEqual([book.size, book.balance('a0', CURRENCY), book.has('more')], [1, 1n, false]);
    book.enter(posting('again', 'giver', lines.slice(0, 1)));
    assert.equal(book.balance('a0', CURRENCY), 2n);
  });

  it('the oldest receipts are forgotten, and those that a close has named are not', () => {
    const { id } = receiptOfTask(1);
    const { open, terms } = channelOf(1);
    const claims = [{ task: 'task-1', receipt: id }];
    const ledger = ledgerOf(
      issue('payer', 300n),
      open,
      receiptOfTask(1),
      receiptOfTask(2),
      close('payee', terms, 'unilateral', null, claims),
    );
    const observed = { requester: PAYER, taskId: 'task', manifestDigest: MANIFEST };
    for (let n = 0; n < RECEIPTS_MAX; n++)
      ledger.apply(fake(RECEIPT_PREDICATE, `receipt ${n}`, { observed }));
    assert.equal(ledger.receipt(id)?.task, 'task-1');
    assert.equal(ledger.receipt(receiptOfTask(2).id), undefined);
    assert.equal(ledger.receipt('receipt 0')?.task, 'task');
  });
});

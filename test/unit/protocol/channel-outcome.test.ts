// How a channel ends by what was posted: nobody gets what was not locked, and the order of the postings changes nothing.

import assert from 'node:assert/strict';
import {
  type Ack,
  capacityOf,
  cheatingOf,
  type Offer,
  outcomeOf,
  type Posting,
  type ReceiptFacts,
  type Side,
  signAck,
  signClosing,
  signUpdate,
  type Terms,
  type Update,
} from '../../../protocol/channel/index.ts';
import { AGENTS, MANIFEST, postedBy, TERMS } from '../../support/channel-world.ts';

const NONE = () => undefined;
const FACTS: ReceiptFacts = {
  executor: TERMS.payee,
  requester: TERMS.payer,
  task: 'task-1',
  manifestDigest: MANIFEST,
};
const CLAIM = { task: 'task-1', receipt: 'receipt' };
const offer: Offer = { task: 'task-1', amount: 30n, condition: MANIFEST };
const update = (version: number, paid: bigint, offers: readonly Offer[] = []): Update =>
  signUpdate(TERMS, { version, paid, offers, pays: [] }, AGENTS.payer.operational);
const ackOf = (of: Update): Ack => signAck(TERMS, of, AGENTS.payee.operational);

/** What the payee has at the end beside its deposit, the same in both orders, of which nothing came or went. */
function shareOf(
  postings: readonly Posting[],
  { accepted = true, receipts = NONE as (id: string) => ReceiptFacts | undefined, terms = TERMS } = {},
): bigint {
  const locked = terms.escrow + (accepted ? terms.deposit : 0n);
  const [there, back] = [postings, [...postings].reverse()].map((order) => {
    const { payee, payer } = outcomeOf(terms as Terms, order, accepted, receipts);
    assert.ok(payer >= 0n && payee >= 0n, `${payer} and ${payee}`);
    assert.equal(payer + payee, locked);
    return payee - (accepted ? terms.deposit : 0n);
  }) as [bigint, bigint];
  assert.equal(there, back);
  return there;
}

describe('protocol/channel: what is locked is all there is', () => {
  const capacity = capacityOf(TERMS);

  it('whatever a payer signs: it pays with its escrow less the penalty, alone or together', () => {
    const lavish = update(1, 10n * TERMS.escrow);
    assert.equal(shareOf([postedBy('payee', 'unilateral', lavish)]), capacity);
    const agreement = signClosing(TERMS, { version: 1, paid: 10n * TERMS.escrow }, AGENTS.payer.operational);
    assert.equal(shareOf([postedBy('payee', 'cooperative', null, { agreement })]), capacity);
    const promised = update(1, capacity - 1n, [offer]);
    const claim = postedBy('payee', 'unilateral', promised, { claims: [CLAIM] });
    assert.equal(shareOf([claim], { receipts: () => FACTS }), capacity);
  });

  it('a payee loses what it has, and no more; a deposit that was not locked is nobody’s', () => {
    const [one, two] = [update(1, 0n), update(2, 5n)];
    const caught = [
      postedBy('payee', 'unilateral', one),
      postedBy('payer', 'dispute', two, { ack: ackOf(two) }),
    ];
    assert.equal(shareOf(caught), 5n - TERMS.penalty);
    assert.equal(shareOf(caught, { accepted: false }), 0n);
    assert.equal(shareOf(caught, { terms: { ...TERMS, deposit: 0n } }), 0n);
    assert.equal(shareOf([postedBy('payer', 'unilateral', two)], { accepted: false }), 5n);
  });
});

describe('protocol/channel: what a payee claims', () => {
  const close = postedBy('payer', 'unilateral', update(1, 20n, [offer]));
  const claimed = (
    facts: Partial<ReceiptFacts> | undefined,
    by: Side = 'payee',
    more: Partial<Posting> = {},
  ) =>
    shareOf([close, postedBy(by, 'dispute', null, { claims: [CLAIM, CLAIM], ...more })], {
      receipts: () => (facts === undefined ? undefined : { ...FACTS, ...facts }),
    });

  it('counts once, for a receipt of its own for the task, the manifest and the payer', () => {
    assert.equal(claimed({}), 50n);
    const again = postedBy('payee', 'dispute', null, { claims: [{ ...CLAIM, receipt: 'another' }] });
    const twice = [close, postedBy('payee', 'dispute', null, { claims: [CLAIM] }), again];
    assert.equal(shareOf(twice, { receipts: () => FACTS }), 50n);
    for (const other of [
      { executor: TERMS.payer },
      { requester: TERMS.payee },
      { requester: null },
      { task: 'task-2' },
      { manifestDigest: `sha256:${'8'.repeat(64)}` },
      { manifestDigest: null },
    ])
      assert.equal(claimed(other), 20n, JSON.stringify(other));
    assert.equal(claimed(undefined), 20n);
  });

  it('is claimed by nobody else, and not where nothing was asked to be run', () => {
    assert.equal(claimed({}, 'payer', { kind: 'settle' }), 20n);
    const free = postedBy('payer', 'unilateral', update(1, 20n, [{ ...offer, condition: null }]));
    const claim = postedBy('payee', 'dispute', null, { claims: [CLAIM] });
    assert.equal(shareOf([free, claim], { receipts: () => ({ ...FACTS, manifestDigest: null }) }), 20n);
  });

  it('stands by the update that it acknowledged, also when the payer shows a later one without it', () => {
    const [kept, dropped] = [update(1, 0n, [offer]), update(2, 0n)];
    const claim = postedBy('payee', 'dispute', kept, { ack: ackOf(kept), claims: [CLAIM] });
    const both = [postedBy('payer', 'unilateral', dropped), claim];
    assert.equal(shareOf(both, { receipts: () => FACTS }), 30n);
  });
});

describe('protocol/channel: which end counts', () => {
  const agreed = (version: number, paid: bigint, id: string) =>
    postedBy('payee', 'cooperative', null, {
      agreement: signClosing(TERMS, { version, paid }, AGENTS.payer.operational),
      id,
    });

  it('of several that were agreed on is the newest, and of one version always the same', () => {
    assert.equal(shareOf([agreed(1, 10n, 'b'), agreed(2, 20n, 'a')]), 20n);
    assert.equal(shareOf([agreed(2, 20n, 'b'), agreed(1, 10n, 'a')]), 20n);
    assert.equal(shareOf([agreed(2, 20n, 'b'), agreed(2, 30n, 'a')]), 30n);
  });

  it('is final by a word that says so, whatever else is dated later', () => {
    const isFinal = (kind: Posting['kind']) =>
      outcomeOf(
        TERMS,
        [
          postedBy('payer', 'unilateral', null),
          postedBy('payee', kind, null, { issuedAtMs: TERMS.disputeMs }),
        ],
        true,
        NONE,
      ).final;
    assert.deepEqual([isFinal('settle'), isFinal('dispute'), isFinal('unilateral')], [true, false, false]);
  });
});

describe('protocol/channel: the proof of a cheat', () => {
  it('holds what was old, and what shows that its side knew better', () => {
    const [one, two] = [update(1, 1n), update(2, 2n)];
    const noise = postedBy('payee', 'settle', null);
    const old = postedBy('payee', 'unilateral', one);
    const shown = postedBy('payer', 'dispute', two, { ack: ackOf(two) });
    assert.deepEqual(cheatingOf([noise, old, shown]), [{ side: 'payee', evidence: [old.id, shown.id] }]);
    const least = postedBy('payer', 'unilateral', one, { ack: ackOf(two) });
    assert.deepEqual(cheatingOf([noise, least]), [{ side: 'payer', evidence: [least.id] }]);
    // It has the acknowledgement of an update that it does not show.
    const before = postedBy('payer', 'unilateral', one);
    const slip = postedBy('payer', 'settle', null, { ack: ackOf(two) });
    assert.deepEqual(cheatingOf([before, slip]), [{ side: 'payer', evidence: [before.id, slip.id] }]);
  });
});

// Reputation: what earns, what costs, how it fades, and who may take it back.

import assert from 'node:assert/strict';
import { jobDigest } from '../../../protocol/receipt/index.ts';
import {
  assess,
  decayed,
  FLOOR_SUGGESTED,
  FlowNetwork,
  posterior,
  UNIT,
} from '../../../protocol/reputation/index.ts';
import { EVENTS_PER_PAIR_MAX } from '../../../protocol/reputation/limits.ts';
import { dayNumber, Evidence } from '../../support/evidence.ts';

const me = (evidence: Evidence, about: string, options: { day?: number; partners?: string[] } = {}) =>
  assess(
    evidence.book(),
    { own: ['me'], partners: options.partners ?? [], day: dayNumber(options.day ?? 0) },
    about,
  );

describe('reputation', () => {
  it('an accepted task earns one unit; the receipt alone, or another’s acceptance, nothing', () => {
    const evidence = new Evidence();
    evidence.receipt('idle', 'me');
    evidence.accept(evidence.receipt('stolen', 'me'), 'other');
    evidence.accept(evidence.receipt('anonymous', null), 'me');
    evidence.completed('good', 'me');
    evidence.completed('vain', 'vain');
    for (const name of ['idle', 'stolen', 'anonymous', 'vain'])
      assert.equal(me(evidence, name).status, 'unproven', name);
    const { good, bad, status, terms } = me(evidence, 'good');
    assert.deepEqual({ good, bad, status }, { good: UNIT, bad: 0, status: 'rated' });
    assert.deepEqual(
      terms.map(({ source, rater, events }) => ({ source, rater, events })),
      [{ source: 'own', rater: 'me', events: 1 }],
    );
  });

  it('one receipt earns once, however often it is accepted', () => {
    const evidence = new Evidence();
    const receipt = evidence.receipt('good', 'me');
    for (let i = 0; i < 5; i++) evidence.accept(receipt, 'me');
    assert.equal(me(evidence, 'good').good, UNIT);
  });

  it('of one agent about another the newest events are kept, the newest first, in whatever order they came', () => {
    const evidence = new Evidence();
    const ids = Array.from({ length: EVENTS_PER_PAIR_MAX + 9 }, (_, i) =>
      // Two of each day.
      evidence.receipt('good', 'me', { day: i >> 1 }),
    );
    // 31 and the count have no common divisor: every receipt once, in no order.
    for (let i = 0; i < ids.length; i++) {
      const at = (i * 31) % ids.length;
      evidence.accept(ids[at]!, 'me', at >> 1);
    }
    const { good } = evidence.book().between('me', 'good');
    const newest = [...ids.entries()].sort(
      ([a, { id: x }], [b, { id: y }]) => (b >> 1) - (a >> 1) || (x < y ? -1 : 1),
    );
    assert.deepEqual(
      good.map(({ id }) => id),
      newest.slice(0, EVENTS_PER_PAIR_MAX).map(([, { id }]) => id),
    );
  });

  it('a divergence costs whoever stands against the majority, on the receipts themselves', () => {
    const evidence = new Evidence();
    const runs = ['a', 'b', 'odd'].map((name) =>
      evidence.receipt(name, 'me', { job: '7', result: name === 'odd' ? '9' : '6' }),
    );
    const job = jobDigest(runs[0]!.deterministic);
    evidence.compared('me', runs, job, runs[0]!.resultDigest);
    assert.equal(me(evidence, 'odd').bad, 4 * UNIT);
    assert.equal(me(evidence, 'a').status, 'unproven');
    const forged = new Evidence();
    const truths = ['a', 'b'].map((name) => forged.receipt(name, 'me', { job: '7' }));
    forged.compared(
      'me',
      [{ ...truths[0]!, resultDigest: 'sha256:no' }, truths[1]!],
      job,
      truths[1]!.resultDigest,
    );
    assert.equal(me(forged, 'a').status, 'unproven', 'the comparison misquotes a receipt');
  });

  it('two results of one job under one signature are proof for everybody, until an own agent or partner reverses it', () => {
    const evidence = new Evidence();
    const first = evidence.receipt('liar', 'x', { job: '7', result: '6' });
    evidence.receipt('liar', 'y', { job: '7', result: '9' });
    const slashed = me(evidence, 'liar');
    assert.equal(slashed.status, 'slashed');
    assert.equal(slashed.lower, 0);
    evidence.said('liar', 'liar', 'appeal', [first.id], 0);
    assert.equal(me(evidence, 'liar').terms[0]?.note, 'appealed');
    evidence.said('accomplice', 'liar', 'reversal', [first.id], 0);
    assert.equal(me(evidence, 'liar').status, 'slashed', 'not everybody may reverse');
    evidence.said('partner', 'liar', 'reversal', [first.id], 0);
    assert.equal(me(evidence, 'liar', { partners: ['partner'] }).status, 'unproven');
  });

  it('a crowd that objects crowds nobody out: whose word counts is heard after any number of strangers', () => {
    const evidence = new Evidence();
    const first = evidence.receipt('liar', 'x', { job: '7', result: '6' });
    evidence.receipt('liar', 'y', { job: '7', result: '9' });
    for (let n = 0; n < 200; n++) {
      evidence.said(`sybil-${n}`, 'liar', 'reversal', [first.id], 0);
      evidence.said(`sybil-${n}`, `sybil-${n}`, 'appeal', [first.id], 0);
    }
    assert.equal(me(evidence, 'liar').status, 'slashed');
    evidence.said('liar', 'liar', 'appeal', [first.id], 0);
    assert.equal(me(evidence, 'liar').terms[0]?.note, 'appealed');
    evidence.said('me', 'liar', 'reversal', [first.id], 0);
    assert.equal(me(evidence, 'liar').status, 'unproven');
  });

  it('whoever accused may take it back', () => {
    const evidence = new Evidence();
    const accusation = evidence.said('me', 'slow', 'relay-failed', [], -100);
    assert.ok(me(evidence, 'slow').bad > 0);
    evidence.said('me', 'slow', 'reversal', [accusation], 0);
    assert.equal(me(evidence, 'slow').bad, 0);
  });

  it('nobody is judged about a payment without something that it signed', () => {
    const evidence = new Evidence();
    const others = evidence.receipt('other', 'me');
    const its = evidence.receipt('debtor', 'me');
    evidence.said('me', 'debtor', 'payment-defaulted', [others.id], -100);
    assert.equal(me(evidence, 'debtor').bad, 0);
    evidence.said('me', 'debtor', 'payment-defaulted', [its.id], -100);
    assert.equal(me(evidence, 'debtor').bad, 4 * UNIT);
  });

  it('evidence halves in thirty days and ends after three hundred; what is dated ahead counts nothing yet', () => {
    assert.equal(decayed(UNIT, 0), UNIT);
    assert.equal(decayed(UNIT, 30), UNIT / 2);
    assert.equal(decayed(UNIT, 15), 707_106);
    assert.equal(decayed(UNIT, 301), 0);
    assert.equal(decayed(UNIT, -1), 0);
    const evidence = new Evidence();
    evidence.completed('good', 'me', 0);
    assert.equal(me(evidence, 'good', { day: 30 }).good, UNIT / 2);
    assert.equal(me(evidence, 'good', { day: -1 }).good, 0);
  });

  it('the bound: nothing known is 0, one word alone stays below the floor, ten accepted tasks of one’s own are above', () => {
    assert.deepEqual(posterior(0, 0), { score: UNIT / 2, lower: 0 });
    assert.ok(posterior(3 * UNIT, 0).lower < FLOOR_SUGGESTED);
    assert.ok(posterior(10 * UNIT, 0).lower > FLOOR_SUGGESTED);
    assert.ok(posterior(10 * UNIT, 4 * UNIT).lower < FLOOR_SUGGESTED);
  });

  it('flow is bounded by the narrowest cut', () => {
    const network = new FlowNetwork();
    for (const [from, to, capacity] of [
      ['s', 'a', 16],
      ['s', 'c', 13],
      ['c', 'a', 4],
      ['a', 'b', 12],
      ['b', 'c', 9],
      ['c', 'd', 14],
      ['d', 'b', 7],
      ['b', 't', 20],
      ['d', 't', 4],
    ] as const)
      network.add(from, to, capacity);
    assert.equal(network.maxFlow('s', 't'), 23, 'the network of Cormen et al., figure 26.1');
  });
});

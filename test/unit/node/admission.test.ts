// The admission decision, and the ledger that keeps it over time.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PENALTY_MS_FIRST, PENALTY_MS_LAST, WORK_CLASSES } from '../../../node/admission/decision.ts';
import {
  Admission,
  BUDGETS,
  decide,
  freshState,
  KINDS,
  Overload,
  RETRY_MS,
  type WorkClass,
} from '../../../node/admission/index.ts';
import { sheds } from '../../../node/admission/overload.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';

const log = createLogger({ level: 'silent', name: 'test' });

function ledger() {
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now, after: () => () => {} };
  return { time, admission: new Admission({ clock, log, metrics: createMetrics() }) };
}

describe('admission', () => {
  it('refuses what is over a budget, and serves again when it has refilled', () => {
    const { time, admission } = ledger();
    for (let i = 0; i < BUDGETS.streams.burst; i++) assert.equal(admission.charge('p', 'streams'), true);
    assert.equal(admission.charge('p', 'streams'), false);
    assert.equal(admission.charge('q', 'streams'), true, 'another peer is not touched');
    assert.deepEqual(
      [admission.standing('p').state, admission.standing('p').reason],
      ['limited', 'too many streams'],
    );
    time.now += 1_000;
    assert.equal(admission.charge('p', 'streams'), true);
  });

  it('shuts out who sends invalid objects, longer each time, and remembers it over reconnects', () => {
    const { time, admission } = ledger();
    const shutOut: string[] = [];
    admission.onPenalty((peer) => shutOut.push(peer));
    const fail = () => {
      for (let i = 0; i <= BUDGETS.failures.burst; i++) admission.failed('p');
    };
    fail();
    assert.deepEqual(shutOut, ['p']);
    assert.equal(admission.isPenalized('p'), true);
    assert.equal(admission.charge('p', 'messages'), false, 'nothing is served meanwhile');
    time.now += PENALTY_MS_FIRST;
    assert.equal(admission.isPenalized('p'), false);
    fail();
    time.now += PENALTY_MS_FIRST;
    assert.equal(admission.isPenalized('p'), true, 'the second time takes twice as long');
    assert.equal(admission.standing('p').strikes, 2);
  });

  it('a clock that is put back shuts nobody out for longer than the longest penalty', () => {
    const { time, admission } = ledger();
    const lane = { id: 'stop', perSecond: 1, burst: 5, sheds: 'urgent' } as const;
    time.now += 2 * PENALTY_MS_LAST;
    for (let i = 0; i <= BUDGETS.failures.burst; i++) admission.failed('p');
    const served = () => [
      admission.isPenalized('p'),
      admission.charge('p', 'messages'),
      admission.ask('p', lane),
    ];
    time.now -= 60_000;
    assert.deepEqual([...served(), admission.standing('p').state], [true, false, false, 'penalized']);
    time.now -= PENALTY_MS_LAST;
    assert.deepEqual(served(), [false, true, true]);
    const again = ledger();
    for (let i = 0; i <= 2 * BUDGETS.failures.burst; i++) again.admission.failed('p');
    assert.equal(again.admission.standing('p').strikes, 1, 'nor twice for the same');
  });

  it('a protocol has a bucket of its own in the same ledger: over it, the peer is refused and shown as limited', () => {
    const { time, admission } = ledger();
    const lane = { id: '/index', perSecond: 2, burst: 3 };
    assert.deepEqual(
      Array.from({ length: 5 }, () => admission.ask('p', lane)),
      [true, true, true, false, false],
    );
    const { state, reason, refused, left } = admission.standing('p');
    assert.deepEqual([state, reason, refused], ['limited', 'too many messages', 2]);
    assert.equal(left.messages, (BUDGETS.messages.burst - 3) / BUDGETS.messages.burst, 'charged once each');
    assert.equal(admission.ask('p', { ...lane, id: '/other' }), true, 'another protocol is not touched');
    assert.equal(admission.ask('q', lane), true, 'another peer is not touched');
    time.now += 500;
    assert.deepEqual([admission.ask('p', lane), admission.ask('p', lane)], [true, false]);
  });

  it('what is urgent is served to a peer that has used up everything else, within a budget of its own', () => {
    const { time, admission } = ledger();
    const lane = { id: '/control', perSecond: 2, burst: 3, sheds: 'urgent' } as const;
    admission.charge('p', 'bytes', BUDGETS.bytes.burst * 10);
    for (let i = 0; i < BUDGETS.messages.burst; i++) admission.charge('p', 'messages');
    assert.equal(admission.ask('p', { ...lane, id: '/other', sheds: 'timed' }), false);
    assert.deepEqual(
      Array.from({ length: 4 }, () => admission.ask('p', lane)),
      [true, true, true, false],
    );
    time.now += 500;
    assert.equal(admission.ask('p', lane), true);
    for (let i = 0; i <= BUDGETS.failures.burst; i++) admission.failed('p');
    time.now += 5_000;
    assert.equal(admission.ask('p', lane), false, 'but not to who is shut out');
  });

  it('sheds bulk first, then timed work, and what is urgent last; each says when to come back', () => {
    for (const lagMs of [0, 499, 500, 1_999, 2_000, 60_000]) {
      const load = { underWay: 0, lagMs };
      assert.deepEqual(
        WORK_CLASSES.map((work) => sheds(work, load)),
        [false, lagMs >= 2_000, lagMs >= 500],
      );
    }
    const metrics = createMetrics();
    const overload = new Overload({ metrics });
    const leaving: (() => void)[] = [];
    const fill = (work: WorkClass) => {
      for (let one = overload.enter(work); one !== undefined; one = overload.enter(work)) leaving.push(one);
      return leaving.length;
    };
    assert.deepEqual([fill('bulk'), fill('timed'), fill('urgent')], [512, 1_792, 2_048]);
    assert.deepEqual(
      WORK_CLASSES.map((work) => overload.enter(work)),
      [undefined, undefined, undefined],
    );
    for (const leave of leaving) leave();
    leaving[0]?.();
    assert.equal(overload.load.underWay, 0, 'whoever leaves twice is counted once');
    assert.ok(RETRY_MS.urgent < RETRY_MS.timed && RETRY_MS.timed < RETRY_MS.bulk);
  });

  it('writes a line of the log about a class that gives way, and no flood of them', () => {
    const lines: object[] = [];
    const clock = { now: () => time };
    let time = 1_000_000;
    const log = { warn: (fields: object) => lines.push(fields) } as never;
    const overload = new Overload({ metrics: createMetrics(), lagMs: () => 600, log, clock });
    for (let i = 0; i < 1_000; i++) overload.enter('bulk');
    assert.deepEqual(lines, [{ class: 'bulk', refused: 1, underWay: 0, lagMs: 600 }]);
    time += 10_000;
    overload.enter('bulk');
    assert.deepEqual(lines[1], { class: 'bulk', refused: 1_000, underWay: 0, lagMs: 600 });
    time -= 3_600_000;
    overload.enter('bulk');
    assert.equal(lines.length, 3, 'also after the clock was set back');
  });

  it('forgets strangers before those it shut out', () => {
    const { admission } = ledger();
    for (let i = 0; i <= BUDGETS.failures.burst; i++) admission.failed('bad');
    for (let i = 0; i < 5_000; i++) admission.charge(`stranger ${i}`, 'messages');
    assert.equal(admission.isPenalized('bad'), true);
    assert.equal(admission.list().length, 4_096);
  });

  it('counts bytes after they came: one huge message is a debt that is paid off', () => {
    const { time, admission } = ledger();
    assert.equal(admission.charge('p', 'bytes', BUDGETS.bytes.burst * 10), false);
    assert.equal(admission.charge('p', 'messages'), false, 'in debt, nothing more');
    time.now += (BUDGETS.bytes.burst / BUDGETS.bytes.perSecond) * 1_000 + 1;
    assert.equal(admission.charge('p', 'messages'), true);
  });

  it('never gives more than burst plus rate, whatever the order of charges and the clock', () => {
    const step = fc.record({
      kind: fc.constantFrom(...KINDS),
      amount: fc.integer({ min: 0, max: 2_000 }),
      ms: fc.integer({ min: -5_000, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = 1_000_000;
        let latest = now;
        let forward = 0;
        let state = freshState(now);
        let served = 0;
        for (const { kind, amount, ms } of steps) {
          now += ms;
          forward += Math.max(0, now - latest);
          latest = now;
          const outcome = decide(state, kind, amount, now);
          state = outcome.state;
          if (kind === 'messages' && outcome.verdict === 'accept') served += amount;
          assert.ok(state.until <= now + PENALTY_MS_LAST + 5_000 * steps.length);
          for (const one of KINDS) assert.ok(state.left[one] <= BUDGETS[one].burst);
        }
        assert.ok(served <= BUDGETS.messages.burst + (forward / 1_000) * BUDGETS.messages.perSecond + 1e-6);
      }),
    );
  });
});

// Leases: whatever is delayed, paused or crashes, a fenced thing never takes work of one holder after that of a later one, and tokens never repeat.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  grantLease,
  isHeld,
  type Lease,
  type LeaseState,
  NO_LEASE,
  passFence,
  releaseLease,
  renewLease,
} from '../../../protocol/lease/index.ts';

const TTL_MS = 100;
const step = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), worker: fc.nat(3), ms: fc.nat(150) }),
  fc.record({ kind: fc.constant('renew' as const), worker: fc.nat(3), ms: fc.nat(150) }),
  // What a worker sends may arrive long after.
  fc.record({ kind: fc.constant('work' as const), worker: fc.nat(3), ms: fc.nat(150) }),
  fc.record({ kind: fc.constant('arrive' as const), worker: fc.nat(30), ms: fc.nat(150) }),
  fc.record({ kind: fc.constant('release' as const), worker: fc.nat(3), ms: fc.nat(150) }),
  // The grantor crashes: it comes back with what was on disk. The clock may step back with it.
  fc.record({
    kind: fc.constant('crash' as const),
    worker: fc.nat(3),
    ms: fc.integer({ min: -300, max: 150 }),
  }),
);

describe('properties of protocol/lease', () => {
  it('no two holders are accepted by a fenced thing out of turn, under delays, pauses, crashes and clocks', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let now = 1_000;
        let state: LeaseState = NO_LEASE;
        let fence = 0;
        const believed = new Map<number, Lease>();
        const underway: number[] = [];
        const granted: number[] = [];
        const accepted: number[] = [];
        for (const { kind, ms, worker } of steps) {
          now += ms;
          const mine = believed.get(worker);
          if (kind === 'ask') {
            const before = state;
            state = grantLease(state, `worker ${worker}`, now, TTL_MS);
            if (state === before) assert.ok(isHeld(before, now));
            else {
              const lease = state.lease as Lease;
              believed.set(worker, lease);
              granted.push(lease.token);
            }
          } else if (kind === 'renew' && mine !== undefined) {
            const before = state;
            state = renewLease(state, mine.token, now, TTL_MS);
            if (state !== before) assert.equal(state.lease?.token, mine.token);
          } else if (kind === 'work' && mine !== undefined) underway.push(mine.token);
          else if (kind === 'arrive' && underway.length > 0) {
            const [token] = underway.splice(worker % underway.length, 1) as [number];
            const passed = passFence(fence, token);
            if (passed !== undefined) {
              fence = passed;
              accepted.push(token);
            }
          } else if (kind === 'release' && mine !== undefined) state = releaseLease(state, mine.token);
          else if (kind === 'crash') state = JSON.parse(JSON.stringify(state)) as LeaseState;
          assert.ok(state.lease === null || state.lease.token === state.highest);
        }
        assert.deepEqual([...new Set(granted)], granted, 'no token twice');
        assert.deepEqual(
          granted.toSorted((a, b) => a - b),
          granted,
        );
        assert.deepEqual(
          accepted.toSorted((a, b) => a - b),
          accepted,
          'nothing of an earlier holder after a later one',
        );
      }),
      { numRuns: 500 },
    );
  });

  it('a lease ends on its millisecond, and no sign of life shortens it', () => {
    const state = grantLease(NO_LEASE, 'worker', 1_000, TTL_MS);
    assert.deepEqual([isHeld(state, 1_000 + TTL_MS - 1), isHeld(state, 1_000 + TTL_MS)], [true, false]);
    assert.equal(renewLease(state, 1, 1_050, 10).lease?.untilMs, 1_000 + TTL_MS);
    assert.equal(renewLease(state, 1, 1_050, TTL_MS).lease?.untilMs, 1_050 + TTL_MS);
  });

  it('a fence takes no token that is none', () => {
    for (const token of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal(passFence(0, token), undefined);
    assert.deepEqual([passFence(3, 2), passFence(3, 3), passFence(3, 4)], [undefined, 3, 4]);
  });
});

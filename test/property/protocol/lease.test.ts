// Properties of leases: whatever the order of grants, deaths, late results and restarts, at most one result of a work is taken,
// and it is that of the newest token.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../../../protocol/json/index.ts';
import {
  checkLease,
  completeLease,
  grantLease,
  type Lease,
  type LeaseTable,
  leaseFence,
  leaseTable,
  leaseTableFromJson,
  leaseTableToJson,
  releaseLease,
  renewLease,
  revokeLease,
} from '../../../protocol/lease/index.ts';
import { makeAgent } from '../../support/agents.ts';

const AGENTS = [makeAgent(1), makeAgent(11), makeAgent(21)].map(({ agentId }) => agentId);
const WORKS = ['task-a', 'task-b'];

const step = fc.record({
  act: fc.constantFrom('grant', 'renew', 'release', 'revoke', 'complete', 'restart'),
  agent: fc.nat(AGENTS.length - 1),
  work: fc.nat(WORKS.length - 1),
  /** Which of all leases ever granted a holder comes back with. */
  lease: fc.nat(30),
  ttlMs: fc.integer({ min: 10, max: 50 }),
  passMs: fc.integer({ min: -5, max: 60 }),
});

describe('properties of protocol/lease', () => {
  it('tokens only grow, a superseded token is never taken, and a work is completed once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let table: LeaseTable = leaseTable();
        let now = 1_000;
        const granted: Lease[] = [];
        const completed = new Map<string, bigint>();
        for (const { act, agent, work, lease, ttlMs, passMs } of steps) {
          now += passMs;
          const resource = WORKS[work]!;
          const old = granted.filter((one) => one.resource === resource).at(-1 - (lease % 3));
          if (act === 'restart') table = leaseTableFromJson(leaseTableToJson(table));
          else if (act === 'grant') {
            const done = grantLease(table, { resource, holder: AGENTS[agent]!, ttlMs, now });
            table = done.table;
            if (done.verdict === 'accept') {
              assert.ok(granted.every(({ token }) => token < done.lease.token));
              assert.ok(!completed.has(resource));
              granted.push(done.lease);
            }
          } else if (act === 'revoke') table = revokeLease(table, resource).table;
          else if (old !== undefined) {
            const newest = granted.filter((one) => one.resource === resource).at(-1);
            const done =
              act === 'renew'
                ? renewLease(table, { ...old, ttlMs, now })
                : act === 'release'
                  ? releaseLease(table, old)
                  : completeLease(table, old);
            if (done.verdict === 'accept') {
              assert.equal(old.token, newest?.token);
              assert.ok(!completed.has(resource));
              if (act === 'complete') completed.set(resource, old.token);
            } else assert.equal(done.table, table);
            table = done.table;
          }
        }
      }),
    );
  });

  it('while a lease is in force nobody else is granted the work', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 1_000 }), fc.nat(2_000), (ttlMs, later) => {
        const first = grantLease(leaseTable(), { resource: 'w', holder: AGENTS[0]!, ttlMs, now: 0 });
        const second = grantLease(first.table, { resource: 'w', holder: AGENTS[1]!, ttlMs, now: later });
        assert.equal(second.verdict, later < ttlMs ? 'reject' : 'accept');
      }),
    );
  });

  it('a late result counts while nobody took over, and never afterwards', () => {
    const first = grantLease(leaseTable(), { resource: 'w', holder: AGENTS[0]!, ttlMs: 10, now: 0 });
    assert.ok(first.verdict === 'accept');
    assert.equal(checkLease(first.table, first.lease).verdict, 'accept');
    const second = grantLease(first.table, { resource: 'w', holder: AGENTS[1]!, ttlMs: 10, now: 10 });
    assert.ok(second.verdict === 'accept');
    const late = completeLease(second.table, first.lease);
    assert.deepEqual([late.verdict, late.verdict === 'reject' && late.reason], ['reject', 'stale']);
    const right = completeLease(second.table, second.lease);
    assert.equal(right.verdict, 'accept');
    const twice = completeLease(right.table, second.lease);
    assert.deepEqual([twice.verdict, twice.verdict === 'reject' && twice.reason], ['reject', 'done']);
  });

  it('the tokens of a later epoch are above those of every earlier one', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(5_000), (epoch, grants) => {
        assert.ok(leaseFence(epoch) + BigInt(grants) < leaseFence(epoch + 1));
      }),
    );
  });

  it('tables of any other form are refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.throws(() => leaseTableFromJson(value as JsonValue), isZeroError);
      }),
    );
    const table = grantLease(leaseTable(), { resource: 'w', holder: AGENTS[0]!, ttlMs: 10, now: 0 }).table;
    const text = canonicalJson(leaseTableToJson(table));
    assert.deepEqual(leaseTableFromJson(parseStrictJson(text)), table);
    assert.throws(() => leaseTableFromJson({ ...leaseTableToJson(table), lastToken: '0' }), isZeroError);
  });
});

// Overrides of revocation gates: whom and what each reaches, how long it holds, and that it is signed and on disk before it has any effect.

import assert from 'node:assert/strict';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { Gate, type GateDeps } from '../../../node/policy/gate.ts';
import { OVERRIDE_MS_MAX, OVERRIDES_MAX } from '../../../node/policy/limits.ts';
import { Overrides } from '../../../node/policy/overrides.ts';
import type { Database } from '../../../node/storage/index.ts';
import { contentIdOf, type Envelope, envelopeId } from '../../../protocol/envelope/index.ts';
import { type DecisionPredicate, verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const START = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const signer = { ...makeAgent(10), operationalSeed: seed(12) };
const [ANNA, BERTA] = [makeAgent(20).agentId, makeAgent(30).agentId];
const KNOWN = { asOf: null, detail: 'unknown' };
const TIERS = ['safe', 'risky', 'dangerous'] as const;

/** The overrides of a node whose log takes what it is given. */
function makeDesk() {
  const at = { now: START };
  const said: DecisionPredicate[] = [];
  const log = { failure: undefined as Error | undefined };
  const open = async (db: Database) => {
    const overrides = new Overrides({
      db,
      vault: { list: () => [signer] } as never,
      ownLog: {
        append: async (envelope: Envelope) => {
          if (log.failure !== undefined) throw log.failure;
          said.push(verifyAgentStatement(envelope).statement.predicate as unknown as DecisionPredicate);
          return { statementId: envelopeId(envelope) };
        },
      } as never,
      clock: { now: () => at.now, after: () => () => {} },
      log: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics(),
      network: 'test',
      policyId: () => contentIdOf(seed(1)),
    });
    await overrides.load();
    return overrides;
  };
  return { at, log, open, said };
}
const wanted = { agentId: ANNA, tier: 'risky' as const, reason: 'its host is down', ms: HOUR_MS };

describe('an override of a revocation gate', () => {
  it('reaches the agent that it names, or all, and no tier above its own', async () => {
    await using database = new TestDatabase();
    const overrides = await makeDesk().open(await database.open());
    const reached = (agentId: string) => TIERS.filter((tier) => overrides.for(agentId, tier) !== undefined);
    assert.deepEqual(reached(ANNA), []);
    await overrides.give(wanted, KNOWN);
    assert.deepEqual([reached(ANNA), reached(BERTA)], [['safe', 'risky'], []]);
    await overrides.give({ ...wanted, agentId: null, tier: 'safe' }, KNOWN);
    assert.deepEqual([reached(ANNA), reached(BERTA)], [['safe', 'risky'], ['safe']]);
  });

  it('is refused without a reason, for too short or too long, and beyond so many', async () => {
    await using database = new TestDatabase();
    const { open, said } = makeDesk();
    const overrides = await open(await database.open());
    for (const change of [{ ms: 999 }, { ms: OVERRIDE_MS_MAX + 1 }, { reason: ' \n' }, { reason: '' }])
      await assert.rejects(overrides.give({ ...wanted, ...change }, KNOWN), refused('OVERRIDE_REFUSED'));
    assert.deepEqual([said, overrides.list()], [[], []]);
    for (let n = 0; n < OVERRIDES_MAX; n++)
      await overrides.give({ ...wanted, reason: `${n}`, ms: n === 0 ? 1_000 : OVERRIDE_MS_MAX }, KNOWN);
    await assert.rejects(overrides.give(wanted, KNOWN), refused('OVERRIDE_REFUSED'));
  });

  it('is in the log and on disk before it lets anything pass, and holds until its time over restarts', async () => {
    await using database = new TestDatabase();
    const { at, log, open, said } = makeDesk();
    const db = await database.open();
    const overrides = await open(db);
    const watched = watchWrites(db);
    log.failure = new Error('the log is full');
    await assert.rejects(overrides.give(wanted, KNOWN), /the log is full/);
    log.failure = undefined;
    watched.failure = new Error('the disk is full');
    await assert.rejects(overrides.give(wanted, KNOWN), /the disk is full/);
    assert.equal(overrides.for(ANNA, 'safe'), undefined);
    watched.failure = undefined;
    const given = await overrides.give(wanted, KNOWN);
    assert.deepEqual(
      [watched.durable, said.at(-1)?.action, said.at(-1)?.degraded],
      [[true], 'gate.override', true],
    );
    const again = await open(db);
    at.now = START + HOUR_MS - 1;
    assert.equal(again.for(ANNA, 'safe')?.id, given.id);
    at.now = START + HOUR_MS;
    assert.equal(again.for(ANNA, 'safe'), undefined);
    assert.deepEqual([again.list(), (await open(db)).list()], [[], []]);
  });

  it('that has ended leaves the disk, so that a node that starts with an earlier clock does not find it in force', async () => {
    await using database = new TestDatabase();
    const { at, open } = makeDesk();
    const db = await database.open();
    const overrides = await open(db);
    await overrides.give(wanted, KNOWN);
    const long = await overrides.give({ ...wanted, reason: 'long', ms: 3 * HOUR_MS }, KNOWN);
    at.now = START + HOUR_MS;
    assert.equal(overrides.list().length, 1);
    const next = await overrides.give(wanted, KNOWN);
    at.now = START;
    const kept = (list: { id: string }[]) => list.map(({ id }) => id).sort();
    assert.deepEqual(kept((await open(db)).list()), kept([long, next]), 'gone when another is given');
    at.now = START + 2 * HOUR_MS;
    const watched = watchWrites(db);
    watched.failure = new Error('the disk is full');
    assert.deepEqual(kept((await open(db)).list()), [long.id], 'a full disk keeps no node from starting');
    watched.failure = undefined;
    await open(db);
    at.now = START;
    assert.deepEqual(kept((await open(db)).list()), [long.id], 'gone at the start of the node');
  });

  it('ends before its time with a statement that says so, for good', async () => {
    await using database = new TestDatabase();
    const { log, open, said } = makeDesk();
    const db = await database.open();
    const overrides = await open(db);
    const { id } = await overrides.give(wanted, KNOWN);
    log.failure = new Error('the log is full');
    await assert.rejects(overrides.end(id), /the log is full/);
    assert.equal(overrides.list().length, 1, 'nobody was told');
    log.failure = undefined;
    const { durable } = watchWrites(db);
    await overrides.end(id);
    const last = said.at(-1);
    assert.deepEqual(
      [last?.action, last?.verdict, last?.degraded, last?.evidence, durable],
      ['gate.override-end', 'deny', false, [id], [true]],
    );
    assert.deepEqual([overrides.list(), (await open(db)).list()], [[], []]);
    await assert.rejects(overrides.end(id), refused('NOT_FOUND'));
  });
});

describe('a revocation gate', () => {
  const override = {
    id: 'o',
    agentId: null,
    tier: 'dangerous',
    reason: 'please',
    by: 'b',
    from: 0,
    until: 1,
  };
  function gateFor(judged: { status: string; ageMs: number | null; revoked: unknown }) {
    const asked: unknown[][] = [];
    const gate = new Gate({
      book: { get: () => undefined },
      maxAgeMs: { safe: 3_000, risky: 2_000, dangerous: 1_000 },
      overrides: { for: () => override },
      reputation: { of: () => ({ lower: 0, status: 'unproven', terms: [] }) },
      revocations: {
        judge: (...given: unknown[]) => {
          asked.push(given);
          return { asOf: null, state: 'known', ...judged };
        },
      },
    } as unknown as GateDeps);
    return { asked, gate };
  }
  const revoked = { statementId: 's', issuedAt: 't', reason: 'lost' };

  it('lets an override set aside what is unknown, and never what is revoked', () => {
    const { gate } = gateFor({ status: 'revoked', ageMs: 1, revoked });
    assert.deepEqual(
      [gate.of(ANNA, 'safe').facts.override, gate.of(ANNA, 'safe').override],
      [false, undefined],
    );
    assert.throws(() => gate.describe(ANNA, 'safe'), refused('OVERRIDE_REFUSED'));
    const unknown = gateFor({ status: 'unknown', ageMs: null, revoked: null }).gate;
    assert.deepEqual(
      [unknown.of(ANNA, 'safe').facts.override, unknown.of(ANNA, 'safe').evidence],
      [true, ['o']],
    );
    assert.equal(
      gateFor({ status: 'valid', ageMs: 1, revoked: null }).gate.of(ANNA, 'safe').override,
      undefined,
    );
  });

  it('asks about the object and the age that an action has, and tells no age younger than it is', () => {
    const { asked, gate } = gateFor({ status: 'valid', ageMs: 10_001, revoked: null });
    assert.equal(gate.of(ANNA, 'risky').facts.ageSeconds, 20);
    const subject = { agentId: ANNA, key: 'k' } as never;
    gate.of(ANNA, 'dangerous', { subject, maxAgeMs: 7 });
    assert.deepEqual(
      asked.map(([of, , maxAgeMs]) => [of, maxAgeMs]),
      [
        [{ agentId: ANNA }, 2_000],
        [subject, 7],
      ],
    );
  });
});

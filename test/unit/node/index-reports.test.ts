// What is said, signed, of an index that breaks its word: about whom, how often, and what follows from it.

import assert from 'node:assert/strict';
import { Residents } from '../../../node/cards/residents.ts';
import { IndexReports } from '../../../node/find/index-reports.ts';
import { ReputationService } from '../../../node/reputation/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import type { Envelope } from '../../../protocol/envelope/index.ts';
import { originOf } from '../../../protocol/log/index.ts';
import { verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, makeCard, PEER, seed } from '../../support/agents.ts';

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const DAY_MS = 86_400_000;
const OTHER = `${PEER.slice(0, -1)}X`;
const [own, index, stranger] = [10, 20, 30].map(makeAgent) as [
  ReturnType<typeof makeAgent>,
  ReturnType<typeof makeAgent>,
  ReturnType<typeof makeAgent>,
];

const cardOn = (agent: typeof own, peer: string) =>
  verifyCard(makeCard(agent, { log: { origin: originOf(peer), size: 0, root: 'A'.repeat(43).concat('=') } }));

describe('the agents of a node', () => {
  it('are those whose cards name its log, and whose cards that log holds', () => {
    const residents = new Residents();
    residents.note(cardOn(index, PEER), originOf(PEER));
    // In another log than the card names: the log's owner says so alone.
    residents.note(cardOn(stranger, OTHER), originOf(PEER));
    residents.note(verifyCard(makeCard(own)), originOf(PEER));
    assert.deepEqual(residents.of(PEER), [index.agentId]);
    assert.deepEqual(residents.of(OTHER), []);
  });
});

describe('reports on indexes', () => {
  function made(agents = [own]) {
    let now = Date.parse('2026-03-01T06:00:00Z');
    const clock = { now: () => now, after: () => () => {} };
    const appended: Envelope[] = [];
    const residents = new Residents();
    for (const agent of [index, own]) residents.note(cardOn(agent, PEER), originOf(PEER));
    const reputation = new ReputationService({
      clock,
      own: () => agents.map(({ agentId }) => agentId),
      partners: [],
      floor: 0,
    });
    const reports = new IndexReports({
      clock,
      log: QUIET,
      residents,
      assess: (agentId) => reputation.of(agentId),
      vault: {
        list: () =>
          agents.map(({ agentId, keychain }) => ({ agentId, keychain, operationalSeed: seed(12) }) as never),
      },
      ownLog: {
        append: async (envelope: Envelope) => {
          appended.push(envelope);
          const statement = verifyAgentStatement(envelope);
          reputation.offer(statement);
          reports.heard(statement);
          return {} as never;
        },
      },
    });
    return { reports, reputation, appended, pass: (ms: number) => (now += ms) };
  }

  it('say once a day what an index did, about its agent and no agent of one’s own', async () => {
    const { reports, reputation, appended, pass } = made();
    await Promise.all([reports.report(PEER, 'it left out cards'), reports.report(PEER, 'again')]);
    assert.equal(appended.length, 1);
    const { predicate } = verifyAgentStatement(appended[0]!).statement as unknown as {
      predicate: { about: string; kind: string; note: string };
    };
    assert.deepEqual(
      [predicate.about, predicate.kind, predicate.note],
      [index.agentId, 'index-failed', `index of node ${PEER}: it left out cards`],
    );
    assert.equal(reports.isDistrusted(PEER), false);
    for (let day = 0; day < 2; day++) {
      pass(DAY_MS);
      await reports.report(PEER, 'it left out cards');
    }
    assert.equal(appended.length, 3);
    assert.ok(reputation.of(index.agentId).bad > 0);
    assert.equal(reports.isDistrusted(PEER), true);
    assert.equal(reports.isDistrusted(OTHER), false);
  });

  it('remember over a restart what was said today', async () => {
    const before = made();
    await before.reports.report(PEER, 'it left out cards');
    const after = made();
    after.reports.heard(verifyAgentStatement(before.appended[0]!));
    await after.reports.report(PEER, 'it left out cards');
    assert.deepEqual(after.appended, []);
  });

  it('say nothing where nobody can sign, and nothing of a node without an agent', async () => {
    const nobody = made([]);
    await nobody.reports.report(PEER, 'it left out cards');
    const somebody = made();
    await somebody.reports.report(OTHER, 'it left out cards');
    assert.deepEqual([nobody.appended, somebody.appended], [[], []]);
  });
});

// Quarantine: bounds that strangers cannot use against orders that count, clocks, holes and doubles in an issuer's numbers; what is signed.

import assert from 'node:assert/strict';
import { contentIdOf, type Envelope } from '../../../protocol/envelope/index.ts';
import { timeText } from '../../../protocol/fields/index.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import {
  EARLY_RELEASES_MAX,
  FOUND_ORIGINS_MAX,
  ISSUERS_MAX,
  ORDERS_MAX,
  ORDERS_PER_ISSUER_MAX,
  QUARANTINE_CLOCK_MS,
  QuarantineBook,
  type QuarantineOrder,
  SEQUENCES_MAX,
  STRANGE_ORDERS_MAX,
} from '../../../protocol/quarantine/index.ts';
import * as st from '../../../protocol/statement/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { refuses } from '../../support/codes.ts';

const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
const agent = makeAgent(10);
const other = makeAgent(20);

function idOf(n: number): string {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, n + 1);
  return contentIdOf(bytes);
}

const issuerOf = (n: number) => `zs:${idOf(100_000 + n)}` as AgentId;

function orderOf(n: number, change: Partial<QuarantineOrder['order']> = {}, issuer = agent.agentId) {
  return {
    id: idOf(n),
    issuer,
    signer: { agentId: issuer },
    origins: new Set<string>(),
    order: {
      issuer,
      keychain: undefined as never,
      issuedAt: timeText(START),
      sequence: n + 1,
      targets: [{ kind: 'module' as const, id: idOf(n) }],
      regions: [],
      expiresAt: timeText(START + HOUR),
      reason: 'odd results',
      evidence: [],
      release: { by: [issuer], threshold: 1 },
      ...change,
    },
  };
}

function releaseOf(n: number, of: number, sequence: number, issuer: AgentId = agent.agentId) {
  const release = {
    issuer,
    keychain: undefined as never,
    issuedAt: timeText(START),
    sequence,
    order: idOf(of),
    reason: 'mended',
    evidence: [idOf(9_999)],
  };
  return { id: idOf(n), issuer, release, signer: { agentId: issuer }, origins: new Set<string>() };
}

describe('quarantine book', () => {
  it('holds from its date until its end, and no clock within the tolerance lets go early', () => {
    const book = new QuarantineBook();
    assert.equal(book.addOrder(orderOf(0), true, START), 'accept');
    assert.equal(book.stateOf(idOf(0), START - QUARANTINE_CLOCK_MS - 1), 'pending');
    assert.equal(book.stateOf(idOf(0), START - QUARANTINE_CLOCK_MS), 'held');
    assert.equal(book.stateOf(idOf(0), START + HOUR + QUARANTINE_CLOCK_MS - 1), 'held');
    assert.equal(book.stateOf(idOf(0), START + HOUR + QUARANTINE_CLOCK_MS), 'expired');
    assert.deepEqual(
      book.naming('module', idOf(0)).map(({ id }) => id),
      [idOf(0)],
    );
    assert.deepEqual(book.naming('agent', idOf(0)), []);
  });

  it('a flood of strangers pushes out only strangers', () => {
    const book = new QuarantineBook();
    book.addOrder(orderOf(0), true, START);
    for (let n = 1; n <= STRANGE_ORDERS_MAX + 10; n++)
      assert.equal(book.addOrder(orderOf(n, {}, other.agentId), false, START), 'accept');
    assert.equal(book.size, STRANGE_ORDERS_MAX + 1);
    assert.equal(book.stateOf(idOf(0), START), 'held');
    assert.equal(book.stateOf(idOf(1), START), undefined);
    assert.deepEqual(book.naming('module', idOf(1)), []);
  });

  it('a flood of releases without orders leaves those that are trusted', () => {
    const book = new QuarantineBook();
    book.addRelease(releaseOf(1, 0, 9), true);
    for (let n = 0; n < EARLY_RELEASES_MAX + 10; n++)
      book.addRelease(releaseOf(10_000 + n, 50_000 + n, 1, other.agentId), false);
    book.addOrder(orderOf(0), true, START);
    assert.equal(book.stateOf(idOf(0), START), 'released');
  });

  it('one issuer has so many orders, and ended ones make room', () => {
    const book = new QuarantineBook();
    for (let n = 0; n < ORDERS_PER_ISSUER_MAX; n++)
      assert.equal(book.addOrder(orderOf(n), true, START), 'accept');
    assert.equal(book.addOrder(orderOf(5_000), true, START), 'full');
    assert.equal(book.addOrder(orderOf(5_000), true, START + 2 * HOUR), 'accept');
    assert.equal(book.addOrder(orderOf(1, {}, other.agentId), true, START), 'ignore');
  });

  it('only what has ended makes room, and only of the same issuer', () => {
    const book = new QuarantineBook();
    const long = { expiresAt: timeText(START + 9 * HOUR) };
    book.addOrder(orderOf(9_000, {}, other.agentId), true, START);
    for (let n = 0; n < ORDERS_PER_ISSUER_MAX; n++) book.addOrder(orderOf(n, long), true, START);
    book.addRelease(releaseOf(9_001, 0, 2_000), true);
    assert.equal(book.stateOf(idOf(0), START), 'released');
    for (const at of [START, START + 2 * HOUR])
      assert.equal(book.addOrder(orderOf(5_000, long), true, at), 'full');
    assert.deepEqual(
      [0, 9_000].map((n) => book.stateOf(idOf(n), START)),
      ['released', 'held'],
    );
    const end = START + 9 * HOUR + QUARANTINE_CLOCK_MS;
    assert.equal(book.addOrder(orderOf(5_000, long), true, end - 1), 'full');
    assert.equal(book.addOrder(orderOf(5_000, long), true, end), 'accept');
  });

  it('has room for so many orders of all who are obeyed, whatever strangers send', () => {
    const book = new QuarantineBook();
    for (let n = 0; n < STRANGE_ORDERS_MAX + 10; n++)
      book.addOrder(orderOf(20_000 + n, {}, issuerOf(99)), false, START);
    for (let n = 0; n < ORDERS_MAX; n++) {
      const issuer = issuerOf(Math.floor(n / ORDERS_PER_ISSUER_MAX));
      assert.equal(book.addOrder(orderOf(n, {}, issuer), true, START), 'accept');
    }
    const next = orderOf(ORDERS_MAX, {}, issuerOf(98));
    assert.equal(book.addOrder(next, true, START), 'full');
    assert.equal(book.size, ORDERS_MAX + STRANGE_ORDERS_MAX);
    assert.equal(book.addOrder(next, true, START + 2 * HOUR), 'accept');
  });

  it('what gives way takes its releases along, and what waited for its order waits no more', () => {
    const book = new QuarantineBook();
    book.addOrder(orderOf(0, {}, other.agentId), false, START);
    book.addRelease(releaseOf(1, 0, 5_000, other.agentId), false);
    for (let n = 2; n < STRANGE_ORDERS_MAX + 2; n++)
      book.addOrder(orderOf(n, {}, other.agentId), false, START);
    assert.equal(book.newest(other.agentId), STRANGE_ORDERS_MAX + 2);
    for (let n = 0; n < EARLY_RELEASES_MAX; n++) {
      book.addRelease(releaseOf(10_000 + n, 1_000 + n, 9_000), true);
      book.addOrder(orderOf(1_000 + n), true, START);
    }
    book.addRelease(releaseOf(30_000, 40_000, 41_000, other.agentId), false);
    book.addOrder(orderOf(40_000, {}, other.agentId), false, START);
    assert.equal(book.stateOf(idOf(40_000), START), 'released');
  });

  it('the newest number of an issuer is that of an order, a release, or one whose order is not here', () => {
    const book = new QuarantineBook();
    book.addRelease(releaseOf(1, 50, 7), true);
    assert.deepEqual([book.newest(agent.agentId), book.newest(other.agentId)], [7, 0]);
    book.addOrder(orderOf(0), true, START);
    book.addRelease(releaseOf(2, 0, 9), true);
    assert.equal(book.newest(agent.agentId), 9);
    assert.equal(
      book.newest(agent.agentId, ({ origins }) => origins.size > 0),
      0,
    );
    assert.equal(book.missing(agent.agentId, 9), 6, 'the numbers of releases are known as well');
  });

  it('of two releases with one number the same stands, in any order of arrival', () => {
    for (const said of [
      [1, 2],
      [2, 1],
    ]) {
      const book = new QuarantineBook();
      book.addOrder(orderOf(0), true, START);
      for (const n of said) book.addRelease(releaseOf(n, 0, 5), true);
      assert.deepEqual(
        book.releasesOf(idOf(0)).map(({ id }) => id),
        [idOf(1)],
      );
    }
  });

  it('remembers so many logs of an order, numbers of an issuer, and issuers, the trusted ones first', () => {
    const book = new QuarantineBook();
    for (let n = 0; n < 2 * FOUND_ORIGINS_MAX; n++)
      book.addOrder({ ...orderOf(0), origins: new Set([`log ${n}`]) }, true, START);
    assert.equal(book.get(idOf(0))?.origins.size, FOUND_ORIGINS_MAX);
    assert.ok(book.get(idOf(0))?.origins.has('log 0'));
    for (let n = 1; n <= SEQUENCES_MAX + 5; n++)
      book.addRelease(releaseOf(n, 50_000 + n, n, other.agentId), false);
    assert.equal(book.missing(other.agentId, SEQUENCES_MAX + 5), 5);
    for (let n = 0; n <= ISSUERS_MAX; n++)
      book.addRelease(releaseOf(60_000 + n, 70_000 + n, 1, issuerOf(n)), false);
    assert.deepEqual([book.missing(agent.agentId, 1), book.missing(other.agentId, 1)], [0, 1]);
  });

  it('tells holes and doubles in the numbers of an issuer', () => {
    const book = new QuarantineBook();
    book.addOrder(orderOf(0), true, START);
    book.addOrder(orderOf(3), true, START);
    assert.equal(book.missing(agent.agentId, 4), 2);
    assert.equal(book.newest(agent.agentId), 4);
    assert.deepEqual(book.forked(), []);
    book.addOrder(orderOf(7, { sequence: 4 }), true, START);
    assert.deepEqual(book.forked(), [agent.agentId]);
    assert.equal(book.stateOf(idOf(3), START), 'held');
    assert.equal(book.stateOf(idOf(7), START), 'held');
  });

  it('a release of nobody whom the order names is not kept', () => {
    const book = new QuarantineBook();
    book.addOrder(orderOf(0), true, START);
    assert.equal(book.addRelease(releaseOf(1, 0, 5, other.agentId), true), 'ignore');
    assert.equal(book.addRelease(releaseOf(2, 0, 1), true), 'accept');
    assert.equal(book.stateOf(idOf(0), START), 'held', 'its number is not above that of the order');
    assert.equal(book.addRelease(releaseOf(3, 0, 2), true), 'accept');
    assert.equal(book.stateOf(idOf(0), START), 'released');
  });
});

describe('quarantine statements', () => {
  type Order = Omit<st.QuarantineOrderPredicate, 'issuer' | 'keychain'>;
  const good: Order = {
    issuedAt: '2026-03-01T00:00:00Z',
    sequence: 1,
    targets: [{ kind: 'agent', id: other.agentId }],
    regions: [],
    expiresAt: '2026-03-02T00:00:00Z',
    reason: 'odd results',
    evidence: [],
    release: { by: [agent.agentId], threshold: 1 },
  };
  const sign = (change: object): Envelope =>
    st.signAgentStatement({
      predicateType: st.QUARANTINE_ORDER_PREDICATE,
      predicate: { ...good, ...change } as never,
      keychain: agent.keychain,
      signer: agent.operational,
    });

  it('refuse what names a thing twice, lasts too long, or nobody can release', () => {
    const target = { kind: 'agent', id: other.agentId };
    assert.ok(sign({}));
    for (const change of [
      { targets: [target, target] },
      { targets: [] },
      { targets: [{ kind: 'peer', id: other.agentId }] },
      { expiresAt: '2026-03-01T00:00:00Z' },
      { expiresAt: '2026-05-31T00:00:00Z' },
      { release: { by: [], threshold: 1 } },
      { release: { by: [agent.agentId], threshold: 2 } },
      { release: { by: [agent.agentId, agent.agentId], threshold: 1 } },
    ])
      refuses(() => sign(change), 'DECODE_FAILED');
  });

  it('refuse a release without proof, or that names the order as its own', () => {
    const release = (evidence: string[]) => () =>
      st.signAgentStatement({
        predicateType: st.QUARANTINE_RELEASE_PREDICATE,
        predicate: { issuedAt: good.issuedAt, sequence: 2, order: idOf(0), reason: 'mended', evidence },
        keychain: agent.keychain,
        signer: agent.operational,
      });
    refuses(release([]), 'DECODE_FAILED');
    refuses(release([idOf(0)]), 'DECODE_FAILED');
    assert.ok(release([idOf(1)])());
  });
});

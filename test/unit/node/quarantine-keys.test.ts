// Orders and releases whose key is in other hands: what is said with a key that was revoked, or replaced and used elsewhere since, shuts and opens
// nothing, and the owner's new word stands before it, whatever its number.

import assert from 'node:assert/strict';
import type { BookEntry } from '../../../node/cards/card-book.ts';
import { Quarantines, type QuarantinesDeps } from '../../../node/quarantine/quarantines.ts';
import { timeText } from '../../../protocol/fields/index.ts';
import { ORIGIN_PREFIX } from '../../../protocol/log/index.ts';
import {
  type AgentStatement,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
} from '../../../protocol/statement/index.ts';
import { DRAFT, makeAgent } from '../../support/agents.ts';

const START = Date.UTC(2026, 2, 1);
const issuer = makeAgent(10).agentId;
const releaser = makeAgent(20).agentId;
const target = { kind: 'module' as const, id: 'bafkreiodd' };
const ORDER = 'bafkreiorder';
const [HOME, ELSEWHERE] = [`${ORIGIN_PREFIX}home`, `${ORIGIN_PREFIX}thief`];
const keysOf = (serial: number) => ({ rootIds: ['root'], countersigned: [true], serial });

/** A node that obeys the issuer; `serial` is that of the newest key of `of`, the releaser unless told. */
function nodeWith(at: { serial: number; revoked: number[] }, of = releaser): Quarantines {
  const card = { ...DRAFT, endpoints: [], log: { origin: HOME } };
  const quarantines = new Quarantines({
    authorities: [issuer],
    book: {
      get: (agentId: string) =>
        agentId === of ? ({ agentId, card, keys: keysOf(at.serial) } as unknown as BookEntry) : undefined,
    },
    vault: { has: () => of === issuer },
    policy: { bundles: { active: { policies: { speaksOf: () => false } } } },
    node: { peerId: 'home', name: 'n', region: 'eu', network: 'x' },
    revocations: {
      judge: ({ agentId, keySerial }: { agentId: string; keySerial: number }) => ({
        revoked: agentId === of && at.revoked.includes(keySerial) ? {} : null,
      }),
    },
    clock: { now: () => START },
    log: { warn: () => {}, error: () => {} },
    metrics: { count: () => {}, set: () => {} },
  } as unknown as QuarantinesDeps);
  order(quarantines, ORDER, 1, HOME, 1);
  return quarantines;
}

function order(to: Quarantines, id: string, serial: number, origin: string, sequence: number): void {
  offer(to, id, issuer, serial, origin, QUARANTINE_ORDER_PREDICATE, {
    sequence,
    targets: [target],
    regions: [],
    issuedAt: timeText(START),
    expiresAt: timeText(START + 3_600_000),
    reason: 'odd results',
    evidence: [],
    release: { by: [releaser], threshold: 1 },
  });
}

function offer(
  to: Quarantines,
  id: string,
  by: string,
  serial: number,
  origin: string,
  predicateType: string,
  predicate: object,
): void {
  const statement = {
    id,
    issuer: by,
    epoch: 0,
    keySerial: serial,
    keys: keysOf(serial),
    signedBy: `did:key:${by}${serial}`,
    predicateType,
    statement: { predicate: { issuer: by, ...predicate } },
  } as unknown as AgentStatement;
  to.offer(statement, { live: true, position: { origin, index: 0, statementId: id } });
}

const release = (to: Quarantines, id: string, serial: number, origin: string, sequence: number) =>
  offer(to, id, releaser, serial, origin, QUARANTINE_RELEASE_PREDICATE, {
    sequence,
    order: ORDER,
    reason: 'mended',
    evidence: ['bafkreiproof'],
  });
const states = (one: Quarantines) => [one.show(ORDER).state, one.module(target.id) === undefined];

describe('a release of a quarantine order', () => {
  it('counts no more when its key is revoked, and says so', () => {
    const at = { serial: 1, revoked: [] as number[] };
    const node = nodeWith(at);
    assert.deepEqual(states(node), ['held', false]);
    release(node, 'bafkreia', 1, HOME, 1);
    assert.deepEqual(states(node), ['released', true]);
    at.revoked = [1];
    assert.deepEqual(states(node), ['held', false]);
    assert.match(node.show(ORDER).detail, /the release bafkreia does not count: its key is revoked/);
  });

  it('under a key that was replaced counts from the log of its node alone', () => {
    const at = { serial: 1, revoked: [] };
    const node = nodeWith(at);
    release(node, 'bafkreia', 1, ELSEWHERE, 1);
    assert.deepEqual(states(node), ['released', true]);
    at.serial = 2;
    assert.deepEqual(states(node), ['held', false]);
    assert.match(node.show(ORDER).detail, /its key was replaced, and it is not in the log of its node/);
    // The same statement, found at home as well: it was signed before.
    release(node, 'bafkreia', 1, HOME, 1);
    assert.deepEqual(states(node), ['released', true]);
  });

  it('under the newer key stands before any number of the older, in any order of arrival', () => {
    const thief = (to: Quarantines) => release(to, 'bafkreia', 1, ELSEWHERE, Number.MAX_SAFE_INTEGER);
    const owner = (to: Quarantines) => release(to, 'bafkreib', 2, HOME, 2);
    for (const said of [
      [thief, owner],
      [owner, thief],
    ]) {
      const node = nodeWith({ serial: 2, revoked: [] });
      for (const one of said) one(node);
      assert.deepEqual(states(node), ['released', true]);
    }
  });
});

describe('a quarantine order', () => {
  const THIEF = 'bafkreithief';
  const stateOf = (one: Quarantines, id: string) => one.show(id).state;

  it('is void when its key is revoked, and where its key was replaced and it is not in the log of its node', () => {
    const at = { serial: 1, revoked: [] as number[] };
    const node = nodeWith(at, issuer);
    order(node, THIEF, 1, ELSEWHERE, 2);
    assert.deepEqual([stateOf(node, ORDER), stateOf(node, THIEF)], ['held', 'held']);
    at.serial = 2;
    assert.deepEqual([stateOf(node, ORDER), stateOf(node, THIEF)], ['held', 'void']);
    assert.match(node.show(THIEF).detail, /the order bafkreithief does not count: its key was replaced/);
    assert.equal(node.module(target.id)?.order, ORDER, 'what was signed before the rotation holds');
    order(node, THIEF, 1, HOME, 2);
    assert.equal(stateOf(node, THIEF), 'held', 'found at home it was signed before the rotation');
    at.revoked = [1];
    assert.deepEqual([stateOf(node, ORDER), stateOf(node, THIEF)], ['void', 'void']);
    assert.equal(node.module(target.id), undefined);
  });

  it('of a thief takes no number away: the owner goes on with the next of its own', () => {
    const at = { serial: 1, revoked: [] };
    const node = nodeWith(at, issuer);
    order(node, 'bafkreisecond', 1, HOME, 2);
    order(node, THIEF, 1, ELSEWHERE, Number.MAX_SAFE_INTEGER);
    at.serial = 2;
    assert.equal(node.newest(issuer), 2);
    assert.equal(node.show(ORDER).missing, 0);
    order(node, 'bafkreithird', 2, HOME, 3);
    assert.deepEqual([node.newest(issuer), stateOf(node, 'bafkreithird')], [3, 'held']);
  });
});

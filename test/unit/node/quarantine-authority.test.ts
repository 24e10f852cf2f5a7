// Whose orders of quarantine a node obeys, about what, and where; what an order about a partner or a node reaches; and what is signed here.

import assert from 'node:assert/strict';
import type { BookEntry } from '../../../node/cards/card-book.ts';
import { makeQuarantine, QuarantineDesk } from '../../../node/quarantine/index.ts';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import { timeText } from '../../../protocol/fields/index.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import { ORIGIN_PREFIX, originOf } from '../../../protocol/log/index.ts';
import { EARLY_RELEASES_MAX, STRANGE_ORDERS_MAX } from '../../../protocol/quarantine/index.ts';
import {
  type AgentStatement,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  type QuarantineKind,
  verifyAgentStatement,
} from '../../../protocol/statement/index.ts';
import { DRAFT, makeAgent, seed } from '../../support/agents.ts';

const START = Date.UTC(2026, 2, 1);
const [OWN, CHIEF, PARTNER, STRANGER, MEMBER] = [10, 20, 30, 40, 50].map((n) => makeAgent(n).agentId) as [
  AgentId,
  AgentId,
  AgentId,
  AgentId,
  AgentId,
];
const [PEER, THEIRS, ELSEWHERE] = ['12D3KooWhere', '12D3KooWtheirs', '12D3KooWelsewhere'];
const MODULE = 'bafkreiodd';

/** What is said is numbered. */
const idOf = (n: number) => `bafkrei${String(n).padStart(52, 'a')}`;

/** A node in "eu" with one agent, one authority and one partner, whose agent lives on its node. */
function makeNode() {
  const card = { ...DRAFT, endpoints: [{ peer: ELSEWHERE }], log: { origin: originOf(THEIRS) } };
  const at = { now: START, revoked: false, speaks: false, recorded: 0 };
  const refused = () => ({ allow: false, detail: 'the policy says no' });
  const admission: { confined?: (peer: string) => string | undefined } = {};
  let listen: (statement: AgentStatement, found: object) => void = () => {};
  const { quarantines } = makeQuarantine(
    {
      admission,
      book: {
        get: (id: string) => (id === MEMBER ? ({ agentId: id, card } as unknown as BookEntry) : undefined),
      },
      clock: { now: () => at.now },
      config: { quarantine: { authorities: [CHIEF] } },
      events: { emit: () => {} },
      log: { warn: () => {}, error: () => {} },
      metrics: { count: () => {}, set: () => {} },
      policy: {
        bundles: { active: { policies: { speaksOf: () => at.speaks } } },
        judge: refused,
        decideOnce: () => {
          at.recorded += 1;
          return refused();
        },
      },
      revocations: { judge: () => ({ revoked: at.revoked ? {} : null }) },
      router: { listen: (listener: typeof listen) => (listen = listener) },
      vault: { has: (id: string) => id === OWN },
    } as never,
    { peerId: PEER, name: 'n', region: 'eu', network: 'x' },
  );
  quarantines.knowPartners(() => [{ agent: PARTNER, peers: [THEIRS] }]);
  let made = 0;
  const say = (issuer: AgentId, predicateType: string, predicate: object, origin: string): string => {
    const id = idOf(++made);
    const statement = { id, issuer, predicateType, statement: { predicate: { issuer, ...predicate } } };
    listen(statement as unknown as AgentStatement, {
      live: true,
      position: { origin, index: 0, statementId: id },
    });
    return id;
  };
  const order = (issuer: AgentId, kind: QuarantineKind, target: string, change: object = {}): string =>
    say(
      issuer,
      QUARANTINE_ORDER_PREDICATE,
      {
        sequence: made + 1,
        targets: [{ kind, id: target }],
        regions: [],
        issuedAt: timeText(START),
        expiresAt: timeText(START + 3_600_000),
        reason: 'odd results',
        evidence: [],
        release: { by: [issuer], threshold: 1 },
        ...change,
      },
      `${ORIGIN_PREFIX}${PEER}`,
    );
  const release = (issuer: AgentId, of: string): string =>
    say(
      issuer,
      QUARANTINE_RELEASE_PREDICATE,
      { sequence: made + 1, order: of, reason: 'r', evidence: [] },
      'o',
    );
  const obeyed = (id: string) => quarantines.show(id).obeyed.length > 0;
  return { at, confined: (peer: string) => admission.confined?.(peer), obeyed, order, quarantines, release };
}

describe('an order of quarantine', () => {
  it('is obeyed of the own organisation about all, of a partner about its own, of a stranger about itself', () => {
    const node = makeNode();
    const cases: readonly [AgentId, QuarantineKind, string, boolean][] = [
      [OWN, 'module', MODULE, true],
      [CHIEF, 'peer', ELSEWHERE, true],
      [PARTNER, 'module', MODULE, false],
      [PARTNER, 'peer', THEIRS, true],
      [PARTNER, 'peer', ELSEWHERE, false],
      [PARTNER, 'agent', MEMBER, true],
      [PARTNER, 'agent', STRANGER, false],
      [PARTNER, 'partner', PARTNER, true],
      [STRANGER, 'module', MODULE, false],
      [STRANGER, 'module', STRANGER, false],
      [STRANGER, 'peer', THEIRS, false],
      [STRANGER, 'agent', STRANGER, true],
      [STRANGER, 'agent', MEMBER, false],
      [STRANGER, 'partner', STRANGER, true],
    ];
    for (const [issuer, kind, target, expected] of cases)
      assert.equal(node.obeyed(node.order(issuer, kind, target)), expected, `${issuer} ${kind} ${target}`);
    const { at, quarantines } = node;
    assert.equal(at.recorded, 0);
    at.speaks = true;
    assert.equal(quarantines.module(MODULE), undefined, 'a policy that speaks of it has the word');
    assert.ok(at.recorded > 0, 'what is refused for it is on record');
  });

  it('holds what it names, where it is for this region, and nothing for a stranger', () => {
    const node = makeNode();
    node.order(STRANGER, 'module', MODULE);
    const far = node.order(OWN, 'module', MODULE, { regions: ['us'] });
    assert.match(node.quarantines.show(far).detail, /it is for us, and this node is in eu/);
    assert.deepEqual([node.obeyed(far), node.quarantines.module(MODULE)], [false, undefined]);
    const near = node.order(OWN, 'module', MODULE, { regions: ['us', 'eu'] });
    assert.equal(node.quarantines.module(MODULE)?.order, near);
    node.release(OWN, near);
    assert.deepEqual([node.obeyed(near), node.quarantines.module(MODULE)], [false, undefined]);
  });

  it('about a partner holds its agent and its nodes, about a node the agents that live there', () => {
    for (const [kind, target, held] of [
      ['partner', PARTNER, [THEIRS, PARTNER, MEMBER]],
      ['peer', THEIRS, [THEIRS, MEMBER]],
      ['peer', ELSEWHERE, [ELSEWHERE, MEMBER]],
      ['agent', MEMBER, [MEMBER]],
    ] as const) {
      const { confined, order, quarantines } = makeNode();
      order(CHIEF, kind, target);
      const found = [THEIRS, ELSEWHERE, PEER].filter((peer) => confined(peer) !== undefined);
      for (const agent of [PARTNER, MEMBER, STRANGER])
        if (quarantines.agent(agent) !== undefined) found.push(agent);
      assert.deepEqual(found.sort(), [...held].sort(), `${kind} ${target}`);
      assert.match(quarantines.agent(MEMBER)?.detail ?? 'odd results', /odd results/);
    }
  });

  it('that is obeyed has its place, whatever strangers send', () => {
    const node = makeNode();
    const own = node.order(STRANGER, 'agent', STRANGER);
    for (let n = 0; n <= STRANGE_ORDERS_MAX; n++) node.order(STRANGER, 'module', MODULE);
    assert.ok(node.obeyed(own));
    const all = node.quarantines.list();
    assert.equal(all.length, STRANGE_ORDERS_MAX + 1);
    assert.match(all.find(({ id }) => id !== own)?.detail ?? '', /a stranger orders it, about others/);
  });

  it('that comes after its release is released, whatever strangers have sent meanwhile', () => {
    const { order, quarantines, release } = makeNode();
    release(CHIEF, idOf(EARLY_RELEASES_MAX + 2));
    for (let n = 0; n < EARLY_RELEASES_MAX; n++) release(STRANGER, `${MODULE}${n}`);
    const late = order(OWN, 'module', MODULE, { release: { by: [CHIEF], threshold: 1 } });
    assert.deepEqual([late, quarantines.show(late).state], [idOf(EARLY_RELEASES_MAX + 2), 'released']);
  });

  it('keeps its number when its key is revoked: the agent of this node goes on from there', () => {
    const node = makeNode();
    node.order(OWN, 'module', MODULE, { sequence: 7 });
    node.at.revoked = true;
    assert.equal(node.quarantines.newest(OWN), 7);
    assert.equal(node.quarantines.newest(CHIEF), 0);
  });
});

describe('where orders of quarantine are signed', () => {
  const [ORDER, PROOF, UNKNOWN] = [1, 2, 3].map((n) => contentIdOf(seed(n))) as [string, string, string];
  const agents = [10, 20, 30].map((n) => ({ ...makeAgent(n), operationalSeed: seed(n + 2) }));
  const [anna, berta, carla] = agents as [(typeof agents)[0], (typeof agents)[0], (typeof agents)[0]];

  function makeDesk(authorities: readonly string[] = []) {
    let newest = 4;
    const signed: AgentStatement[] = [];
    const options: unknown[] = [];
    const release = { by: [anna.agentId, berta.agentId], threshold: 1 };
    const desk = new QuarantineDesk({
      authorities,
      clock: { now: () => START },
      ownLog: {
        append: async (envelope: never, how: unknown) => {
          // Other work comes between the signature and the disk.
          for (let n = 0; n < 5; n++) await Promise.resolve();
          const statement = verifyAgentStatement(envelope);
          signed.push(statement);
          options.push(how);
          newest = (statement.statement.predicate as unknown as { sequence: number }).sequence;
        },
      },
      quarantines: { newest: () => newest, show: () => ({ order: { release } }) },
      vault: {
        has: (id: string) => id === anna.agentId || id === berta.agentId || id === carla.agentId,
        get: (id: string) => agents.find(({ agentId }) => agentId === id),
        list: () => agents,
      },
    } as never);
    desk.knowStatements((id) => id === PROOF || id === ORDER);
    return { desk, options, signed };
  }
  const draft = {
    targets: [{ kind: 'module' as const, id: ORDER }],
    regions: [],
    seconds: 60,
    reason: 'odd results',
    evidence: [],
  };

  it('a release is signed by whom the order names, with a proof that is held here', async () => {
    const { desk, signed } = makeDesk();
    const refuses = async (evidence: string[], by?: AgentId) =>
      await assert.rejects(
        desk.release({ order: ORDER, reason: 'mended', evidence, ...(by === undefined ? {} : { by }) }),
        { code: 'QUARANTINE_REFUSED' },
      );
    await refuses([]);
    await refuses([ORDER]);
    await refuses([PROOF, ORDER]);
    await refuses([UNKNOWN]);
    await refuses([PROOF], carla.agentId);
    assert.deepEqual(signed, []);
    await desk.release({ order: ORDER, reason: 'mended', evidence: [PROOF], by: berta.agentId });
    await desk.release({ order: ORDER, reason: 'mended', evidence: [PROOF] });
    assert.deepEqual(
      signed.map(({ issuer }) => issuer),
      [berta.agentId, anna.agentId],
    );
  });

  it('each has the next number, also of two at once, and goes before other writes', async () => {
    const { desk, options, signed } = makeDesk();
    await Promise.all([desk.order(draft), desk.order(draft)]);
    assert.deepEqual(
      signed.map(({ statement }) => (statement.predicate as unknown as { sequence: number }).sequence),
      [5, 6],
    );
    assert.deepEqual(options, [{ isUrgent: true }, { isUrgent: true }]);
  });

  it('an agent that the configuration names signs before the first', () => {
    assert.equal(makeDesk().desk.signerFor(undefined), anna.agentId);
    assert.equal(makeDesk([carla.agentId]).desk.signerFor(undefined), carla.agentId);
    assert.equal(makeDesk([carla.agentId]).desk.signerFor(berta.agentId), berta.agentId);
  });
});

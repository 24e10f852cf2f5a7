// Invented answers for the views of the double that are no lists: tasks, partners, peers, health, witnesses, freshness, provenance.

import type { FixtureData, Row } from './fixture-data.ts';

const NOW = Date.now();
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const UNIT = 1_000_000;

/** A task that ended well, one that is under way, and one that failed. */
export function tasksOf(receipts: Row[]): Row[] {
  return receipts.slice(0, 3).map((receipt, index) => {
    const [state, status] = [
      ['completed', 'OK'],
      ['running', null],
      ['refused', null],
    ][index] as [string, string | null];
    const ended = state !== 'running';
    const attempt = {
      token: 1,
      agentId: receipt.executor,
      name: receipt.executorName,
      state: ended ? 'answered' : 'asked',
      error: state === 'refused' ? 'the price is above the ceiling' : null,
      status,
      fuel: status === null ? null : receipt.fuel,
      receiptId: status === null ? null : receipt.id,
      owed: status === null ? null : { amount: '12500', currency: 'EUR' },
      accepted: status !== null,
      settled: status !== null,
    };
    return {
      taskId: receipt.taskId,
      name: ['word count', 'nightly report', 'translate the manual'][index],
      state,
      ended,
      status,
      exitCode: status === null ? null : 0,
      fuel: status === null ? null : receipt.fuel,
      executor: receipt.executor,
      executorName: receipt.executorName,
      stdout: status === null ? '' : Buffer.from('the 421\nof 390\n').toString('base64'),
      stderr: '',
      outputs: {},
      receiptId: status === null ? null : receipt.id,
      error:
        state === 'refused'
          ? {
              code: 'NO_MEMBER',
              message: '1 agent was found and 0 of them acceptable',
              hint: 'Allow a price with --ceiling.',
            }
          : null,
      tried: [],
      why: [
        { check: 'signature', ok: true, detail: 'signed by the operational key that the keychain names' },
        { check: 'revocation', ok: true, detail: 'not revoked, as of 2 s ago' },
      ],
      redundancy: 1,
      outcome: null,
      comparison: null,
      attempts: [attempt],
      members: [
        {
          agentId: receipt.executor,
          name: receipt.executorName,
          region: 'eu-west',
          score: 812,
          refused: null,
          terms: [
            { term: 'meaning', points: 620, detail: 'similarity 0.62' },
            { term: 'reputation', points: 192, detail: 'at least 0.192 by 4 events' },
          ],
        },
        {
          agentId: 'zs:bafkrei-other',
          name: 'Overpriced',
          region: 'us-east',
          score: 0,
          refused: 'asks 2 EUR, above the ceiling',
          terms: [],
        },
      ],
      timeline: [
        { at: ago(41_000), what: 'submitted' },
        { at: ago(40_700), what: '2 agents found, 1 acceptable' },
        { at: ago(40_650), what: `${receipt.executorName} was asked` },
        ...(status === null
          ? []
          : [
              { at: ago(39_900), what: 'OK, receipt verified' },
              { at: ago(39_400), what: 'accepted and settled' },
            ]),
      ],
      deadline: ago(-60_000),
      submittedAt: ago(41_000 + index * 300_000),
      tookMs: ended ? 1_600 : null,
    };
  });
}

/** Standings of some agents, the best first. */
export function standingsOf(cards: Row[]): Row[] {
  return cards.slice(0, 9).map((card, index) => ({
    about: card.agentId,
    status: index === 8 ? 'slashed' : 'rated',
    score: 950_000 - index * 40_000,
    lower: index === 8 ? 0 : 780_000 - index * 60_000,
    good: 8 * UNIT - index * 500_000,
    bad: index * 120_000,
    events: 14 - index,
    terms: [
      {
        side: 'good',
        source: 'own',
        rater: null,
        said: 5 * UNIT,
        counted: 5 * UNIT,
        events: 6,
        evidence: ['bafkrei-e1'],
        note: null,
      },
      {
        side: 'good',
        source: 'via',
        rater: cards[12]?.agentId,
        said: 4 * UNIT,
        counted: 3 * UNIT,
        events: 5,
        evidence: [],
        note: null,
      },
      {
        side: 'bad',
        source: 'via',
        rater: cards[13]?.agentId,
        said: UNIT,
        counted: 120_000,
        events: 1,
        evidence: [],
        note: 'appealed',
      },
    ],
  }));
}

export function events({ cards }: FixtureData): Row[] {
  return Array.from({ length: 3 }, (_, index) => ({
    id: `bafkrei-event-${index}`,
    kind: index === 2 ? 'late' : 'accepted',
    about: cards[0]?.agentId,
    rater: cards[12]?.agentId,
    at: ago(index * 3_600_000),
    weight: UNIT,
    evidence: [],
    appealed: index === 2,
    reversedBy: [],
  }));
}

/** A partner with both agreements, and a lie that was proven. */
export function partnerOf(cards: Row[]): Row {
  const agreement = {
    agreement: 'bafkrei-agreement',
    isInForce: true,
    since: ago(86_400_000),
    until: ago(-86_400_000 * 60),
    scope: [{ predicateTypes: ['https://slsa.dev/*'], subjects: ['*'], fields: [] }],
    budget: { queriesPerMinute: 60, rowsPerQuery: 1_000, bytesPerMinute: 1_048_576 },
  };
  return {
    agent: cards[20]?.agentId,
    name: 'Acme builds',
    self: cards[1]?.agentId,
    peers: [cards[20]?.host],
    isConnected: true,
    isForked: false,
    given: agreement,
    taken: { ...agreement, scope: [] },
    standing: {
      status: 'good',
      score: 940,
      share: 1000,
      latencyMs: 41,
      isAwaited: false,
      counts: { met: 31, verified: 30, late: 1 },
      rows: 512,
    },
    evidence: [
      { id: 'evidence-1', lie: 'omission', detail: 'left out entry 41 of its log', at: ago(7_200_000) },
    ],
    addedAt: ago(86_400_000),
  };
}

/** Peers: most are well, one is limited, one is shut out; one object is in quarantine. */
export function peers({ network }: FixtureData): Row {
  const all = { bytes: 1, messages: 0.98, streams: 1, opens: 0.93, cpuMs: 1, failures: 1 };
  return {
    peers: network.nodes.map((node, index) => ({
      ...node,
      direction: node.connected ? 'outbound' : null,
      address: node.connected ? '/ip4/127.0.0.1/tcp/4102' : null,
      path: node.connected ? 'direct' : null,
      rttMs: node.connected ? 2.4 : null,
      gossipScore: index * 1.5,
      state: ['ok', 'ok', 'limited', 'penalized', 'ok'][index] ?? 'ok',
      reason:
        index === 2
          ? 'messages: its budget is used up'
          : index === 3
            ? 'three records without a valid signature'
            : '',
      until: index === 3 ? ago(-540_000) : null,
      strikes: index === 3 ? 3 : 0,
      refused: index === 2 ? 214 : index === 3 ? 3 : 0,
      left: index === 2 ? { ...all, messages: 0 } : all,
    })),
    unproven: {
      objects: 1,
      bytes: 2_112,
      objectsMax: 4_096,
      bytesMax: 16_777_216,
      keptMs: 600_000,
      held: [
        {
          kind: 'head',
          name: 'zerostate.dev/log/12D3KooWunknown',
          size: 2_112,
          from: network.nodes[0]?.peerId,
          at: ago(90_000),
          until: ago(-510_000),
        },
      ],
    },
  };
}

export function readiness(): Row {
  return {
    ok: true,
    degraded: false,
    checks: [
      { name: 'database', ok: true, detail: 'the newest log entry reads back' },
      { name: 'disk', ok: true, detail: 'takes writes' },
      { name: 'network', ok: true, detail: '4 peers' },
      { name: 'policy', ok: true, detail: 'the built-in policies are in force' },
    ],
  };
}

export function policy(): Row {
  return {
    active: {
      id: 'bafkrei-policy',
      name: '',
      sequence: 0,
      expiresAt: null,
      policies: [{ id: 'find-clear', effect: 'permit', detail: '' }],
    },
    expired: false,
    files: [],
    line: { signers: { keys: ['a'], threshold: 1 }, newest: null, floor: 0 },
    cedar: '4.5',
  };
}

export function witnesses({ log, network }: FixtureData): Row {
  const counted = network.nodes.slice(0, 2).map(({ name, peerId }) => ({ name, peerId, at: ago(9_000) }));
  const head = {
    origin: log.origin,
    size: log.size,
    root: log.root,
    checkpoint: '',
    witnesses: { policy: 'peers', known: 4, required: 2, counted, reached: true, asOf: ago(9_000) },
  };
  return {
    self: { name: 'zerostate.dev/witness/self', cosigns: true, logs: 4 },
    policy: { kind: 'peers', required: 2, named: [], text: 'log x\nquorum 2\n' },
    head,
    witnessed: head,
    asked: network.nodes.slice(0, 3).map(({ peerId }, index) => ({
      peerId,
      size: index === 2 ? null : log.size,
      at: NOW - 9_000,
      reason: index === 2 ? 'does not answer' : '',
    })),
  };
}

export function freshness({ logs }: FixtureData): Row {
  const rows = logs.map((log, index) => ({
    origin: log.origin,
    peerId: log.peerId,
    name: log.name,
    self: log.self,
    held: log.size,
    announced: Number(log.size) + (index === 4 ? 3 : 0),
    agents: 8,
    asOf: index === 4 ? null : ago(index * 2_000),
    ageMs: index === 4 ? null : index * 2_000,
    fresh: index !== 4,
  }));
  return { maxAgeMs: 120_000, total: rows.length, stale: 1, logs: rows.reverse() };
}

export function routing({ network }: FixtureData): Row {
  const ids = network.nodes.map(({ peerId }) => peerId);
  return {
    relaying: false,
    policy: 'q',
    draining: false,
    forwarding: 0,
    relays: [],
    links: [
      {
        peer: ids[4],
        direction: 'outbound',
        path: [ids[1], ids[0], ids[4]],
        streams: 1,
        moves: 0,
        attached: true,
      },
    ],
    streams: [],
  };
}

/** What is known of an artifact: it was built from another, a task ran it, and one statement about it was revoked. */
export function provenance({ cards }: FixtureData, start: string): string {
  const thing = (letter: string) => `sha256:${letter.repeat(64)}`;
  const self = start.startsWith('sha256:') ? start : thing('0');
  const row = (index: number, kind: string, edges: [string, string, string][], verdict = 'accept') => ({
    kind: 'statement',
    statementId: `bafkrei-statement-${index}`,
    origin: 'zerostate.dev/log/12D3KooW',
    index,
    depth: 1,
    issuer: cards[index]?.agentId,
    predicateType: kind,
    issuedAt: ago(index * 60_000),
    knownAt: ago(index * 59_000),
    edges: edges.map(([from, relation, to]) => ({ from, relation, to })),
    says: { kind: kind.split('/').at(-2) ?? kind, builder: 'https://ci.example/builder' },
    proof: { treeSize: 20, root: 'ab' },
    witnesses: { policy: 'peers', required: 2, counted: 2, reached: true, asOf: ago(9_000) },
    freshness: { state: 'fresh', asOf: ago(2_000), ageMs: 2_000 },
    reputation: { status: 'rated', lower: 640_000 },
    verdict: {
      verdict,
      reason:
        verdict === 'reject'
          ? 'revoked: built from the wrong branch'
          : 'permitted by rely-clear; rated: at least 0.640 by 9 events',
      decision: null,
    },
  });
  return [
    row(1, 'https://slsa.dev/provenance/v1', [
      [self, 'built-from', thing('1')],
      [self, 'built-from', thing('2')],
    ]),
    row(2, 'https://zerostate.dev/predicates/execution-receipt/v1', [
      [thing('3'), 'ran', self],
      [thing('3'), 'produced', thing('4')],
    ]),
    row(3, 'https://cyclonedx.org/bom/v1.6', [[thing('5'), 'attested', self]], 'reject'),
    {
      kind: 'end',
      rows: 3,
      reasons: ['not-indexed'],
      completeness: [{ origin: 'x', complete: true, size: 20, treeSize: 20, missing: [], unlisted: [] }],
    },
  ]
    .map((one) => `${JSON.stringify(one)}\n`)
    .join('');
}

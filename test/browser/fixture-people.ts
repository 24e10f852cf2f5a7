// Invented rows of the double about agents and their work: tasks, standings with their events, partners, quarantine orders.

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

/** An order that is obeyed. */
export function orderOf(cards: Row[]): Row {
  const target = { kind: 'agent', id: cards[7]?.agentId };
  return {
    order: 'bafkrei-order',
    issuer: cards[1]?.agentId,
    state: 'held',
    sequence: 1,
    targets: [target],
    regions: [],
    issuedAt: ago(600_000),
    expiresAt: ago(-80_000_000),
    reason: 'its answers changed overnight',
    evidence: [{ id: 'bafkrei-evidence', held: true }],
    release: { by: [cards[1]?.agentId], threshold: 1 },
    releases: [],
    obeyed: [target],
    detail: 'obeyed: permitted by quarantine-own',
    missing: 0,
  };
}

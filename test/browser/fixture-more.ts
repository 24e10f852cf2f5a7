// Invented answers for the views of the double that are no lists: peers, health, witnesses, freshness, provenance.

import type { FixtureData, Row } from './fixture-data.ts';

const NOW = Date.now();
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

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
    paths: { direct: 4, punched: 0, relayed: 0, routed: 1 },
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

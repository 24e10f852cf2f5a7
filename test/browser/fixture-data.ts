// Invented answers of a node's HTTP API, made from examples/cards, for the fixture server. Nothing here is signed:
// it serves states of the console that a real network cannot be brought into on demand.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { orderOf, partnerOf, standingsOf, tasksOf } from './fixture-people.ts';

const CARDS = join(import.meta.dirname, '../../examples/cards');
const NOW = Date.now();

/** A short stable pseudo identifier. */
export const fakeId = (prefix: string, seed: string): string =>
  `${prefix}${createHash('sha256').update(seed).digest('hex').slice(0, 48)}`;
const hash = (seed: string): string => createHash('sha256').update(seed).digest('hex');
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

export type Row = Record<string, unknown>;
export interface FixtureData {
  node: Row;
  network: { nodes: Row[]; links: Row[] };
  cards: Row[];
  receipts: Row[];
  log: Row;
  logs: Row[];
  revocations: Row[];
  tasks: Row[];
  standings: Row[];
  partners: Row[];
  forks: Row[];
  orders: Row[];
}

const NODES: [string, string, string[]][] = [
  ['boot-1', 'eu-west', ['boot', 'index', 'relay']],
  ['edge-1', 'eu-west', ['edge']],
  ['edge-2', 'eu-west', ['edge']],
  ['edge-3', 'us-east', ['edge']],
  ['edge-4', 'us-east', ['edge']],
];

export const peerOf = (name: string): string => fakeId('12D3KooW', name);
const originOf = (name: string): string => `zerostate.dev/log/${peerOf(name)}`;

/** The network that the fixture serves unless a test changes it. */
export function fixtureData(): FixtureData {
  const cards = exampleCards();
  const revoked = cards[4] as Row;
  const statementId = fakeId('bafkrei', 'revocation');
  Object.assign(revoked, {
    status: 'revoked',
    revocation: { reason: 'the operational key was lost', statementId, at: ago(240_000) },
  });
  const receipts = Array.from({ length: 9 }, (_, index) => receiptOf(index, cards));
  const self = NODES[1] as [string, string, string[]];
  const log = { origin: originOf(self[0]), size: 14, root: hash('root') };
  return {
    node: {
      name: self[0],
      peerId: peerOf(self[0]),
      region: self[1],
      roles: self[2],
      version: '0.1.0',
      addresses: ['/ip4/127.0.0.1/tcp/4102'],
      uptimeSeconds: 431,
      agents: [],
      peers: 4,
      log,
    },
    network: {
      nodes: NODES.map(([name, region, roles], index) => ({
        peerId: peerOf(name),
        name,
        region,
        roles,
        self: name === self[0],
        connected: index < 3,
        online: index !== 4,
        lastSeenMs: index === 4 ? 95_000 : 1200 * index,
      })),
      links: allLinks(),
    },
    cards,
    receipts,
    log: {
      ...log,
      checkpoint: `${log.origin}\n14\n${Buffer.from(hash('root'), 'hex').toString('base64')}\n\n— ${log.origin} ${Buffer.from(hash('sig')).toString('base64')}\n`,
      entries: Array.from({ length: 14 }, (_, index) => entryOf(13 - index, cards)),
    },
    logs: NODES.map(([name], index) => ({
      origin: originOf(name),
      peerId: peerOf(name),
      name,
      size: 14 - index * 2,
      root: hash(`root ${name}`),
      self: name === self[0],
      at: ago(index * 14_000),
    })),
    tasks: tasksOf(receipts),
    standings: standingsOf(cards),
    partners: [partnerOf(cards)],
    forks: [],
    orders: [orderOf(cards)],
    revocations: [
      {
        statementId,
        issuer: revoked.agentId,
        issuerName: revoked.name,
        target: { kind: 'agent', id: revoked.agentId, name: revoked.name },
        reason: 'the operational key was lost',
        issuedAt: ago(240_000),
        receivedAt: ago(239_640),
        sequence: 1,
      },
    ],
  };
}

/** The drafts of examples/cards as card views. */
function exampleCards(): Row[] {
  return readdirSync(CARDS)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((file, index) => {
      const draft = parse(readFileSync(join(CARDS, file), 'utf8')) as Row;
      const host = NODES[1 + (index % 4)] as [string, string, string[]];
      return {
        ...cardRow(index),
        ...draft,
        region: draft.region ?? host[1],
        host: peerOf(host[0]),
        local: host[0] === 'edge-1',
      };
    });
}

/** A plain valid card. */
export function cardRow(index: number): Row {
  return {
    agentId: fakeId('zs:bafkrei', `agent ${index}`),
    cardId: fakeId('bafkrei', `card ${index}`),
    name: `Agent ${index}`,
    description: `Agent number ${index}.`,
    region: 'eu-west',
    tags: ['text'],
    capabilities: [{ name: 'do-it', description: 'Does it.', tags: ['text'] }],
    prices: [{ unit: 'request', amount: '1000', currency: 'EUR' }],
    sla: 'standard',
    sequence: 1,
    issuedAt: ago(400_000),
    expiresAt: new Date(NOW + 6 * 86_400_000).toISOString(),
    host: peerOf('edge-1'),
    local: false,
    status: 'valid',
    revocation: null,
  };
}

/** A receipt row; every ninth ends in a trap. */
export function receiptOf(index: number, cards: Row[]): Row {
  const executor = cards[(index * 7) % cards.length] as Row;
  const bad = index % 9 === 4;
  return {
    id: fakeId('bafkrei', `receipt ${index}`),
    taskId: fakeId('task-', `task ${index}`).slice(0, 22),
    status: bad ? 'OUT_OF_FUEL' : 'OK',
    exitCode: bad ? null : 0,
    fuel: String(1_284_331n + BigInt(index) * 77_123n),
    executor: executor.agentId,
    executorName: executor.name,
    requester: fakeId('zs:bafkrei', 'requester'),
    module: `sha256:${hash(`module ${index % 3}`)}`,
    issuedAt: ago(30_000 + index * 41_000),
    logIndex: index,
    origin: originOf(NODES[1 + (index % 4)]?.[0] ?? 'edge-1'),
  };
}

function entryOf(index: number, cards: Row[]): Row {
  const kinds = ['execution-receipt', 'execution-receipt', 'reputation-event', 'revocation'];
  return {
    index,
    statementId: fakeId('bafkrei', `entry ${index}`),
    predicateType:
      index % 5 === 0
        ? 'application/vnd.zerostate.agent-card+json'
        : `https://zerostate.dev/predicates/${kinds[index % kinds.length]}/v1`,
    issuer: cards[index % 6]?.agentId,
    issuerName: cards[index % 6]?.name,
    at: ago((14 - index) * 25_000),
  };
}

function allLinks(): Row[] {
  const links: Row[] = [];
  const names = NODES.slice(0, 4).map(([name]) => name);
  names.forEach((from, index) => {
    for (const to of names.slice(index + 1))
      links.push({ from: peerOf(from), to: peerOf(to), rttMs: 0.8 + links.length * 1.7 });
  });
  return links;
}

/** A receipt file whose envelope can be read, and whose signature is none. */
export function receiptFile(row: Row): Row {
  const predicate = {
    issuer: row.executor,
    deterministic: {
      moduleDigest: row.module,
      inputsDigest: `sha256:${hash('inputs')}`,
      scheduleId: hash('schedule').slice(0, 16),
      rewriter: '1',
      limits: { fuel: '100000000', memoryBytes: 67_108_864 },
      result: {
        status: row.status,
        exitCode: row.exitCode,
        fuel: row.fuel,
        stdoutDigest: `sha256:${hash('stdout')}`,
      },
    },
    observed: { startedAt: row.issuedAt, wallMs: 12 },
  };
  const payload = Buffer.from(
    JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', predicate }),
  ).toString('base64');
  return {
    kind: 'zerostate-receipt/v1',
    receipt: {
      payloadType: 'application/vnd.in-toto+json',
      payload,
      signatures: [{ keyid: 'did:key:z6Mk', sig: 'AAAA' }],
    },
    entry: 'AAAA',
    proof: 'c2sp.org/tlog-proof@v1\nindex 3\n',
    executorCard: {},
  };
}

/** A trust card with a line of every tone. */
export function trustCard(card: Row): Row {
  const revoked = card.status === 'revoked';
  const line = (section: string, label: string, value: string, tone: string, ...evidence: string[]) => ({
    section,
    label,
    value,
    tone,
    evidence,
  });
  return {
    agentId: card.agentId,
    name: card.name ?? '',
    at: Date.now(),
    tone: revoked ? 'bad' : 'unknown',
    lines: [
      line(
        'identity',
        'card',
        `version ${card.sequence}, signed by did:key:z6Mk`,
        'good',
        String(card.cardId),
      ),
      line('identity', 'keys', 'epoch 0, key 1 of it', 'plain'),
      revoked
        ? line('revocation', 'for dangerous actions', 'revoked: the key was lost', 'bad', 'bafkrei-0')
        : line(
            'revocation',
            'for dangerous actions',
            'not revoked, as of 4 s ago',
            'good',
            String(card.cardId),
          ),
      line(
        'log',
        'history',
        'one history, 14 entries held and checked here',
        'good',
        'zerostate.dev/log/12D3KooW',
      ),
      line('behaviour', 'runs ended OK', '3, the newest today', 'good', 'receipt-1', 'receipt-2'),
      line('reputation', 'standing', 'unproven: nothing that counts here is known of it', 'unknown'),
      line(
        'policy',
        'may be found now',
        'yes: permitted by find-clear (the built-in policies)',
        'good',
        'bafkrei-p',
      ),
    ],
  };
}

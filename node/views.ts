// Makes the API's views of what the services hold. Reads only.

import { toBase64 } from '../protocol/bytes/index.ts';
import { checkCardTime, verifyCard } from '../protocol/card/index.ts';
import { decodeEnvelope } from '../protocol/envelope/index.ts';
import { isZeroError } from '../protocol/errors/index.ts';
import { peerIdOfOrigin } from '../protocol/log/index.ts';
import { STATEMENT_PAYLOAD_TYPE, verifyAgentStatement } from '../protocol/statement/index.ts';
import type {
  CardView,
  LogsView,
  LogView,
  NetworkView,
  NodeView,
  ReceiptView,
  RevocationView,
} from './api/views.ts';
import type { BookEntry } from './cards/card-book.ts';
import { rfc3339 } from './clock/index.ts';
import type { NodeContext } from './context.ts';
import type { KnownReceipt } from './receipts/receipt-book.ts';
import type { KnownRevocation } from './revocation/revocation-service.ts';
import { VERSION } from './version.ts';

export function cardView(
  context: Pick<NodeContext, 'revocations' | 'clock' | 'vault'>,
  entry: BookEntry,
): CardView {
  const { card } = entry;
  const { revoked } = context.revocations.verdict(entry);
  const time = checkCardTime(card, context.clock.now());
  return {
    agentId: entry.agentId,
    cardId: entry.cardId,
    name: card.name,
    description: card.description,
    region: card.region,
    ...(card.operator === undefined ? {} : { operator: card.operator }),
    tags: card.tags,
    capabilities: card.capabilities,
    prices: card.prices,
    ...(card.languages === undefined ? {} : { languages: card.languages }),
    sla: card.sla,
    sequence: card.sequence,
    epoch: card.epoch,
    keySerial: card.keySerial,
    issuedAt: card.issuedAt,
    expiresAt: card.expiresAt,
    host: card.endpoints[0]?.peer ?? '',
    local: context.vault.has(entry.agentId),
    status: revoked !== null ? 'revoked' : time === 'expired' ? 'expired' : 'valid',
    revocation:
      revoked === null
        ? null
        : { reason: revoked.reason, statementId: revoked.statementId, at: revoked.issuedAt },
  };
}

export function nodeView(context: NodeContext): NodeView {
  const { config, host, ownLog, index, vault } = context;
  const { origin, size, root } = ownLog.state();
  const stats = index?.stats();
  return {
    name: config.name,
    peerId: context.peerId,
    region: config.region,
    network: config.network,
    roles: config.roles,
    version: VERSION,
    addresses: host.getMultiaddrs().map(String),
    pid: process.pid,
    uptimeSeconds: Math.floor((context.clock.now() - context.startedAt) / 1000),
    agents: vault.list().map(({ agentId }) => agentId),
    peers: host.getPeers().length,
    cards: context.book.size,
    log: { origin, size, root: toBase64(root) },
    clock: context.directory.clocks.view(),
    index:
      stats === undefined
        ? null
        : { cards: stats.cards, embedder: stats.embedder, graph: stats.graph, waiting: stats.waiting },
  };
}

export function networkView({
  clock,
  directory,
  host,
}: Pick<NodeContext, 'clock' | 'directory' | 'host'>): NetworkView {
  const self = directory.self();
  const connected = new Set(host.getPeers().map(String));
  const nodes = [self, ...directory.nodes()];
  return {
    nodes: nodes.map((node) => ({
      peerId: node.peerId,
      name: node.name,
      region: node.region,
      roles: node.roles,
      version: node.version,
      self: node.peerId === self.peerId,
      connected: connected.has(node.peerId),
      online: node.peerId === self.peerId || directory.isFresh(node),
      lastSeenMs: Math.max(0, clock.now() - node.heardAtMs),
    })),
    links: nodes
      .filter((node) => node.peerId === self.peerId || directory.isFresh(node))
      .flatMap((node) => node.links.map((link) => ({ from: node.peerId, to: link.peer, rttMs: link.rttMs }))),
  };
}

export function receiptView({ book }: Pick<NodeContext, 'book'>, receipt: KnownReceipt): ReceiptView {
  const { deterministic, observed, issuedAt } = receipt.predicate;
  return {
    id: receipt.id,
    taskId: observed.taskId,
    status: deterministic.result.status,
    exitCode: deterministic.result.exitCode,
    fuel: deterministic.result.fuel,
    executor: receipt.issuer,
    executorName: book.get(receipt.issuer)?.card.name ?? '',
    requester: observed.requester ?? '',
    module: deterministic.moduleDigest,
    issuedAt,
    logIndex: receipt.position.index,
    origin: receipt.position.origin,
  };
}

export function revocationView(
  { book }: Pick<NodeContext, 'book'>,
  { statementId, issuer, predicate, receivedAt }: KnownRevocation,
): RevocationView {
  const name = book.get(issuer)?.card.name ?? '';
  const { kind, id } = predicate.target;
  return {
    statementId,
    issuer,
    issuerName: name,
    target: { kind, id, ...(name === '' ? {} : { name }) },
    reason: predicate.reason,
    issuedAt: predicate.issuedAt,
    receivedAt: rfc3339(receivedAt),
    sequence: predicate.sequence,
  };
}

/** The newest entries of a log, or those before an index, for people. */
export async function logView(
  { book, store }: Pick<NodeContext, 'book' | 'store'>,
  origin: string,
  limit: number,
  before: number,
): Promise<LogView> {
  const { size, root, checkpoint } = store.state(origin);
  const end = before === 0 ? size : Math.min(before, size);
  const entries: LogView['entries'] = [];
  for await (const { index, statementId, body } of store.entries(origin, Math.max(0, end - limit), end)) {
    const told = describe(body);
    entries.push({ index, statementId, ...told, issuerName: book.get(told.issuer)?.card.name ?? '' });
  }
  return { origin, size, root: toBase64(root), checkpoint, entries: entries.reverse() };
}

function describe(body: Uint8Array | null): { predicateType: string; issuer: string; at: string } {
  if (body === null) return { predicateType: 'withheld', issuer: '', at: '' };
  try {
    const envelope = decodeEnvelope(body);
    if (envelope.payloadType === STATEMENT_PAYLOAD_TYPE) {
      const { predicateType, issuer, statement } = verifyAgentStatement(envelope);
      return { predicateType, issuer, at: statement.predicate.issuedAt };
    }
    const { card } = verifyCard(envelope);
    return { predicateType: envelope.payloadType, issuer: card.id, at: card.issuedAt };
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return { predicateType: `invalid (${error.code})`, issuer: '', at: '' };
  }
}

export function logsView({ directory, ownLog, peerId, store }: NodeContext): LogsView {
  // The own log first, also while it is empty.
  const states = [ownLog.state(), ...store.states().filter(({ origin }) => origin !== ownLog.origin)];
  return {
    logs: states.map((state) => {
      const host = peerIdOfOrigin(state.origin);
      const name = host === peerId ? directory.self().name : (directory.get(host)?.name ?? '');
      return {
        origin: state.origin,
        peerId: host,
        name,
        size: state.size,
        root: toBase64(state.root),
        self: state.origin === ownLog.origin,
        at: rfc3339(state.at),
      };
    }),
  };
}

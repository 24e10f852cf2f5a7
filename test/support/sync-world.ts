// The exchange of logs over a store of its own, without a network: peers are names whose answers a test decides, and gossip is handed in.

import type { PeerId } from '@libp2p/interface';
import type { Verdict } from '../../node/gossip/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import type { RpcProtocol } from '../../node/rpc/index.ts';
import { type Found, type Readable, StatementRouter } from '../../node/statements/router.ts';
import { ForkBook } from '../../node/sync/fork-book.ts';
import type { Quotas } from '../../node/sync/quota.ts';
import { type SyncDeps, SyncService } from '../../node/sync/sync-service.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../protocol/sync/index.ts';
import { HandClock } from './hand-clock.ts';
import { type Answer, honestAnswer } from './log-answers.ts';
import { ownLogOver, type TestDatabase } from './log-stores.ts';
import type { MemoryLog } from './memory-log.ts';

export const NETWORK = 'test';
const PROTOCOL = `/zerostate/${NETWORK}/sync/1`;
const REQUESTS = ['heads-request', 'tail-request', 'consistency-request'] as const;

export const peerOf = (name: string) => ({ toString: () => name }) as unknown as PeerId;

/** A comparison of heads, as a peer asks for it that holds these logs and no other. */
export const headsQuestion = (...logs: MemoryLog[]): Uint8Array =>
  encodeSyncMessage({
    kind: 'heads-request',
    after: null,
    upTo: null,
    heads: logs.map(({ checkpoint }) => checkpoint),
  });

/** What a peer holds, and how it answers where it does not say what it holds. */
export interface Talker {
  readonly logs: readonly MemoryLog[];
  readonly answer?: Answer;
}

/** Room for all that tests do. */
const QUOTAS: Quotas = { originBytesMax: 2 ** 30, totalBytesMax: 2 ** 32 };
const INTERVAL_MS = 15_000;

/** Starts it. Peers that are not among the talkers cannot be reached. */
export async function syncWorld(
  database: TestDatabase,
  talkers: Map<string, Talker>,
  options: {
    db?: Awaited<ReturnType<TestDatabase['open']>>;
    quotas?: Partial<Quotas>;
    intervalMs?: number;
  } = {},
) {
  const db = options.db ?? (await database.open());
  const store = await database.store(db);
  const ownLog = ownLogOver(store);
  const forks = new ForkBook(db);
  await forks.load();
  const clock = new HandClock();
  const asked: { peer: string; message: SyncMessage }[] = [];
  const applied: Found[] = [];
  const grown: string[] = [];
  const failed: string[] = [];
  const held: string[] = [];
  const counts: Record<string, number> = {};
  const published: { data: Uint8Array; isUrgent: boolean | undefined }[] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  const settled: ((object: { name: string; bytes: Uint8Array }) => string)[] = [];
  let judge: (data: Uint8Array, from: PeerId) => Promise<Verdict> = async () => 'ignore';
  let protocol: RpcProtocol | undefined;
  let serve: (bytes: Uint8Array, peer: PeerId) => Promise<Uint8Array> = async () => new Uint8Array();
  const note = (_: Readable | unknown, found: Found) => void applied.push(found);
  const silent = createLogger({ level: 'silent', name: 'test' });
  const router = new StatementRouter({ log: silent, handlers: { card: note, statement: note } });
  const service = new SyncService({
    host: {
      getPeers: () => [...talkers.keys()].map(peerOf),
      getConnections: (peer: PeerId) => (talkers.has(peer.toString()) ? [{}] : []),
      addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
      removeEventListener: (name: string) => listeners.delete(name),
    },
    rpc: {
      handle: async (served: RpcProtocol, handler: typeof serve) => {
        protocol = served;
        serve = handler;
      },
      call: async (peer: PeerId, _: unknown, bytes: Uint8Array) => {
        const message = decodeSyncMessage(bytes, REQUESTS);
        const talker = talkers.get(peer.toString());
        asked.push({ peer: peer.toString(), message });
        if (talker === undefined) throw new ZeroError('PEER_UNREACHABLE', 'it is not there');
        return (await talker.answer?.(message)) ?? (await honestAnswer(talker.logs, message));
      },
    },
    gossip: {
      subscribe: (_: string, validate: typeof judge) => {
        judge = validate;
      },
      publish: async (_: string, data: Uint8Array, isUrgent?: boolean) =>
        void published.push({ data, isUrgent }),
    },
    store,
    ownLog,
    router,
    forks,
    admission: { failed: (peer: string) => failed.push(peer) },
    quarantine: {
      hold: async ({ name, from }: { name: string; from: string }) => held.push(`${name} ${from}`) > 0,
      settle: async (_: string, prove: (typeof settled)[number]) => void settled.push(prove),
    },
    quotas: { ...QUOTAS, ...options.quotas },
    clock,
    log: silent,
    metrics: {
      set: () => {},
      count: (name: string, labels: Record<string, string> = {}, by = 1) => {
        const key = [name, ...Object.values(labels)].join(' ');
        counts[key] = (counts[key] ?? 0) + by;
      },
    },
    network: NETWORK,
    intervalMs: options.intervalMs ?? INTERVAL_MS,
    onGrown: (origin: string) => grown.push(origin),
    onPushed: () => {},
  } as unknown as SyncDeps);
  await service.start();
  return {
    ...{ service, store, ownLog, forks, clock, router, protocol: protocol! },
    /** Questions put to peers, and what is known to have come of it all: entries applied, logs that grew, peers that failed, heads in quarantine. */
    ...{ asked, applied, grown, failed, held, counts, published, settled },
    pull: (peer: string, { origin, stored }: MemoryLog) => service.pull(peerOf(peer), origin, stored.length),
    syncWith: (peer: string) => service.syncWith(peerOf(peer)),
    /** Gossip from a peer: bytes, or the text of a head. */
    gossip: (from: string, data: Uint8Array | string) =>
      judge(typeof data === 'string' ? utf8(data) : data, peerOf(from)),
    ask: (from: string, bytes: Uint8Array) => serve(bytes, peerOf(from)),
    /** A peer is met; `direction` says who dialled. */
    meet: (peer: string, direction: 'inbound' | 'outbound', protocols = [PROTOCOL]) =>
      listeners.get('peer:identify')?.({
        detail: { peerId: peerOf(peer), protocols, connection: { direction } },
      }),
    /** How often peers were asked for a kind of message. */
    questions: (kind: SyncMessage['kind'], peer?: string) =>
      asked.filter((one) => one.message.kind === kind && (peer === undefined || one.peer === peer)).length,
  };
}

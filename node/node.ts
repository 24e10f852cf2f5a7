// One participant: opens the database, makes the services, starts and stops them in one list. The only place that knows them all.

import { join } from 'node:path';
import { multiaddr } from '@multiformats/multiaddr';
import { sha256 } from '../protocol/crypto/index.ts';
import { createRunner } from '../wasm-runner/index.ts';
import { Admission } from './admission/index.ts';
import { Quarantine } from './admission/quarantine.ts';
import { CardBook } from './cards/card-book.ts';
import { CardService } from './cards/card-service.ts';
import { type Clock, systemClock } from './clock/index.ts';
import type { Config } from './config/index.ts';
import { CardRecords } from './dht/card-records.ts';
import { RecordStore } from './dht/record-store.ts';
import { cardRules } from './dht/rules.ts';
import { Events } from './events/index.ts';
import { makeDiscovery } from './find/make-discovery.ts';
import { Gossip, topicsOf } from './gossip/index.ts';
import { GossipWatchdog } from './gossip/watchdog.ts';
import { createHost } from './host/create.ts';
import { AgentVault } from './keys/agent-vault.ts';
import { loadOrCreateNodeKey } from './keys/node-key.ts';
import { HeadGuard, OwnLog } from './log/index.ts';
import { openStores } from './log/open-stores.ts';
import type { Logger } from './logger/index.ts';
import { createMetrics } from './metrics/index.ts';
import { Directory } from './network/directory.ts';
import { PeerKeeper } from './network/peer-keeper.ts';
import { ReceiptBook } from './receipts/receipt-book.ts';
import { ReceiptFiles } from './receipts/receipt-files.ts';
import { RevocationService } from './revocation/revocation-service.ts';
import { Rpc } from './rpc/index.ts';
import { runServices, type Service } from './services.ts';
import { StatementRouter } from './statements/router.ts';
import { ForkBook } from './sync/fork-book.ts';
import { SyncService } from './sync/sync-service.ts';
import { Executor, taskProtocolId } from './tasks/executor.ts';
import { Requester } from './tasks/requester.ts';
import { TaskStore } from './tasks/task-store.ts';
import { VERSION } from './version.ts';
import { cardView, networkView, receiptView, revocationView } from './views.ts';

export interface NodeOptions {
  readonly home: string;
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Count Node's own process metrics too: for one node a process. */
  readonly processMetrics?: boolean;
}

/** Opens a home folder and makes a node of it, not started. Throws DATA_LOCKED, DATA_CORRUPT, KEY_FILE_UNSAFE or CONFIG_INVALID. */
export async function openNode(options: NodeOptions) {
  const { home, config, log } = options;
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics({ processMetrics: options.processMetrics === true });
  const events = new Events();
  const startedAt = clock.now();

  const key = await loadOrCreateNodeKey(home);
  const vault = new AgentVault(home);
  await vault.load();
  const { db, store, damages } = await openStores({ dir: join(home, 'db'), clock, log });
  metrics.count('zerostate_log_damaged_total', {}, damages);
  db.onChange = (failure) => {
    metrics.set('zerostate_storage_failing', failure === undefined ? 0 : 1);
    if (failure === undefined) log.info('the disk takes writes again');
    else log.error({ err: failure }, 'the disk does not take writes: the node is read-only');
  };
  const files = new ReceiptFiles(db);
  const forks = new ForkBook(db);
  await files.load();
  await forks.load();

  const book: CardBook = new CardBook((entry) => {
    index?.offer(entry);
    metrics.set('zerostate_cards_known', book.size);
    events.emit('card', () => cardView(context, entry));
  });
  const admission = new Admission({ clock, log, metrics });
  const quarantine = new Quarantine({ db, clock, admission });
  const dhtRules = cardRules((agentId) => book.get(agentId)?.card);
  const dhtStore = new RecordStore({ db, rules: dhtRules, caps: config.dht, admission, clock, log, metrics });
  const host = await createHost({
    privateKey: key.libp2p,
    records: dhtStore,
    admission,
    metrics,
    network: config.network,
    listen: config.listen,
    announce: config.announce,
    maxConnections: config.peers.max,
    relay: config.roles.includes('relay'),
    groupPrivate: config.peers.groupPrivate,
    mdns: config.mdns,
    nat: config.nat,
    dhtRules,
    topics: topicsOf(config.network),
    messageId: sha256,
    version: VERSION,
  });
  const peerId = host.peerId.toString();
  const rpc = new Rpc({ host, clock, log, metrics, admission });
  const gossip = new Gossip({ host, network: config.network, log, metrics, admission });
  const watchdog = new GossipWatchdog({ host, clock, log, metrics });
  const receipts = new ReceiptBook();
  const router = new StatementRouter({
    log,
    handlers: {
      isSuperseded: (envelope) => book.isSuperseded(envelope),
      card: (card, { position }) => {
        cards.noteLogged(card, position.origin);
        book.offer(card);
      },
      statement: (statement, { position, live }) => {
        const receipt = receipts.offer(statement, position);
        if (receipt !== undefined && live) events.emit('receipt', () => receiptView(context, receipt));
        const revocation = revocations.offer(statement, position);
        if (revocation === undefined) return;
        if (live)
          log.info(
            {
              issuer: revocation.issuer,
              statementId: revocation.statementId,
              reason: revocation.predicate.reason,
            },
            'revocation known',
          );
        events.emit('revocation', () => revocationView(context, revocation));
      },
    },
  });
  const ownLog: OwnLog = new OwnLog({
    store,
    clock,
    peerId,
    seed: key.seed,
    guard: new HeadGuard(join(home, 'own-head')),
    listener: {
      entry: (body, position) => {
        metrics.count('zerostate_statements_stored_total', { origin: 'own' });
        router.apply(body, { position, live: true });
      },
      head: (state) => {
        metrics.set('zerostate_log_size', state.size);
        events.emit('head', () => ({ origin: state.origin, size: state.size }));
        void sync.publishHead(state);
      },
    },
  });
  const revocations = new RevocationService({
    vault,
    book,
    ownLog,
    store,
    clock,
    log,
    maxAgeMs: config.find.revocationMaxAgeSeconds * 1000,
  });
  const sync: SyncService = new SyncService({
    host,
    rpc,
    gossip,
    store,
    clock,
    log,
    metrics,
    network: config.network,
    ownLog,
    router,
    forks,
    admission,
    quarantine,
    quotas: config.sync,
    intervalMs: config.sync.intervalSeconds * 1000,
    onGrown: (origin) => {
      revocations.grown(origin);
      events.emit('head', () => ({ origin, size: store.state(origin).size }));
    },
  });
  if (!(await ownLog.check()))
    log.error({ held: ownLog.state().size, signed: ownLog.lost?.size }, 'entries of the own log are missing');
  const directory = new Directory({
    host,
    gossip,
    clock,
    log,
    seed: key.seed,
    self: { name: config.name, region: config.region, roles: config.roles, version: VERSION },
    ownLog: () => ownLog.state(),
    onHeard: (entry) => revocations.heard(entry),
    onChange: () => {
      metrics.set('zerostate_peers_connected', host.getPeers().length);
      events.emit('peer', () => networkView(context));
    },
  });
  const keeper = new PeerKeeper({
    host,
    directory,
    clock,
    log,
    target: config.peers.target,
    groupPrivate: config.peers.groupPrivate,
    join: config.join,
  });
  const records = new CardRecords({ host, log, groupPrivate: config.peers.groupPrivate });
  const cards: CardService = new CardService({
    book,
    vault,
    records,
    ownLog,
    host,
    clock,
    log,
    region: config.region,
    taskProtocol: taskProtocolId(config.network),
  });
  const { find, index, indexAudit } = makeDiscovery({
    home,
    config,
    rpc,
    directory,
    book,
    cards,
    revocations,
    clock,
    log,
    metrics,
    peerId,
  });
  const runner = await createRunner();
  const executor = new Executor({
    rpc,
    runner,
    vault,
    book,
    ownLog,
    store,
    clock,
    log,
    metrics,
    network: config.network,
    peerId,
    limits: config.tasks,
  });
  const tasks = new TaskStore({ clock, onChange: (view) => events.emit('task', () => view) });
  const requester = new Requester({
    rpc,
    host,
    find,
    cards,
    tasks,
    executor,
    files,
    clock,
    log,
    metrics,
    network: config.network,
  });

  // Started in this order, stopped in the reverse.
  const services: Service[] = [
    { name: 'database', start: () => {}, stop: () => db.end() },
    {
      name: 'statements',
      start: async () => log.debug({ statements: await router.replay(store) }, 'logs read'),
      stop: () => ownLog.flush(),
    },
    { name: 'index', start: () => index?.start(), stop: () => index?.stop() },
    { name: 'runner', start: () => {}, stop: () => runner.close() },
    { name: 'quarantine', start: () => quarantine.start(), stop: () => {} },
    { name: 'dht-records', start: () => dhtStore.start(), stop: () => dhtStore.stop() },
    { name: 'host', start: () => host.start(), stop: () => host.stop() },
    { name: 'sync', start: () => sync.start(), stop: () => sync.stop() },
    { name: 'directory', start: () => directory.start(), stop: () => directory.stop() },
    { name: 'peers', start: () => keeper.start(), stop: () => keeper.stop() },
    { name: 'gossip-watchdog', start: () => watchdog.start(), stop: () => watchdog.stop() },
    { name: 'index-audit', start: () => indexAudit.start(), stop: () => indexAudit.stop() },
    { name: 'cards', start: () => cards.start(), stop: () => cards.stop() },
    { name: 'tasks', start: () => executor.start(), stop: () => {} },
  ];
  const running = runServices(services, log);

  /** Starts every service; on failure stops those that had started. */
  async function start(): Promise<void> {
    for (const address of config.join) multiaddr(address);
    await running.start();
  }

  const context = {
    admission,
    book,
    cards,
    clock,
    config,
    dhtStore,
    db,
    directory,
    events,
    files,
    find,
    forks,
    home,
    host,
    index,
    indexAudit,
    metrics,
    ownLog,
    peerId,
    quarantine,
    receipts,
    records,
    requester,
    revocations,
    startedAt,
    store,
    tasks,
    vault,
  };
  return { ...context, start, stop: () => running.stop() };
}

/** A node with its services. */
export type ZerostateNode = Awaited<ReturnType<typeof openNode>>;

/** What the API and the views see of a node. */
export type NodeContext = Omit<ZerostateNode, 'start' | 'stop'>;

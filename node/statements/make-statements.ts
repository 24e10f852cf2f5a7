// Puts together what statements pass through: the own log, the logs of others, and the books of cards, receipts and revocations.

import { join } from 'node:path';
import {
  ACCEPTANCE_PREDICATE,
  type AgentStatement,
  COMPARISON_PREDICATE,
  isStatementOf,
  RECEIPT_PREDICATE,
  REVOCATION_PREDICATE,
  signedStatement,
} from '../../protocol/statement/index.ts';
import { busyMeter } from '../busy.ts';
import { CardService } from '../cards/card-service.ts';
import { Residents } from '../cards/residents.ts';
import type { Ground, Net } from '../context.ts';
import { CardRecords } from '../dht/card-records.ts';
import { HeadGuard, type LogPosition, OwnLog, RestoredGate } from '../log/index.ts';
import { ReceiptBook } from '../receipts/receipt-book.ts';
import { RevocationsAhead } from '../revocation/ahead.ts';
import { RevocationService } from '../revocation/revocation-service.ts';
import type { Service } from '../services.ts';
import { SyncService } from '../sync/sync-service.ts';
import { taskProtocolId } from '../tasks/wire.ts';
import { cardView, receiptView, revocationView } from '../views.ts';
import { StatementRouter } from './router.ts';

/** What every task leaves in the logs, for the record: whoever waits for the task has its answer already. */
const BULK: ReadonlySet<string> = new Set([RECEIPT_PREDICATE, ACCEPTANCE_PREDICATE, COMPARISON_PREDICATE]);

/** The parts, not started. `services` read the disk; `syncing` needs the host. */
export async function makeStatements(deps: Ground & Net & { readonly seed: Uint8Array }) {
  const { book, clock, config, db, events, forks, host, log, metrics, peerId, store, vault } = deps;
  /** Something is new in the own log that somebody may wait for; the statement that was handed on last is one that nobody waits for. */
  let isUrgent = false;
  let isBulk = false;
  const receipts = new ReceiptBook();
  const residents = new Residents();
  const router = new StatementRouter({
    log,
    handlers: {
      isSuperseded: (envelope) => book.isSuperseded(envelope),
      card: (card, { position }) => {
        cards.noteLogged(card, position.origin);
        residents.note(card, position.origin);
        book.offer(card);
      },
      statement: (statement, { position, live }) => {
        isBulk = BULK.has(statement.predicateType);
        const receipt = receipts.offer(statement, position);
        if (receipt !== undefined && live) events.emit('receipt', () => receiptView(deps, receipt));
        if (isStatementOf(statement, REVOCATION_PREDICATE)) ahead.stored(statement.issuer);
        offerRevocation(statement, position, live);
      },
    },
  });
  function offerRevocation(statement: AgentStatement, position: LogPosition | null, live: boolean): void {
    const revocation = revocations.offer(statement, position);
    if (revocation === undefined) return;
    const { issuer, statementId, predicate } = revocation;
    if (live) log.info({ issuer, statementId, reason: predicate.reason }, 'revocation known');
    events.emit('revocation', () => revocationView(deps, revocation));
  }
  const ahead = new RevocationsAhead({
    book,
    router,
    take: (statement) => offerRevocation(statement, null, true),
  });
  const restored = new RestoredGate(deps.home);
  await restored.load();
  const ownLog: OwnLog = new OwnLog({
    store,
    clock,
    peerId,
    seed: deps.seed,
    guard: new HeadGuard(join(deps.home, 'own-head')),
    restored,
    isForked: () => forks.has(ownLog.origin),
    checkDisk: () => db.checkWrites(),
    listener: {
      entry: (body, position, envelope) => {
        metrics.count('zerostate_statements_stored_total', { origin: 'own' });
        isBulk = false;
        // What this process signed was verified then; between that and the disk nobody changes it.
        const statement = signedStatement(envelope);
        const found = { position, live: true };
        if (statement === undefined) router.apply(body, found);
        else router.deliver({ kind: 'statement', statement }, found);
        isUrgent ||= !isBulk;
      },
      head: (state) => {
        events.emit('head', () => ({ origin: state.origin, size: state.size }));
        void sync.publishHead(state, isUrgent);
        isUrgent = false;
      },
    },
  });
  const maxAgeMs = config.find.revocationMaxAgeSeconds * 1000;
  const revocations = new RevocationService({ vault, book, ownLog, store, clock, log, maxAgeMs });
  book.listen((entry) => events.emit('card', () => cardView({ revocations, clock, vault }, entry)));
  const sync: SyncService = new SyncService({
    ...deps,
    network: config.network,
    ownLog,
    router,
    quotas: config.sync,
    intervalMs: config.sync.intervalSeconds * 1000,
    onGrown: (origin) => {
      revocations.grown(origin);
      events.emit('head', () => ({ origin, size: store.state(origin).size }));
    },
    onPushed: (bodies) => ahead.look(bodies),
  });
  if (!(await ownLog.check()))
    log.error({ held: ownLog.state().size, signed: ownLog.lost?.size }, 'entries of the own log are missing');
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
    busy: busyMeter(),
  });
  const services: Service[] = [
    {
      name: 'statements',
      start: async () => log.debug({ statements: await router.replay(store) }, 'logs read'),
      stop: () => ownLog.flush(),
    },
  ];
  const syncing: Service[] = [{ name: 'sync', start: () => sync.start(), stop: () => sync.stop() }];
  const publishing: Service[] = [{ name: 'cards', start: () => cards.start(), stop: () => cards.stop() }];
  return {
    statements: { receipts, residents, router, ownLog, revocations, records, cards, sync },
    services,
    syncing,
    publishing,
  };
}

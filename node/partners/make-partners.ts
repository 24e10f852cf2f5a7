// Puts the partners of a node together.

import { seedSigner } from '../../protocol/envelope/index.ts';
import type { Pass } from '../../protocol/partner/index.ts';
import { isStatementOf, REVOCATION_PREDICATE, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import type { Core } from '../context.ts';
import { Reporter } from '../reputation/index.ts';
import { RowStreams } from '../rpc/row-streams.ts';
import type { Service } from '../services.ts';
import { PartnerBudgets } from './budget.ts';
import { EvidenceStore } from './evidence-store.ts';
import { Federation } from './federation.ts';
import { Greeter } from './greeter.ts';
import { Judge } from './judge.ts';
import { LateSource } from './late-source.ts';
import { Lines } from './lines.ts';
import { Openings } from './openings.ts';
import type { Partner } from './partner-book.ts';
import { PartnerBook } from './partner-book.ts';
import { Partners } from './partners.ts';
import { QueryDesk } from './query-desk.ts';
import { SealedStore } from './sealed-store.ts';

/** Waits so long (milliseconds) after a sealed statement of a partner before its openings are fetched: others may follow it at once. */
const SETTLE_MS = 200;

/** The parts, not started. `seed` is that of the node's key: it signs answers as it signs the heads of the log. */
export function makePartners(core: Core, seed: Uint8Array) {
  const source = new LateSource();
  const {
    admission,
    clock,
    config,
    db,
    forks,
    host,
    log,
    metrics,
    ownLog,
    peerId,
    revocations,
    router,
    rpc,
    store,
    sync,
    vault,
  } = core;
  const { network } = config;
  const book = new PartnerBook({ db, clock, log });
  const sealed = new SealedStore(db);
  const evidence = new EvidenceStore(db);
  const streams = new RowStreams({ host, log, metrics, admission });
  const desk = new QueryDesk({
    streams,
    book,
    budgets: new PartnerBudgets(clock),
    sealed,
    source,
    ownLog,
    signer: seedSigner(seed),
    entries: (from, to) => store.entries(ownLog.origin, from, to),
    clock,
    log,
    metrics,
    network,
  });
  const openings = new Openings({ host, streams, protocol: desk.openings, router, store, book, sealed });
  const reporter = new Reporter('partner-lied', { clock, log, ownLog, vault });
  router.listen((statement) => reporter.heard(statement));
  const judge = new Judge({ store, forks, book, evidence, reporter, log, metrics });
  const federation = new Federation({
    host,
    streams,
    protocol: desk.query,
    store,
    book,
    source,
    sealed,
    judge,
    openings,
    clock,
    log,
    metrics,
    onBehind: (partner) => {
      const peer = lines.peerOf(partner);
      if (peer !== undefined) void sync.syncWith(peer);
    },
  });
  const settling = new Map<string, () => void>();
  const soon = (partner: Partner) => {
    if (settling.has(partner.agent)) return;
    settling.set(
      partner.agent,
      clock.after(SETTLE_MS, () => {
        settling.delete(partner.agent);
        void partners.keepUp(partner);
      }),
    );
  };
  const allows = (peer: string) => core.networkPolicy.partner(peer);
  // A known revocation counts at any age; what is not known does not end what was agreed.
  const revoked = ({ agent, keys }: Pick<Pass, 'agent' | 'keys'>) => {
    const { operationalKey: key, epoch } = keys;
    return revocations.judge({ agentId: agent, key, epoch, order: keys }, undefined, 0).revoked?.reason;
  };
  // Who holds a pass of before has to greet again, with a key that is not revoked.
  router.listen((statement) => {
    const partner = isStatementOf(statement, REVOCATION_PREDICATE) ? book.find(statement.issuer) : undefined;
    if (partner === undefined) return;
    takeBack(partner).catch((error: unknown) => {
      log.error({ err: error, partner: partner.agent }, 'a pass could not be taken back');
    });
  });
  const takeBack = (partner: Partner) => book.change(partner.agent, { peers: [], passUntilMs: 0 });
  const greeter = new Greeter({
    rpc,
    vault,
    book,
    clock,
    log,
    peerId,
    network,
    allows,
    revoked,
    onGreeted: soon,
  });
  const lines = new Lines({
    host,
    book,
    clock,
    log,
    greet: (partner, peer) => greeter.greet(partner, peer),
  });
  const partners: Partners = new Partners({
    book,
    cards: core.book,
    evidence,
    federation,
    forks,
    greeter,
    lines,
    openings,
    ownLog,
    sealed,
    source,
    store,
    syncWith: (peer) => sync.syncWith(peer),
    vault,
    clock,
    log,
  });
  router.listen((statement, { position, live }) => {
    if (!live || statement.predicateType !== SEALED_PREDICATE) return;
    const partner = book
      .list()
      .find(({ peers }) => peers.some((peer) => position.origin.endsWith(`/${peer}`)));
    if (partner !== undefined) soon(partner);
  });
  const services: Service[] = [
    {
      name: 'partners',
      start: async () => {
        await Promise.all([book.load(), sealed.load(), evidence.load()]);
        // Known since it was last written.
        for (const partner of book.list())
          if (partner.taken !== null && revoked(partner.taken.agreement) !== undefined)
            await takeBack(partner);
        await greeter.start();
        await desk.start();
        lines.start();
      },
      stop: async () => {
        lines.stop();
        for (const cancel of settling.values()) cancel();
        await federation.stop();
        await reporter.stop();
        await book.save();
      },
    },
  ];
  return { partners, services };
}

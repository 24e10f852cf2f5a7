// Puts discovery together: the own index if the node has that role, the client of other indexes, their audit, and find over them.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Residents } from '../cards/residents.ts';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { Host } from '../host/create.ts';
import { engineSettings } from '../index-role/engine-settings.ts';
import { IndexRole } from '../index-role/index-role.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Directory } from '../network/directory.ts';
import type { ReputationService } from '../reputation/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Rpc } from '../rpc/index.ts';
import type { Service } from '../services.ts';
import type { StatementRouter } from '../statements/router.ts';
import { askIndexOver } from './ask-index.ts';
import { FindService } from './find-service.ts';
import { IndexAudit } from './index-audit.ts';
import { IndexLines } from './index-lines.ts';
import { IndexProviders } from './index-providers.ts';
import { IndexReports } from './index-reports.ts';
import { allowAll, type DiscoveryPolicy } from './policy.ts';
import { ScoreCheck } from './score-check.ts';
import { ShortlistClient } from './shortlist-client.ts';

export interface DiscoveryDeps {
  readonly home: string;
  readonly config: Config;
  readonly host: Host;
  readonly rpc: Rpc;
  readonly directory: Directory;
  readonly book: CardBook;
  readonly cards: CardService;
  readonly revocations: RevocationService;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly peerId: string;
  readonly reputation: Pick<ReputationService, 'gate' | 'of'>;
  readonly residents: Residents;
  readonly router: Pick<StatementRouter, 'listen'>;
  readonly ownLog: OwnLog;
  readonly vault: AgentVault;
  /** Why an agent is kept apart. Default: nobody is. */
  readonly quarantined?: (agentId: AgentId) => { readonly detail: string } | undefined;
  /** Default: everything is allowed. */
  readonly policy?: DiscoveryPolicy;
}

/** The parts of discovery, not started; `indexing` starts before the host. `index` only where the configuration gives the node an index role. */
export function makeDiscovery(deps: DiscoveryDeps) {
  const { book, cards, clock, config, directory, log, metrics, peerId, revocations, rpc } = deps;
  const { network, region, roles } = config;
  const known = () => book.list();
  const everywhere = roles.includes('index');
  const index =
    everywhere || roles.includes('index-shard')
      ? new IndexRole({
          home: deps.home,
          rpc,
          clock,
          log,
          metrics,
          network,
          region: everywhere ? undefined : region,
          cards: known,
          engine: engineSettings(config.index),
        })
      : undefined;
  const reports = new IndexReports({ ...deps, assess: (agentId) => deps.reputation.of(agentId) });
  deps.router.listen((statement) => reports.heard(statement));
  const ask = askIndexOver(rpc, network);
  const providers = new IndexProviders({
    host: deps.host,
    clock,
    log,
    network,
    own: index === undefined ? undefined : everywhere ? null : region,
  });
  const regions = () => [...new Set(known().map(({ card }) => card.region))];
  const shortlists: ShortlistClient = new ShortlistClient({
    ask,
    providers,
    directory,
    clock,
    log,
    own: index,
    regions,
    suspicion: (peer) => (reports.isDistrusted(peer) ? 1 : indexAudit.suspicion(peer)),
  });
  const indexAudit: IndexAudit = new IndexAudit({
    ask,
    nodes: () => shortlists.indexNodes().filter((node) => node.peerId !== peerId),
    cards: known,
    clock,
    log,
    metrics,
    trueScore: (text, embedder, entry) => scores.boundsOf(text, embedder, entry),
    onUntrusted: (peer, what) => void reports.report(peer, what),
  });
  const lines = new IndexLines({
    host: deps.host,
    clock,
    log,
    regions,
    nodes: () => shortlists.indexNodes(),
    crowd: () => directory.nodes().length,
    onLine: () => scores.warmUp(known),
  });
  directory.onNew = ({ roles: its }) => {
    if (its.some((role) => role === 'index' || role === 'index-shard')) lines.soon();
  };
  const scores: ScoreCheck = new ScoreCheck({
    log,
    metrics,
    clock,
    onFalse: (peer) => indexAudit.noteFalseScore(peer),
  });
  const find = new FindService({
    shortlists,
    scores,
    policy: deps.policy ?? allowAll,
    quarantined: deps.quarantined ?? (() => undefined),
    reputation: deps.reputation,
    cards,
    revocations,
    clock,
    metrics,
    self: peerId,
    onAnswer: (text, filter, shown) => indexAudit.noteAnswer(text, filter, shown),
    minScore: config.find.minScore,
  });
  const indexing: Service[] =
    index === undefined ? [] : [{ name: 'index', start: () => index.start(), stop: () => index.stop() }];
  const auditing: Service[] = [
    { name: 'index-audit', start: () => indexAudit.start(), stop: () => indexAudit.stop() },
    { name: 'index-providers', start: () => providers.start(), stop: () => providers.stop() },
    { name: 'index-lines', start: () => lines.start(), stop: () => lines.stop() },
    { name: 'index-reports', start: () => {}, stop: () => reports.stop() },
    { name: 'score-check', start: () => {}, stop: () => scores.stop() },
  ];
  book.listen((entry) => {
    index?.offer(entry);
    scores.offer(entry);
  });
  return { find, index, indexAudit, indexing, auditing };
}

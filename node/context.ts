// What the API, the views and the parts of a node see of it: the type alone, so that nobody has to know how a node is put together.

import type { Runner } from '../wasm-runner/index.ts';
import type { Admission } from './admission/index.ts';
import type { Quarantine } from './admission/quarantine.ts';
import type { ArtifactService } from './artifacts/artifact-service.ts';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import type { Replication } from './artifacts/replication.ts';
import type { Backups } from './backup/index.ts';
import type { CapsuleSigning } from './capsules/signing.ts';
import type { CardBook } from './cards/card-book.ts';
import type { CardService } from './cards/card-service.ts';
import type { Renewer } from './cards/renewer.ts';
import type { Residents } from './cards/residents.ts';
import type { Clock } from './clock/index.ts';
import type { Config } from './config/index.ts';
import type { CardRecords } from './dht/card-records.ts';
import type { RecordStore } from './dht/record-store.ts';
import type { Events } from './events/index.ts';
import type { FindService } from './find/find-service.ts';
import type { IndexAudit } from './find/index-audit.ts';
import type { Gossip } from './gossip/index.ts';
import type { Guilds } from './guild/index.ts';
import type { Host } from './host/create.ts';
import type { IndexRole } from './index-role/index-role.ts';
import type { AgentVault } from './keys/agent-vault.ts';
import type { LogStore, OwnLog } from './log/index.ts';
import type {
  Copies,
  Cosignatures,
  LogProofs,
  LogProtocol,
  LogResources,
  Retention,
  Witness,
  WitnessPolicy,
} from './log-service/index.ts';
import type { Logger } from './logger/index.ts';
import type { Metrics } from './metrics/index.ts';
import type { Directory } from './network/directory.ts';
import type { Partners } from './partners/index.ts';
import type { Payments } from './payments/index.ts';
import type {
  Gate,
  NetworkPolicy,
  Overrides,
  PolicyEpochs,
  PolicyService,
  Verdicts,
} from './policy/index.ts';
import type { Provenance } from './provenance/index.ts';
import type { QuarantineDesk, Quarantines } from './quarantine/index.ts';
import type { ReceiptBook } from './receipts/receipt-book.ts';
import type { ReceiptFiles } from './receipts/receipt-files.ts';
import type { RelayCustomer } from './relaying/relay-customer.ts';
import type { RelayPayer } from './relaying/relay-payer.ts';
import type { ReputationService } from './reputation/index.ts';
import type { RevocationService } from './revocation/revocation-service.ts';
import type { Routing } from './routing/index.ts';
import type { Rpc } from './rpc/index.ts';
import type { StatementRouter } from './statements/router.ts';
import type { Database } from './storage/index.ts';
import type { ForkBook } from './sync/fork-book.ts';
import type { SyncService } from './sync/sync-service.ts';
import type { Executor } from './tasks/executor.ts';
import type { Requester } from './tasks/requester.ts';
import type { TaskBook } from './tasks/task-book.ts';

/** What every part of a node may stand on: settings, time, diagnostics, keys and the database. */
export interface Ground {
  readonly home: string;
  readonly config: Config;
  /** Why the node does not run as it was told to; undefined when it does. */
  readonly degraded: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: Events;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly db: Database;
  readonly store: LogStore;
  readonly vault: AgentVault;
  readonly files: ReceiptFiles;
  readonly forks: ForkBook;
  readonly admission: Admission;
  readonly quarantine: Quarantine;
  /** The newest card of every agent; `listen` to it. */
  readonly book: CardBook;
  /** Runs untrusted modules, for whoever asks. */
  readonly runner: Runner;
}

/** The network under the services. Handlers are registered in `start`, never in a constructor: the host is not up before. */
export interface Net {
  readonly host: Host;
  readonly peerId: string;
  readonly rpc: Rpc;
  readonly gossip: Gossip;
  readonly dhtStore: RecordStore;
}

/** A node without what is built upon it: what a further part (`makeX(core)`) takes what it needs from. */
export interface Core extends Ground, Net {
  /** Every verified statement comes by here; `listen` to it. */
  readonly router: StatementRouter;
  readonly ownLog: OwnLog;
  /** Exchanges logs with peers. */
  readonly sync: SyncService;
  readonly receipts: ReceiptBook;
  readonly revocations: RevocationService;
  readonly records: CardRecords;
  readonly cards: CardService;
  readonly directory: Directory;
  /** Which agents live on which node. */
  readonly residents: Residents;
  /** How agents have kept their word, as this node sees it. */
  readonly reputation: ReputationService;
  /** Policies, and what was decided under them. */
  readonly policy: PolicyService;
  readonly networkPolicy: NetworkPolicy;
  /** What may be said of an agent, by safety tier. */
  readonly gate: Gate;
  readonly overrides: Overrides;
  /** Policies that begin at a boundary. */
  readonly epochs: PolicyEpochs;
  /** What is kept apart by order, and where orders are signed. */
  readonly quarantines: Quarantines;
  readonly quarantineDesk: QuarantineDesk;
  /** May this task run, may that statement be relied on? */
  readonly verdicts: Verdicts;
  readonly find: FindService;
  readonly index: IndexRole | undefined;
  readonly indexAudit: IndexAudit;
}

/** A node, as the API and the views see it. */
export interface NodeContext extends Core {
  readonly backups: Backups;
  readonly capsuleSigning: CapsuleSigning;
  /** Files and folders by content id. */
  readonly artifacts: ArtifactService;
  readonly artifactStore: ArtifactStore;
  readonly artifactCopies: Replication;
  readonly executor: Executor;
  /** Short-lived private rings of agents. */
  readonly guilds: Guilds;
  /** Proofs, kept heads, and who vouches for them, of every log held. */
  readonly logProofs: LogProofs;
  /** What anybody may read of the logs held, here and at peers. */
  readonly logResources: LogResources;
  readonly logProtocol: LogProtocol;
  /** This node as a witness of others, whose cosignatures count here, and those of the own log. */
  readonly witness: Witness;
  readonly witnessPolicy: WitnessPolicy;
  readonly cosignatures: Cosignatures;
  /** What is durable where, and what is let go. */
  readonly copies: Copies;
  readonly retention: Retention;
  /** Organisations that this node shares with, and the query over all of them. */
  readonly partners: Partners;
  readonly payments: Payments;
  /** What is known about things, from every log. */
  readonly provenance: Provenance;
  /** Asks relays for their bills, and pays them. */
  readonly relayPayer: RelayPayer;
  /** What this node counted of its own use of relays, and paid for it. */
  readonly relayCustomer: RelayCustomer;
  /** Renews the cards of agents here, and names those that run out. */
  readonly renewer: Renewer;
  /** Streams through relays: why each went where it went, and draining. */
  readonly routing: Routing;
  readonly requester: Requester;
  readonly tasks: TaskBook;
}

/** A node that can be started and stopped. */
export interface ZerostateNode extends NodeContext {
  /** Starts every service; on failure stops those that had started. */
  start(): Promise<void>;
  /** Answers the names of services that did not end in time and were left behind. */
  stop(): Promise<string[]>;
}

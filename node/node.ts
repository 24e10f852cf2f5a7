// One participant: puts the parts together and starts and stops them in one list. The only place that knows them all.
// A further part is a factory `makeX(core) -> { services, ... }`: one import, one line under "Built upon the core".

import { nodeIdOf } from '../protocol/provenance/index.ts';
import { makeArtifacts } from './artifacts/index.ts';
import { makeBackups } from './backup/index.ts';
import { makeCapsuleSigning } from './capsules/signing.ts';
import { makeRenewer } from './cards/make-renewer.ts';
import type { Core, ZerostateNode } from './context.ts';
import { makeDiscovery } from './find/make-discovery.ts';
import { type GroundOptions, makeGround } from './ground.ts';
import { makeGuilds } from './guild/index.ts';
import type { Carrier } from './host/create.ts';
import { makeNet } from './host/make-net.ts';
import { RelayWatch } from './host/relay-watch.ts';
import { makeLogService } from './log-service/index.ts';
import type { BootSource } from './network/first-contact.ts';
import { checkAddresses, makePeers } from './network/make-peers.ts';
import { makePartners } from './partners/index.ts';
import { makePayments } from './payments/index.ts';
import { makeGates, makePolicy } from './policy/index.ts';
import { makeProvenance } from './provenance/index.ts';
import { makeQuarantine } from './quarantine/index.ts';
import { makeRelaying } from './relaying/index.ts';
import { makeReputation } from './reputation/index.ts';
import { makeRouting } from './routing/index.ts';
import { runServices, type Service } from './services.ts';
import { makeStatements } from './statements/make-statements.ts';
import { artifactsOf } from './tasks/adapters.ts';
import { makeTasks } from './tasks/make-tasks.ts';
import { instrument } from './tracing/index.ts';

/** How a node is made. */
export interface NodeOptions extends GroundOptions {
  /** Names boot nodes to dial, beside the addresses of the configuration. */
  readonly boot?: BootSource | undefined;
  /** A simulated network in place of sockets. */
  readonly carrier?: Carrier | undefined;
}

/** Opens a home folder and makes a node of it, not started. Throws DATA_LOCKED, DATA_CORRUPT, KEY_FILE_UNSAFE or CONFIG_INVALID. */
export async function openNode(options: NodeOptions): Promise<ZerostateNode> {
  checkAddresses(options.config);
  const { ground, key, services: grounding } = await makeGround(options);
  const { policy, networkPolicy, ruling } = await makePolicy(ground, options.goodPolicy);
  const relayWatch = new RelayWatch();
  const {
    net,
    services: hosting,
    watch,
  } = await makeNet(ground, key.libp2p, networkPolicy, relayWatch, options.carrier);
  const stage = { ...ground, ...net, seed: key.seed };
  const { statements, services: reading, syncing, publishing } = await makeStatements(stage);
  const { directory, services: peering } = makePeers({ ...stage, ...statements, boot: options.boot });
  const { reputation } = makeReputation({ ...ground, ...statements });
  const deciding = { ...ground, ...net, ...statements, directory, reputation, policy, networkPolicy };
  const apart = makeQuarantine(deciding, { ...ground.config, peerId: net.peerId });
  const grounded = { ...deciding, ...apart };
  const { discovery, turning, ...gates } = await makeGates(grounded);
  const { find, index, indexAudit, indexing, auditing } = makeDiscovery({
    ...ground,
    ...net,
    ...statements,
    reputation,
    directory,
    policy: discovery,
    quarantined: (agentId) => apart.quarantines.agent(agentId),
  });
  const core: Core = { ...grounded, ...gates, find, index, indexAudit };

  // Started in this order, stopped in the reverse: what reads the disk, the host, what speaks over it.
  const services: Service[] = [
    ...grounding,
    ...ruling,
    ...reading,
    ...turning,
    ...indexing,
    { name: 'runner', start: () => {}, stop: () => ground.runner.close() },
    ...hosting,
    ...syncing,
    ...peering,
    ...watch,
    ...auditing,
    ...publishing,
  ];
  /** Adds a part to the end of the list. */
  function use<P extends { readonly services: readonly Service[] }>(part: P): P {
    services.push(...part.services);
    return part;
  }

  // Built upon the core.
  const { artifacts, artifactCopies, artifactStore } = use(makeArtifacts(core));
  const { services: _, ...logService } = use(await makeLogService(core, key.seed));
  const { renewer } = use(makeRenewer(core));
  const { backups } = use(makeBackups(core, key.seed));
  const { guilds } = use(makeGuilds(core, key.seed));
  const payments = use(makePayments(core));
  const { relayPayer, relayCustomer } = use(makeRelaying(core, payments, relayWatch));
  const { routing } = use(makeRouting(core, key.seed, relayWatch));
  const { executor, requester, tasks } = use(
    makeTasks(core, {
      artifacts: artifactsOf(artifacts),
      reputation: (agentId) => reputation.lowerOf(agentId),
      guildMembers: (guild) => guilds.workersOf(guild),
      payments: payments.taskPayments,
      admit: (manifest, facts) => gates.verdicts.admitTask(manifest, facts),
    }),
  );
  const { provenance } = use(await makeProvenance(core, key.seed));
  const { partners } = use(makePartners(core, key.seed));
  partners.answerFrom(provenance.source);
  apart.quarantines.knowPartners(() => partners.book.list());
  apart.quarantineDesk.knowStatements((id) => provenance.service.graph.holds(nodeIdOf(id)));

  instrument(find, { find: 'find' });
  instrument(core.cards, { publish: 'card.publish', lookup: 'card.resolve', update: 'card.update' });
  instrument(core.ownLog, { append: 'log.append' });
  instrument(payments.taskPayments, { pay: 'payment.settle', promise: 'payment.promise' });
  instrument(artifacts, { bytes: 'artifact.bytes', fetch: 'artifact.fetch' });
  instrument(requester, { submit: 'task.submit' });
  instrument(guilds, { create: 'guild.create', invite: 'guild.invite', join: 'guild.join' });

  const running = runServices(services, ground.log);
  return {
    ...core,
    artifacts,
    artifactCopies,
    artifactStore,
    backups,
    capsuleSigning: makeCapsuleSigning(key.seed),
    executor,
    guilds,
    ...logService,
    partners,
    payments,
    provenance,
    relayPayer,
    relayCustomer,
    renewer,
    requester,
    routing,
    tasks,
    start: () => running.start(),
    stop: () => running.stop(),
  };
}

// The log service: what makes the logs of a node useful to others. Tiles and proofs for readers, heads kept, witnesses, copies.

import { originOf } from '../../protocol/log/index.ts';
import type { Core } from '../context.ts';
import { KeptFacts } from '../provenance/kept-facts.ts';
import type { Service } from '../services.ts';
import { Copies } from './copies.ts';
import { Cosignatures } from './cosignatures.ts';
import { ForkSpread } from './fork-spread.ts';
import { LogProofs } from './log-proofs.ts';
import { LogProtocol } from './log-protocol.ts';
import { LogResources } from './resources.ts';
import { Retention } from './retention.ts';
import { Witness } from './witness.ts';
import { WitnessPolicy } from './witness-policy.ts';
import { WitnessProtocol } from './witness-protocol.ts';

export { type AuditView, auditFrom } from './audit-from.ts';
export { Copies } from './copies.ts';
export { type AskedWitness, Cosignatures } from './cosignatures.ts';
export { LogProofs } from './log-proofs.ts';
export { LogProtocol } from './log-protocol.ts';
export { findStatement, logNamed } from './named-log.ts';
export type {
  CheckpointRecord,
  ConfirmedCopy,
  Durability,
  DurabilityReport,
  EntryProof,
  LogDurability,
  WitnessPolicyKind,
  WitnessQuorum,
} from './ports.ts';
export { LogResources } from './resources.ts';
export { Retention, retentionClass } from './retention.ts';
export { Witness } from './witness.ts';
export { WitnessPolicy } from './witness-policy.ts';

/** The parts of the log service, not started. Throws CONFIG_INVALID. */
export async function makeLogService(core: Core, seed: Uint8Array) {
  const {
    clock,
    config,
    db,
    directory,
    events,
    forks,
    host,
    log,
    metrics,
    ownLog,
    peerId,
    rpc,
    store,
    sync,
  } = core;
  const { network } = config;
  // Whoever signed two histories is nobody's witness.
  const policy = await WitnessPolicy.load(
    config.logs,
    (peer) => (peer === peerId || directory.get(peer) !== undefined) && !forks.has(originOf(peer)),
  );
  const logProofs = new LogProofs({ store, forks, policy, clock });
  const logResources = new LogResources({ store, proofs: logProofs, forks });
  const logProtocol = new LogProtocol({ rpc, resources: logResources, network });
  const spread = new ForkSpread({ host, forks, store, protocol: logProtocol, clock, log });
  const accepts = config.logs.witness;
  const remembers = () => ownLog.restored === undefined;
  const witness = new Witness({ db, store, forks, clock, metrics, peerId, seed, accepts, remembers });
  const protocol = new WitnessProtocol({ rpc, witness, network });
  const cosignatures = new Cosignatures({
    host,
    gossip: core.gossip,
    store,
    ownLog,
    forks,
    policy,
    protocol,
    clock,
    log,
    metrics,
    isBusy: () => sync.busy(),
  });
  const logs = config.logs;
  const copies = new Copies({ rpc, host, store, ownLog, forks, sync, clock, network, seed, config: logs });
  const facts = new KeptFacts(db);
  const { router } = core;
  const retention = new Retention({ store, router, copies, facts, clock, log, metrics, config: logs });
  sync.onCosigned = (head) => cosignatures.take(head);
  let unwatch = (): void => {};
  const services: Service[] = [
    { name: 'log-protocol', start: () => logProtocol.start(), stop: () => {} },
    { name: 'fork-spread', start: () => spread.start(), stop: () => spread.stop() },
    { name: 'copies', start: () => copies.start(), stop: () => {} },
    { name: 'retention', start: () => retention.start(), stop: () => retention.stop() },
    {
      name: 'witness',
      start: async () => {
        await witness.load();
        if (accepts !== 'never') await protocol.start();
      },
      stop: () => {},
    },
    {
      name: 'cosignatures',
      start: () => {
        unwatch = events.watch(({ data }) => {
          if ((data as { origin: string }).origin === ownLog.origin) cosignatures.grown();
        }, 'head');
        cosignatures.start();
      },
      stop: async () => {
        unwatch();
        await cosignatures.stop();
      },
    },
  ];
  return {
    logProofs,
    logProtocol,
    logResources,
    witness,
    witnessPolicy: policy,
    cosignatures,
    copies,
    retention,
    services,
  };
}

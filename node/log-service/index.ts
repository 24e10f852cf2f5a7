// The log service: what makes the logs of a node useful to others. Tiles and proofs for readers, heads kept, witnesses, copies.

import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { LogProofs } from './log-proofs.ts';
import { LogProtocol } from './log-protocol.ts';
import { LogResources } from './resources.ts';
import { WitnessPolicy } from './witness-policy.ts';

export { LogProofs } from './log-proofs.ts';
export { LogProtocol } from './log-protocol.ts';
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
export { WitnessPolicy } from './witness-policy.ts';

/** The parts of the log service, not started. Throws CONFIG_INVALID. */
export async function makeLogService(
  core: Pick<Core, 'clock' | 'config' | 'directory' | 'forks' | 'peerId' | 'rpc' | 'store'>,
) {
  const { clock, config, directory, forks, peerId, rpc, store } = core;
  const policy = await WitnessPolicy.load(
    config.logs,
    (peer) => peer === peerId || directory.get(peer) !== undefined,
  );
  const logProofs = new LogProofs({ store, forks, policy, clock });
  const logResources = new LogResources({ store, proofs: logProofs, forks });
  const logProtocol = new LogProtocol({ rpc, resources: logResources, network: config.network });
  const services: Service[] = [{ name: 'log-protocol', start: () => logProtocol.start(), stop: () => {} }];
  return { logProofs, logProtocol, logResources, witnessPolicy: policy, services };
}

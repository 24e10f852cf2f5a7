// The log service: what makes the logs of a node useful to others. Tiles and proofs for readers, heads kept, witnesses, copies.

import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { LogProofs } from './log-proofs.ts';
import { WitnessPolicy } from './witness-policy.ts';

export { LogProofs } from './log-proofs.ts';
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
export { WitnessPolicy } from './witness-policy.ts';

/** The parts of the log service, not started. Throws CONFIG_INVALID. */
export async function makeLogService(
  core: Pick<Core, 'clock' | 'config' | 'directory' | 'forks' | 'peerId' | 'store'>,
) {
  const { clock, config, directory, forks, peerId, store } = core;
  const policy = await WitnessPolicy.load(
    config.logs,
    (peer) => peer === peerId || directory.get(peer) !== undefined,
  );
  const logProofs = new LogProofs({ store, forks, policy, clock });
  const services: Service[] = [];
  return { logProofs, witnessPolicy: policy, services };
}

// Witnesses for tests: nodes by the byte their seed repeats, and cosignatures of theirs.

import { completeConfig } from '../../node/config/index.ts';
import { WitnessPolicy } from '../../node/log-service/index.ts';
import {
  cosign,
  noteSigner,
  parseCheckpoint,
  peerIdOfKey,
  WITNESS_PREFIX,
} from '../../protocol/log/index.ts';
import { seed } from './agents.ts';

/** Peer id of the node whose seed is one repeated byte. */
export function peerOf(byte: number): string {
  return peerIdOfKey(noteSigner(seed(byte)).publicKey);
}

/** The signature line of that node over a head. */
export function cosignatureOf(text: string, byte: number, timeSeconds: number): string {
  return cosign(parseCheckpoint(text), {
    name: WITNESS_PREFIX + peerOf(byte),
    signer: noteSigner(seed(byte)),
    timeSeconds,
  });
}

/** The policy that a configuration's `logs` says; `known` are the peers this node has heard of. */
export async function policyOf(logs: object, known: readonly string[] = []): Promise<WitnessPolicy> {
  return await WitnessPolicy.load(completeConfig({ logs }).logs, (peer) => known.includes(peer));
}

// Reads a whole log from a peer, over libp2p, and compares it with what is known of it here: its kept heads must be beginnings of it.

import { peerIdFromString } from '@libp2p/peer-id';
import { fromUtf8 } from '../../protocol/bytes/index.ts';
import {
  type AuditReport,
  auditLog,
  peerIdOfOrigin,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import type { NodeContext } from '../context.ts';
import type { WitnessQuorum } from './ports.ts';

/** A report, with whom it was read from and who vouches for the head. */
export interface AuditView extends AuditReport {
  readonly origin: string;
  readonly from: string;
  readonly checkpoint: string;
  readonly witnesses: WitnessQuorum;
}

/** Audits. `from` is the origin of the log of the peer to read from. Throws as auditLog and LogProtocol.fetch. */
export async function auditFrom(
  node: Pick<NodeContext, 'clock' | 'logProofs' | 'logProtocol' | 'store' | 'witnessPolicy'>,
  origin: string,
  from: string,
): Promise<AuditView> {
  const peer = peerIdFromString(peerIdOfOrigin(from));
  const get = (path: string): Promise<Uint8Array> => node.logProtocol.fetch(peer, origin, path);
  const head = verifyNodeCheckpoint(fromUtf8(await get('checkpoint')), origin);
  const known =
    node.store.state(origin).checkpoint === '' ? [] : await node.logProofs.checkpointHistory(origin);
  const older = known
    .filter(({ size }) => size <= head.size)
    .map(({ checkpoint }) => verifyNodeCheckpoint(checkpoint, origin));
  const report = await auditLog({ head, older, get });
  const witnesses = node.witnessPolicy.judge(head, { now: node.clock.now() });
  return { ...report, origin, from: peer.toString(), checkpoint: head.text, witnesses };
}

// Sets how a real node's gossip spreads, as a scenario says: with its own settings (mesh), to every neighbour (flood), or not at all.

import type { ZerostateNode } from '../../node/index.ts';
import type { Scenario } from '../scenario/index.ts';

/** More neighbours than a scenario gives a node. */
const EVERYBODY = 256;
/** D, D_low and D_high as gossipsub's settings have them: 6, 5, 8. */
const LOW_OF_DEGREE = 5 / 6;
const HIGH_OF_DEGREE = 8 / 6;
/** The degree that nodes have by themselves; then their own settings stay. */
const OWN_DEGREE = 6;

interface MeshOptions {
  D: number;
  Dlo: number;
  Dhi: number;
  Dscore: number;
  Dout: number;
}

/** Applies a scenario's settings to a node that is not started. */
export function setGossip(node: ZerostateNode, protocol: Scenario['protocol']): void {
  if (protocol.gossip === 'none') {
    // Nothing is published, so nothing spreads but by comparing.
    node.gossip.publish = async () => 0;
    return;
  }
  const degree = protocol.gossip === 'flood' ? EVERYBODY : protocol.meshDegree;
  if (degree === OWN_DEGREE) return;
  const { opts } = node.host.services.pubsub as unknown as { opts: MeshOptions };
  const low = Math.max(1, Math.floor(degree * LOW_OF_DEGREE));
  Object.assign(opts, {
    D: degree,
    Dlo: low,
    Dhi: Math.max(degree, Math.ceil(degree * HIGH_OF_DEGREE)),
    Dscore: Math.min(opts.Dscore, low),
    Dout: Math.min(opts.Dout, Math.floor(low / 2)),
  });
}

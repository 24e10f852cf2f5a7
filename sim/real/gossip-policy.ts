// Sets how a real node's gossip spreads, as a scenario says: with its own settings (mesh), to every neighbour (flood), or not at all.

import type { ZerostateNode } from '../../node/index.ts';
import { meshBounds } from '../mesh-bounds.ts';
import type { Scenario } from '../scenario/index.ts';

/** More neighbours than a scenario gives a node. */
const EVERYBODY = 256;
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
  const { high, low } = meshBounds(degree);
  Object.assign(opts, {
    D: degree,
    Dlo: low,
    Dhi: high,
    Dscore: Math.min(opts.Dscore, low),
    Dout: Math.min(opts.Dout, Math.floor(low / 2)),
  });
}

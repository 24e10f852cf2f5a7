// Runs a node in the relay role. Forwarding itself is libp2p's circuit relay v2, with the bounds of node/host/limits.ts.

import type { Config, FirstContact, RunningNode } from '../node/index.ts';
import { runNode } from '../node/index.ts';

/** One client's reserved slot. */
export interface Reservation {
  readonly peerId: string;
  readonly expiresAt: string;
}

/** A relay that is up. */
export interface RunningRelay extends RunningNode {
  /** Clients that may be reached through this relay now. */
  reservations(): Reservation[];
}

/** Starts a relay. Whatever roles the configuration names, relay is among them. Throws as runNode. */
export async function runRelay(options: {
  home: string;
  config: Config;
  contact?: FirstContact;
}): Promise<RunningRelay> {
  const roles = [...new Set([...options.config.roles, 'relay' as const])];
  const running = await runNode({ ...options, config: { ...options.config, roles }, processMetrics: true });
  return { ...running, reservations: () => reservationsOf(running) };
}

function reservationsOf({ node }: RunningNode): Reservation[] {
  const held = node.host.services.relay?.reservations ?? new Map();
  return [...held.entries()].map(([peer, { expiry }]) => ({
    peerId: peer.toString(),
    expiresAt: expiry.toISOString(),
  }));
}

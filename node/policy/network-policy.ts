// The policy at the doors of the host: who may connect, and whom this node relays. Asked for each connection, so it must be quick: what was decided
// about a peer holds until the peer's announcement or the policy changes.

import type { ConnectionPolicy } from '../host/gater.ts';
import { type NodeFacts, nodeOf, peerOf } from './entities.ts';
import type { PolicyService } from './policy-service.ts';

/** What a peer has announced of itself. */
export type KnownPeer = (
  peerId: string,
) => { readonly name: string; readonly region: string; readonly roles: readonly string[] } | undefined;

/** The policy of connections. */
export class NetworkPolicy implements ConnectionPolicy {
  readonly #policy: PolicyService;
  readonly #node: Omit<NodeFacts, 'peerId'>;
  #peerId = 'self';
  #known: KnownPeer = () => undefined;

  constructor(policy: PolicyService, node: Omit<NodeFacts, 'peerId'>) {
    this.#policy = policy;
    this.#node = node;
  }

  /** Tells what the host is asked before: who this node is, and what is known of others. */
  know(peerId: string, known: KnownPeer): void {
    this.#peerId = peerId;
    this.#known = known;
  }

  allowPeer(peerId: string, direction: 'inbound' | 'outbound'): boolean {
    return this.#decide('peer', peerId, { purpose: 'connect', direction });
  }

  /** May this peer be a partner? With the id of the decision, and why. */
  partner(peerId: string): { readonly allow: boolean; readonly detail: string; readonly decision: string } {
    return this.#policy.decideOnce(
      this.#question('peer', peerId, { purpose: 'partner', direction: 'outbound' }),
    );
  }

  allowRelay(peerId: string, destination: string | undefined): boolean {
    return this.#decide('relay', peerId, {
      purpose: destination === undefined ? 'reserve' : 'connect',
      destination: destination ?? '',
    });
  }

  #question(kind: 'peer' | 'relay', peerId: string, context: Readonly<Record<string, string>>) {
    return {
      kind,
      principal: peerOf(peerId, this.#known(peerId)),
      resource: nodeOf({ ...this.#node, peerId: this.#peerId }),
      context,
    };
  }

  #decide(kind: 'peer' | 'relay', peerId: string, context: Readonly<Record<string, string>>): boolean {
    return this.#policy.decideOnce(this.#question(kind, peerId, context)).allow;
  }
}

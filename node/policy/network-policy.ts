// The policy at the doors of the host: who may connect, and whom this node relays. Asked for each connection, so it must be quick: what was decided
// about a peer holds until the peer's announcement or the policy changes.

import type { ConnectionPolicy } from '../host/gater.ts';
import { type NodeFacts, nodeOf, peerOf } from './entities.ts';
import type { PolicyService } from './policy-service.ts';

/** What a peer has announced of itself. */
export type KnownPeer = (
  peerId: string,
) => { readonly name: string; readonly region: string; readonly roles: readonly string[] } | undefined;

/** What is known of a stream that is to be forwarded, or sent by this node itself. */
export interface ForwardFacts {
  readonly purpose: 'forward' | 'send';
  readonly destination: string;
  readonly destinationRegion: string;
  readonly guild: string;
  readonly sla: string;
  /** Region that it must not leave; empty: any. */
  readonly stayIn: string;
  /** The neighbour that is asked about; empty: the stream itself is. */
  readonly next: string;
  readonly nextRegion: string;
}

/** What the policy says of a stream. */
export interface ForwardWord {
  readonly allow: boolean;
  readonly detail: string;
  /** Id of the record; empty for a single way, which is asked about for every stream. */
  readonly decision: string;
}

/** Words about single ways that are kept: some neighbours times some hundred peers that ask. */
const WAYS_KEPT_MAX = 8_192;

/** The policy of connections. */
export class NetworkPolicy implements ConnectionPolicy {
  readonly #policy: PolicyService;
  readonly #node: Omit<NodeFacts, 'peerId'>;
  #peerId = 'self';
  #known: KnownPeer = () => undefined;
  #ways = new Map<string, ForwardWord>();
  #waysUnder = '';

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

  onChange(listener: () => void): void {
    this.#policy.bundles.onChange = listener;
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

  /** May this peer's stream be forwarded, and to that neighbour? Or that of this node itself be sent there? */
  mayForward(peerId: string, { next, nextRegion, ...facts }: ForwardFacts): ForwardWord {
    const context = { ...facts, ...(next === '' ? {} : { next, nextRegion }) };
    const question = this.#question('relay', peerId, context);
    if (next === '') return this.#policy.decideOnce(question);
    const { id } = this.#policy.bundles.active;
    if (this.#waysUnder !== id) [this.#ways, this.#waysUnder] = [new Map(), id];
    const key = JSON.stringify([question.principal, context]);
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const word = { ...this.#policy.judge(question), decision: '' };
    if (this.#ways.size >= WAYS_KEPT_MAX) this.#ways.delete(this.#ways.keys().next().value as string);
    this.#ways.set(key, word);
    return word;
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

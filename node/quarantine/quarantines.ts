// Quarantine at work: keeps what every log says of it, and tells the other parts of the node what to keep apart, with the reason. It does not
// cut connections: whoever is held must still hear that it is released. Orders are signed in desk.ts.

import { ZeroError } from '../../protocol/errors/index.ts';
import { timeMs } from '../../protocol/fields/index.ts';
import { type AgentId, compareKeyOrder } from '../../protocol/identity/index.ts';
import { ORIGIN_PREFIX } from '../../protocol/log/index.ts';
import {
  QuarantineBook,
  type QuarantineOrder,
  type QuarantineState,
  type Said,
} from '../../protocol/quarantine/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  type QuarantineKind,
  type QuarantineOrderPredicate,
  type QuarantineReleasePredicate,
  type QuarantineTarget,
} from '../../protocol/statement/index.ts';
import type { BookEntry, CardBook } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Found } from '../statements/router.ts';
import { Authority, type AuthorityDeps, type PartnerFacts } from './authority.ts';

/** Why something is kept apart. */
export interface Held {
  /** Statement id of the order. */
  readonly order: string;
  readonly issuer: AgentId;
  /** What the order names: the thing itself, or the node or partner it belongs to. */
  readonly target: QuarantineTarget;
  readonly reason: string;
  readonly until: string;
  /** One sentence for a person. */
  readonly detail: string;
}

/** An order and how it stands here. */
export interface OrderView extends QuarantineOrder {
  /** `void`: the key that signed it is revoked, or was replaced and used elsewhere. */
  readonly state: QuarantineState | 'void';
  /** Targets that this node keeps apart for it. */
  readonly obeyed: readonly QuarantineTarget[];
  /** Why it is obeyed, or why not. */
  readonly detail: string;
  readonly releases: readonly { readonly id: string; readonly issuer: AgentId; readonly reason: string }[];
  /** Numbers of its issuer that are missing here. */
  readonly missing: number;
}

export interface QuarantinesDeps extends Omit<AuthorityDeps, 'isLocal' | 'partnerOf'> {
  readonly book: CardBook;
  readonly vault: AgentVault;
  readonly revocations: Pick<RevocationService, 'judge'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The quarantine of one node. */
export class Quarantines {
  readonly #deps: QuarantinesDeps;
  readonly #authority: Authority;
  readonly #known = new QuarantineBook();
  /** The highest number that each agent of this node wrote into its own log, where no stolen key writes. */
  readonly #ownNewest = new Map<AgentId, number>();
  #partners: () => readonly PartnerFacts[] = () => [];
  /** Told of each order or release that is new. */
  onChange: (order: string) => void = () => {};

  constructor(deps: QuarantinesDeps) {
    this.#deps = deps;
    this.#authority = new Authority({
      ...deps,
      isLocal: (agentId) => deps.vault.has(agentId),
      partnerOf: (agentId) => this.#partners().find(({ agent }) => agent === agentId),
    });
  }

  /** Tells which partners there are, once they are known. */
  knowPartners(partners: () => readonly PartnerFacts[]): void {
    this.#partners = partners;
  }

  /** Takes a verified statement if it is about quarantine, as it was found in a log. */
  offer(statement: AgentStatement, { live, position }: Found): void {
    const { clock, log, metrics } = this.#deps;
    const { epoch, id, issuer, keys, keySerial, signedBy } = statement;
    const signer = { agentId: issuer, key: signedBy, epoch, keySerial, order: keys };
    const origins = new Set([position.origin]);
    const isTrusted = this.#authority.tieOf(issuer) !== 'stranger';
    if (isStatementOf(statement, QUARANTINE_ORDER_PREDICATE)) {
      const order: QuarantineOrderPredicate = statement.statement.predicate;
      const isObeyed =
        isTrusted || order.targets.some((target) => this.#authority.judge(issuer, target).allow);
      const verdict = this.#known.addOrder({ id, issuer, order, signer, origins }, isObeyed, clock.now());
      this.#noteOwn(issuer, order.sequence, position.origin);
      metrics.count('zerostate_quarantine_statements_total', { kind: 'order', verdict });
      if (verdict === 'full') log.error({ issuer, order: id }, 'a quarantine order found no room');
      if (verdict !== 'accept') return;
      if (live)
        log.warn({ issuer, order: id, reason: order.reason, obeyed: isObeyed }, 'quarantine order known');
      this.onChange(id);
    } else if (isStatementOf(statement, QUARANTINE_RELEASE_PREDICATE)) {
      const release: QuarantineReleasePredicate = statement.statement.predicate;
      this.#noteOwn(issuer, release.sequence, position.origin);
      const verdict = this.#known.addRelease({ id, issuer, release, signer, origins }, isTrusted);
      metrics.count('zerostate_quarantine_statements_total', { kind: 'release', verdict });
      if (verdict !== 'accept') return;
      if (live)
        log.warn({ issuer, order: release.order, reason: release.reason }, 'quarantine release known');
      if (this.#known.get(release.order) !== undefined) this.onChange(release.order);
    }
  }

  /** Why an agent is kept apart: itself, its partner, or the node it lives on. */
  agent(agentId: AgentId): Held | undefined {
    if (this.#known.size === 0) return undefined;
    const held = this.#naming('agent', agentId) ?? this.#naming('partner', agentId);
    if (held !== undefined) return held;
    const card = this.#deps.book.get(agentId)?.card;
    for (const peer of card === undefined ? [] : peersOf(card)) {
      const there = this.peer(peer);
      if (there !== undefined) return there;
    }
    return undefined;
  }

  /** Why a node is kept apart: itself, or the partner it speaks for. */
  peer(peerId: string): Held | undefined {
    if (this.#known.size === 0) return undefined;
    const held = this.#naming('peer', peerId);
    if (held !== undefined) return held;
    for (const { agent, peers } of this.#partners())
      if (peers.includes(peerId)) return this.#naming('partner', agent);
    return undefined;
  }

  /** Why a module is kept apart. */
  module(cid: string): Held | undefined {
    return this.#known.size === 0 ? undefined : this.#naming('module', cid);
  }

  #naming(kind: QuarantineKind, id: string): Held | undefined {
    for (const order of this.#known.naming(kind, id)) {
      const target = { kind, id };
      if (this.#stateOf(order) !== 'held' || !this.#obeys(order, target, true).allow) continue;
      const { expiresAt: until, reason } = order.order;
      const detail = `in quarantine until ${until} by order of ${order.issuer}: ${reason}`;
      return { order: order.id, issuer: order.issuer, target, reason, until, detail };
    }
    return undefined;
  }

  #noteOwn(issuer: AgentId, sequence: number, origin: string): void {
    const { node, vault } = this.#deps;
    if (origin !== ORIGIN_PREFIX + node.peerId || !vault.has(issuer)) return;
    this.#ownNewest.set(issuer, Math.max(sequence, this.#ownNewest.get(issuer) ?? 0));
  }

  /** The highest number that an issuer has signed: what a thief of a key that it replaced said does not count. */
  newest(issuer: AgentId): number {
    const known = this.#known.newest(issuer, (said) => this.#unsound(said) === undefined);
    return Math.max(known, this.#ownNewest.get(issuer) ?? 0);
  }

  #stateOf(order: QuarantineOrder): OrderView['state'] {
    const isSound = (said: Said) => this.#unsound(said) === undefined;
    const state = this.#known.stateOf(order.id, this.#deps.clock.now(), isSound) ?? 'expired';
    if (state !== 'held') return state;
    // Whoever lost its keys has lost its authority. The revocation of the order alone would be a release without proof, and does not count.
    return isSound(order) ? state : 'void';
  }

  #isRevoked(signer: QuarantineOrder['signer']): boolean {
    const { book, revocations } = this.#deps;
    const origin = book.get(signer.agentId)?.card.log?.origin;
    return revocations.judge(signer, origin, Number.MAX_SAFE_INTEGER).revoked !== null;
  }

  /** Why an order or a release counts no more: a thief of a key must neither shut nor open anything. Its agent signs anew. */
  #unsound({ issuer, origins, signer }: Said): string | undefined {
    if (this.#isRevoked(signer)) return 'its key is revoked';
    const entry = this.#deps.book.get(issuer);
    if (entry === undefined || signer.order === undefined) return undefined;
    const isOld = compareKeyOrder(signer.order, entry.keys) < 0;
    // What was signed before the rotation stands in the log of the agent's node, and no stolen key writes there.
    const isAtHome = origins.has(entry.card.log?.origin ?? '');
    return isOld && !isAtHome ? 'its key was replaced, and it is not in the log of its node' : undefined;
  }

  #obeys({ issuer, order }: QuarantineOrder, target: QuarantineTarget, isRecorded = false) {
    const { region } = this.#deps.node;
    if (order.regions.length > 0 && !order.regions.includes(region))
      return { allow: false, detail: `it is for ${order.regions.join(', ')}, and this node is in ${region}` };
    return this.#authority.judge(issuer, target, isRecorded);
  }

  /** Every order known, newest first. */
  list(): OrderView[] {
    const orders = [...this.#known.list()];
    orders.sort((a, b) => timeMs(b.order.issuedAt) - timeMs(a.order.issuedAt) || (a.id < b.id ? -1 : 1));
    const issuers = new Set(orders.map(({ issuer }) => issuer));
    const newest = new Map([...issuers].map((issuer) => [issuer, this.newest(issuer)]));
    return orders.map((order) => this.#viewOf(order, newest.get(order.issuer)));
  }

  /** Brings the gauge of orders up to date. */
  count(): void {
    const counts = { held: 0, pending: 0, expired: 0, released: 0, void: 0 };
    for (const order of this.#known.list()) counts[this.#stateOf(order)] += 1;
    for (const [state, count] of Object.entries(counts))
      this.#deps.metrics.set('zerostate_quarantine_orders', count, { state });
  }

  /** One order. Throws NOT_FOUND. */
  show(id: string): OrderView {
    const order = this.#known.get(id);
    if (order === undefined) throw new ZeroError('NOT_FOUND', `no quarantine order ${id} is known here`);
    return this.#viewOf(order);
  }

  #viewOf(order: QuarantineOrder, newest = this.newest(order.issuer)): OrderView {
    const judged = order.order.targets.map((target) => ({ target, ...this.#obeys(order, target) }));
    const state = this.#stateOf(order);
    const obeyed = judged.filter(({ allow }) => allow);
    const releases = this.#known.releasesOf(order.id);
    const unsound = [order, ...releases].flatMap((said) => {
      const why = this.#unsound(said);
      return why === undefined
        ? []
        : [`the ${said === order ? 'order' : 'release'} ${said.id} does not count: ${why}`];
    });
    return {
      ...order,
      state,
      obeyed: state === 'held' ? obeyed.map(({ target }) => target) : [],
      detail: [(obeyed[0] ?? judged[0])?.detail ?? '', ...unsound].join('; '),
      releases: releases.map(({ id, issuer, release }) => ({ id, issuer, reason: release.reason })),
      missing: this.#known.missing(order.issuer, newest),
    };
  }
}

/** The nodes that an agent lives on, as its card says. Whatever a card names, this does not throw. */
export function peersOf({ endpoints, log }: BookEntry['card']): Set<string> {
  const peers = new Set(endpoints.map(({ peer }) => peer));
  if (log?.origin.startsWith(ORIGIN_PREFIX)) peers.add(log.origin.slice(ORIGIN_PREFIX.length));
  return peers;
}

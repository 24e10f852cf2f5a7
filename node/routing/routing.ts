// What the API, the views and the commands see of routing: streams and why they went where they went, routes, status, draining.

import type { Connection } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Candidate, LinkReport, PolicyName, RoutingPolicy } from '../../protocol/routing/index.ts';
import type { PathKind, PathKinds } from '../host/path-kinds.ts';
import type { Logger } from '../logger/index.ts';
import type { ForwardService } from './forward-service.ts';
import type { LinkView } from './kept-link.ts';
import type { Links } from './links.ts';
import type { RelayCardKeeper } from './relay-card-keeper.ts';
import type { RelayKeeper } from './relay-keeper.ts';
import type { RelayInfo, Relays } from './relays.ts';
import type { Reports } from './reports.ts';
import type { RouteDesk } from './route-desk.ts';
import type { StreamBook, StreamRecord } from './stream-book.ts';

/** Pause between two looks while a drain waits for streams to end. */
const DRAIN_LOOK_MS = 100;

export interface RoutingDeps {
  readonly self: string;
  readonly relaying: boolean;
  readonly desk: RouteDesk;
  /** Makes a policy with nothing learned. */
  readonly policyOf: (name: PolicyName, races?: boolean) => RoutingPolicy;
  readonly relays: Relays;
  readonly reports: Reports;
  readonly streams: StreamBook;
  readonly forward: ForwardService;
  readonly links: Links;
  readonly keeper: RelayKeeper;
  readonly card: RelayCardKeeper | undefined;
  readonly paths: PathKinds;
  readonly log: Logger;
}

/** A destination as this node would route to it now. */
export interface RouteView {
  readonly to: string;
  readonly next: string | undefined;
  readonly reason: string;
  readonly remainingMs: number;
  readonly candidates: readonly Candidate[];
}

/** Routing, as it is shown and steered. */
export class Routing {
  readonly #deps: RoutingDeps;
  /** When streams that are open are ended, by a clock that only goes forward. */
  #drainedBy = 0;

  constructor(deps: RoutingDeps) {
    this.#deps = deps;
  }

  get relaying(): boolean {
    return this.#deps.relaying;
  }

  get policyName(): string {
    return this.#deps.desk.policy.name;
  }

  /**
   * Routes by another policy until this node restarts; the configuration says by which one then. `races`: with second paths beside late ones or
   * without, to compare; absent: as the policy does of itself. Throws as the database does.
   */
  async usePolicy(name: PolicyName, races?: boolean): Promise<void> {
    const { desk, log, policyOf } = this.#deps;
    const policy = policyOf(name, races);
    const isSame = (policy.pace === undefined) === (desk.policy.pace === undefined);
    if (name === desk.policy.name && isSame) return;
    await desk.use(policy);
    log.info({ policy: name }, 'routes are chosen by another policy');
  }

  get draining(): boolean {
    return this.#deps.forward.draining;
  }

  get forwarding(): number {
    return this.#deps.forward.forwarding;
  }

  /** Streams that began or passed here, the newest first. */
  streams(limit: number): StreamRecord[] {
    return this.#deps.streams.list(limit);
  }

  /** The streams of one name, by it or how it begins, the newest first. Throws NOT_FOUND. */
  why(stream: string): StreamRecord[] {
    const records = this.#deps.streams.get(stream);
    if (records.length === 0)
      throw new ZeroError('NOT_FOUND', `no stream ${stream} is remembered here`, {
        hint: 'List those that are: zerostate relay status',
      });
    return records;
  }

  relays(): RelayInfo[] {
    return this.#deps.relays.list();
  }

  /** How this node is connected to a peer, by its connections. */
  pathOf(connections: readonly Connection[]): PathKind | undefined {
    return this.#deps.paths.of(connections);
  }

  /** Connected peers by how they are connected. */
  peersByPath(): Record<PathKind, number> {
    return this.#deps.paths.count();
  }

  reputationOf(peerId: string): number {
    return this.#deps.relays.reputationOf(peerId);
  }

  links(): LinkView[] {
    return this.#deps.links.list();
  }

  reports(): LinkReport[] {
    return this.#deps.reports.list();
  }

  /** How streams to these peers would go now, without sending any. */
  routes(peers: readonly string[]): RouteView[] {
    const { desk, relays } = this.#deps;
    return peers.map((to) => {
      const { candidates, next, reason } = desk.preview(to, relays.neighbours(to));
      return { to, next, reason, candidates, remainingMs: desk.remaining(to, '') };
    });
  }

  /** Peers that somebody asked for lately. */
  destinations(): string[] {
    return this.#deps.reports.destinations();
  }

  /**
   * Takes no new streams, tells everybody, and waits until those that are open have ended or moved, at most `waitMs`. What is left is then
   * ended here: its ends move to other paths, and lose nothing. Answers how many streams that were. `draining` false: takes streams again, and
   * a drain that still waits ends nothing. Of two drains the later says how long both wait.
   */
  async drain(draining: boolean, waitMs: number): Promise<{ readonly moved: number }> {
    const { card, forward, log, relaying } = this.#deps;
    if (!relaying) throw new ZeroError('USAGE', 'this node is no relay');
    this.#drainedBy = performance.now() + waitMs;
    forward.drain(draining);
    log.info({ draining }, draining ? 'the relay takes no new streams' : 'the relay takes streams again');
    await card?.tell().catch((error: unknown) => log.warn({ err: error }, 'the drain is not on the card'));
    while (forward.draining && forward.forwarding > 0 && performance.now() < this.#drainedBy)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    if (!forward.draining) return { moved: 0 };
    const moved = forward.forwarding;
    forward.stop();
    return { moved };
  }
}

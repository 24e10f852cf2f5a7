// The I/O of a routing policy: tells it what happened, does what it wants done (probes, reports), keeps what it learned on disk. The policy
// itself is pure, and in protocol/routing. Must not: decide anything itself.

import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { FORWARD_TTL_MAX, type ForwardHeader } from '../../protocol/forward/index.ts';
import {
  type Decision,
  type Demand,
  type NeighbourView,
  type RoutingEffect,
  type RoutingPolicy,
  type RoutingRandom,
  TICK_MS,
} from '../../protocol/routing/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { openStream } from '../host/open-stream.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { bytesLevel, type Database } from '../storage/index.ts';
import type { Relays } from './relays.ts';
import type { Reports } from './reports.ts';

/** Pause between two writes of what was learned. */
const WRITE_MS = 30_000;

/** Gauges of each neighbour, for as long as it is connected. */
const NEIGHBOUR_GAUGES = [
  'zerostate_relay_neighbour_rtt_seconds',
  'zerostate_relay_neighbour_loss',
  'zerostate_relay_neighbour_in_flight',
] as const;

export interface RouteDeskDeps {
  readonly self: string;
  readonly region: string;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Logger;
  readonly db: Database;
  readonly metrics: Metrics;
  /** Routes at first; `use` changes it. */
  readonly policy: RoutingPolicy;
  readonly random: RoutingRandom;
  readonly relays: Relays;
  readonly reports: Reports;
  readonly protocol: string;
  /** Does what the policy asks for, as far as bounds let it. */
  readonly act: (effect: RoutingEffect) => void;
}

/** The desk of one node. */
export class RouteDesk {
  readonly #deps: RouteDeskDeps;
  readonly #up = new Set<string>();
  /** Neighbours that have gauges. */
  readonly #measured = new Set<string>();
  #policy: RoutingPolicy;
  #cancel: () => void = () => {};
  #writtenAt = 0;

  constructor(deps: RouteDeskDeps) {
    this.#deps = deps;
    this.#policy = deps.policy;
  }

  get policy(): RoutingPolicy {
    return this.#policy;
  }

  /** Routes by another policy from now on, which takes up what it learned here before. What the one before learned is kept on disk. */
  async use(policy: RoutingPolicy): Promise<void> {
    await this.write();
    await this.#takeUp(policy);
    this.#policy = policy;
    // The next round tells it who is connected.
    this.#up.clear();
    this.#deps.reports.retell();
  }

  #level() {
    return bytesLevel(this.#deps.db, 'routing');
  }

  /** Takes up what was learned before; anything unreadable is left behind. */
  async load(): Promise<void> {
    await this.#takeUp(this.#policy);
  }

  async #takeUp(policy: RoutingPolicy): Promise<void> {
    const { clock, log } = this.#deps;
    const bytes = await this.#level()
      .get(policy.name)
      .catch((error: unknown) => {
        // It can be learned again: no reason for a node not to start.
        log.warn({ err: error, policy: policy.name }, 'what was learned of routes could not be read');
        return undefined;
      });
    if (bytes !== undefined && !policy.restore(bytes, clock.now()))
      log.info(
        { policy: policy.name },
        'what was learned of routes is damaged or of another version, and left behind',
      );
  }

  start(): void {
    const { clock, log } = this.#deps;
    this.#writtenAt = clock.now();
    const round = () => {
      try {
        this.tick();
      } catch (error) {
        log.error({ err: error }, 'a round of routing failed');
      }
      this.#cancel = clock.after(TICK_MS, round);
    };
    this.#cancel = clock.after(TICK_MS, round);
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.write();
  }

  /** Writes what was learned. */
  async write(): Promise<void> {
    const { clock } = this.#deps;
    this.#writtenAt = clock.now();
    await this.#level().put(this.#policy.name, this.#policy.snapshot(clock.now()));
  }

  /** One round: who came and went, what the policy wants done, and from time to time the write. */
  tick(): void {
    const { act, clock, log, random, relays, reports } = this.#deps;
    const policy = this.#policy;
    const now = clock.now();
    const neighbours = relays.neighbours(undefined);
    const connected = new Set(neighbours.map(({ id }) => id));
    for (const id of connected) if (!this.#up.has(id)) policy.observe({ kind: 'up', neighbour: id }, now);
    for (const id of this.#up) if (!connected.has(id)) policy.observe({ kind: 'down', neighbour: id }, now);
    this.#up.clear();
    for (const id of connected) this.#up.add(id);
    reports.refresh(now);
    this.#measure();
    for (const effect of policy.tick(this.#view(neighbours), now, random)) act(effect);
    if (now - this.#writtenAt > WRITE_MS)
      void this.write().catch((error: unknown) =>
        log.warn({ err: error }, 'what was learned of routes could not be written'),
      );
  }

  #measure(): void {
    const { metrics, relays } = this.#deps;
    const up = relays.list().filter(({ connected }) => connected);
    const left = new Set(this.#measured);
    this.#measured.clear();
    for (const { entry, measured } of up) {
      const labels = { neighbour: entry.peerId };
      // Until it was measured, 0 would say that it is as near as can be.
      if (measured.rttMs !== undefined)
        metrics.set('zerostate_relay_neighbour_rtt_seconds', measured.rttMs / 1_000, labels);
      metrics.set('zerostate_relay_neighbour_loss', measured.loss, labels);
      metrics.set('zerostate_relay_neighbour_in_flight', measured.inFlight, labels);
      this.#measured.add(entry.peerId);
      left.delete(entry.peerId);
    }
    for (const neighbour of left) for (const name of NEIGHBOUR_GAUGES) metrics.forget(name, { neighbour });
  }

  /** How a neighbour is called in metrics: relays by their id, everybody else together. */
  labelOf(neighbour: string): string {
    return this.#deps.relays.get(neighbour) === undefined ? 'edge' : neighbour;
  }

  /** A neighbour's connection ended: known at once, not at the next round. */
  gone(neighbour: string): void {
    if (this.#up.delete(neighbour)) this.#policy.observe({ kind: 'down', neighbour }, this.#deps.clock.now());
  }

  #view(neighbours: readonly NeighbourView[]) {
    return { self: this.#deps.self, region: this.#deps.region, neighbours };
  }

  /** What the policy says of a stream. */
  choose(
    header: ForwardHeader,
    neighbours: readonly NeighbourView[],
    visited: readonly string[],
    flow: string,
  ): Decision {
    const { clock, random, reports } = this.#deps;
    reports.wanted(header.to);
    return this.#policy.choose(
      {
        destination: header.to,
        ttl: header.ttl,
        slaClass: header.slaClass,
        ...(header.region === '' ? {} : { region: header.region }),
        ...(header.priceCeiling === null ? {} : { priceCeiling: header.priceCeiling }),
        bytes: 0,
        visited,
        flow,
      },
      this.#view(neighbours),
      clock.now(),
      random,
    );
  }

  /** What the policy would say of a stream from here, for people. */
  preview(destination: string, neighbours: readonly NeighbourView[]): Decision {
    const { clock, reports } = this.#deps;
    reports.wanted(destination);
    const view = this.#view(neighbours);
    return this.#policy.choose(demandOf(destination), view, clock.now(), { unit: () => 0.5 });
  }

  /** Milliseconds that a path to a peer is expected to take, or was measured to, where it is to be left for a better one; undefined: it stays. */
  outworn(path: readonly string[], destination: string, measuredMs?: number): number | undefined {
    const { clock, relays } = this.#deps;
    const neighbours = relays.neighbours(destination);
    const view = this.#view(neighbours);
    return this.#policy.outworn(path, demandOf(destination), view, clock.now(), measuredMs);
  }

  /** Relays that a stream of this node's own, handed to this neighbour, shall go round from there on. */
  around(next: string, { to, ttl }: ForwardHeader): readonly string[] {
    return this.#policy.around(next, { destination: to, ttl }, this.#deps.clock.now());
  }

  /** What this node expects from itself to a peer. */
  remaining(destination: string, exclude: string): number {
    const { clock, relays } = this.#deps;
    return this.#policy.remaining(
      destination,
      this.#view(relays.neighbours(destination)),
      clock.now(),
      exclude,
    );
  }

  /** A neighbour took a stream over, or did not. */
  handed(
    neighbour: string,
    { slaClass, to }: ForwardHeader,
    taken: { tookMs: number; remainingMs: number } | undefined,
  ): void {
    const { clock, metrics } = this.#deps;
    metrics.count('zerostate_relay_handed_total', {
      neighbour: this.labelOf(neighbour),
      class: slaClass,
      result: taken === undefined ? 'failed' : 'ok',
    });
    this.#policy.observe(
      { kind: 'handed', neighbour, destination: to, slaClass, ok: taken !== undefined, ...taken },
      clock.now(),
    );
  }

  /** The whole way of a stream through a neighbour was set up, or failed. */
  finished(
    neighbour: string,
    { slaClass, to }: ForwardHeader,
    tookMs: number | undefined,
    path?: readonly string[],
  ): void {
    const { clock } = this.#deps;
    const took = { ...(tookMs === undefined ? {} : { tookMs }), ...(path === undefined ? {} : { path }) };
    this.#policy.observe(
      { kind: 'finished', neighbour, destination: to, slaClass, ok: tookMs !== undefined, ...took },
      clock.now(),
    );
  }

  /** A neighbour answered that it has no way for a stream. */
  refused(neighbour: string, { slaClass, to }: ForwardHeader): void {
    this.#policy.observe(
      { kind: 'finished', neighbour, destination: to, slaClass, ok: false, refused: true },
      this.#deps.clock.now(),
    );
  }

  /** A path that a neighbour had opened broke, or carried nothing: it takes streams, and does not carry them. */
  broke(path: readonly string[], destination: string): void {
    const [neighbour] = path;
    if (neighbour === undefined) return;
    this.#policy.observe(
      { kind: 'finished', neighbour, destination, slaClass: 'standard', ok: false, path },
      this.#deps.clock.now(),
    );
  }

  /** Something passed over a path that stands, there and back. */
  carried(path: readonly string[], destination: string, tookMs: number): void {
    this.#policy.observe({ kind: 'carried', destination, path, tookMs }, this.#deps.clock.now());
  }

  /** A forward stream to a neighbour, over which the header leaves at once: a hop is one round trip. Rejects as libp2p does. */
  async stream(neighbour: string, signal: AbortSignal): Promise<Stream> {
    const { host, protocol, relays } = this.#deps;
    // Whoever does not speak the protocol has not read the header, and another is tried.
    const early = { early: true };
    const connection = relays.directTo(neighbour);
    if (connection === undefined)
      return await openStream(host, peerIdFromString(neighbour), protocol, signal, early);
    return await connection.newStream(protocol, { signal, ...early });
  }
}

/** A stream to a peer that nobody asks for: for people, and to judge a path that stands. */
function demandOf(destination: string): Demand {
  return { destination, ttl: FORWARD_TTL_MAX, slaClass: 'standard', bytes: 0, visited: [] };
}

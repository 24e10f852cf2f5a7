// What a node does with a publication, in the order of the node's own handler (node/sync/head-gossip.ts): known? forked? does it
// continue what is held? Then the protocol's verdict, then store, then pass on. What leaves a gap is pulled from who passed it on.

import type { Penalties } from './admission.ts';
import type { Comparisons } from './comparisons.ts';
import type { ForkWatch } from './fork-watch.ts';
import type { Ground } from './ground.ts';
import type { Holdings } from './holdings.ts';
import { type Logs, nameOfVersion } from './logs.ts';
import type { Mesh } from './mesh.ts';
import type { PublicationId } from './message.ts';
import type { Publication, Publications } from './publications.ts';

/** Places of hop counts that are kept; beyond, hops are not measured. */
const HOPS_PLACES_MAX = 134_217_728;
/** Publications that wait at one node for a comparison. */
const WAITING_MAX = 64;
/** Longest path that is counted: eight bits for each publication at each node. */
const HOPS_MAX = 255;

export interface GossipParts {
  readonly ground: Ground;
  readonly logs: Logs;
  readonly publications: Publications;
  readonly holdings: Holdings;
  readonly forks: ForkWatch;
  readonly penalties: Penalties;
}

export class Gossip {
  readonly #parts: GossipParts;
  readonly #words: number;
  /** Bit p of row n: node n has seen publication p. */
  readonly #seen: Uint32Array;
  readonly #hops: Uint8Array | null;
  readonly #waiting = new Map<number, PublicationId[]>();
  #mesh: Mesh | undefined;
  #comparisons: Comparisons | undefined;
  #arrivals = 0;
  #duplicates = 0;
  #hopSum = 0;
  #hopMax = 0;
  #rejected = 0;

  constructor(parts: GossipParts) {
    this.#parts = parts;
    const { nodes } = parts.ground;
    this.#words = Math.ceil(parts.publications.capacity / 32);
    this.#seen = new Uint32Array(nodes * this.#words);
    const places = nodes * parts.publications.capacity;
    this.#hops = places <= HOPS_PLACES_MAX ? new Uint8Array(places) : null;
  }

  /** Mesh and comparisons need gossip, and gossip needs them. */
  connect(mesh: Mesh, comparisons: Comparisons): void {
    this.#mesh = mesh;
    this.#comparisons = comparisons;
  }

  get counts() {
    return {
      arrivals: this.#arrivals,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      hopsMean: this.#arrivals === 0 ? 0 : this.#hopSum / this.#arrivals,
      hopsMax: this.#hopMax,
      hopsKnown: this.#hops !== null,
    };
  }

  has(node: number, id: PublicationId): boolean {
    return (this.#seen[node * this.#words + (id >>> 5)]! & (1 << (id & 31))) !== 0;
  }

  /** A node publishes something of its own: everybody that it is connected to gets it at once. */
  publish(node: number, id: PublicationId): void {
    this.#mark(node, id);
    if (this.#parts.ground.scenario.protocol.gossip !== 'none') this.#mesh!.forward(node, id, -1, true);
  }

  /** Shows a publication to one neighbour only, as who splits its readers does. */
  mark(node: number, id: PublicationId): void {
    this.#mark(node, id);
  }

  onPublication(node: number, link: number, id: PublicationId): void {
    if (this.has(node, id)) {
      this.#duplicates += 1;
      return;
    }
    this.#mark(node, id);
    const { forks, holdings, publications } = this.#parts;
    const publication = publications.get(id);
    if (forks.knows(node, publication.log)) return;
    if (publication.kind === 'evidence') {
      if (holdings.version(node, publication.log).size === 0) return;
      if (this.#accepts(publication, link)) {
        forks.learn(node, publication.log);
        this.#pass(node, publication, link);
      }
      return;
    }
    this.#onTail(node, link, publication);
  }

  /** A comparison of a node ended: what waited for it is passed on when it is here now. */
  onCompared(node: number): void {
    const waiting = this.#waiting.get(node);
    if (waiting === undefined) return;
    this.#waiting.delete(node);
    const { holdings, logs, publications } = this.#parts;
    for (const id of waiting) {
      const { log, to } = publications.get(id);
      if (logs.continues(logs.version(to), holdings.version(node, log)))
        this.#mesh!.forward(node, id, -1, false);
    }
  }

  #onTail(node: number, link: number, publication: Publication): void {
    const { ground, holdings, logs } = this.#parts;
    const held = holdings.heldId(node, publication.log);
    const to = logs.version(publication.to);
    if (held !== publication.from && logs.continues(to, logs.version(held))) return;
    if (held === publication.from || publication.spoilt !== null) {
      if (!this.#accepts(publication, link)) return;
      holdings.advance(node, to, 'gossip');
      this.#pass(node, publication, link);
      return;
    }
    if (to.size <= logs.version(held).size) {
      this.#comparisons!.compare(node, to.head.checkpoint);
      return;
    }
    // A gap, or another history that is longer: ask who passed it on.
    const waiting = this.#waiting.get(node) ?? [];
    if (waiting.length < WAITING_MAX) waiting.push(publication.id);
    this.#waiting.set(node, waiting);
    this.#comparisons!.begin(node, ground.wire.topology.reverse[link]!);
  }

  /** The protocol's verdict; a refusal is booked against the neighbour that sent it. */
  #accepts(publication: Publication, link: number): boolean {
    const { checks, loop } = this.#parts.ground;
    if (this.#parts.publications.verdict(publication) === 'accept') {
      if (publication.spoilt === null) checks.held('no false accept');
      else checks.broken('no false accept', loop.now, `a spoilt ${publication.spoilt} was accepted`);
      return true;
    }
    this.#rejected += 1;
    if (publication.spoilt !== null) checks.held('no false accept');
    this.#parts.penalties.failed(link);
    return false;
  }

  #pass(node: number, { id, kind, log, to }: Publication, link: number): void {
    const { ground, logs, publications } = this.#parts;
    this.#arrivals += 1;
    if (ground.sinks.trace !== undefined) {
      const what = kind === 'evidence' ? `evidence against log ${log}` : nameOfVersion(logs.version(to));
      ground.trace('publication', node, ground.wire.topology.from[link]!, what);
    }
    if (this.#hops !== null) {
      const { capacity } = publications;
      const from = ground.wire.topology.from[link]!;
      const hops = Math.min(HOPS_MAX, this.#hops[from * capacity + id]! + 1);
      this.#hops[node * capacity + id] = hops;
      this.#hopSum += hops;
      this.#hopMax = Math.max(this.#hopMax, hops);
    }
    this.#mesh!.forward(node, id, link, false);
  }

  #mark(node: number, id: PublicationId): void {
    this.#seen[node * this.#words + (id >>> 5)]! |= 1 << (id & 31);
  }
}

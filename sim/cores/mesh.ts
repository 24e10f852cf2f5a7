// The mesh of gossip after the gossipsub specification: graft and prune with each heartbeat, announcements to some neighbours
// outside of it. The library itself is not run here: this is a model of it with the node's settings.

import { meshBounds } from '../mesh-bounds.ts';
import type { RandomStream } from '../random.ts';
import { type Ground, SECOND } from './ground.ts';
import type { Message, PublicationId } from './message.ts';
import type { Post } from './post.ts';
import type { Presence } from './presence.ts';

/** Neighbours outside of the mesh that are told, and heartbeats for which something is told (D_lazy, mcache_gossip). */
const TOLD_PEERS = 6;
const TOLD_HEARTBEATS = 3;
/** Things remembered for announcing, of one node. */
const RECENT_MAX = 1_024;
/** A remembered thing takes two numbers: when it came, and which it is. */
const PAIR = 2;

export class Mesh {
  readonly #ground: Ground;
  readonly #post: Post;
  readonly #presence: Presence;
  readonly #has: (node: number, publication: PublicationId) => boolean;
  readonly #onHeartbeat: (node: number) => void;
  /** 1 where the start of a link has its end in the mesh. */
  readonly #inMesh: Uint8Array;
  readonly #size: Uint8Array;
  /** What each node has to announce, as pairs: plain numbers, because each node looks through its own with every heartbeat. */
  readonly #recent: (number[] | undefined)[];
  readonly #streams: readonly RandomStream[];
  readonly #kind: number;
  readonly #bounds: ReturnType<typeof meshBounds>;
  /** Links that were drawn last. */
  readonly #drawn: Int32Array;

  constructor(parts: {
    ground: Ground;
    post: Post;
    presence: Presence;
    has: (node: number, publication: PublicationId) => boolean;
    onHeartbeat: (node: number) => void;
  }) {
    const { ground, has, onHeartbeat, post, presence } = parts;
    this.#ground = ground;
    this.#post = post;
    this.#presence = presence;
    this.#has = has;
    this.#onHeartbeat = onHeartbeat;
    this.#inMesh = new Uint8Array(ground.wire.topology.to.length);
    this.#size = new Uint8Array(ground.nodes);
    this.#recent = new Array<number[] | undefined>(ground.nodes).fill(undefined);
    this.#streams = Array.from({ length: ground.nodes }, (_, node) => ground.random('mesh', node));
    this.#bounds = meshBounds(ground.scenario.protocol.meshDegree);
    const { first } = ground.wire.topology;
    let linksMax = 0;
    for (let node = 0; node < ground.nodes; node++)
      linksMax = Math.max(linksMax, first[node + 1]! - first[node]!);
    this.#drawn = new Int32Array(linksMax);
    this.#kind = ground.loop.on((node) => this.#heartbeat(node));
    presence.listen((node, here) => {
      if (!here) this.#leave(node);
    });
  }

  /** Grows the mesh as many heartbeats would have, and starts them. */
  start(): void {
    const { nodes, loop, scenario } = this.#ground;
    if (scenario.protocol.gossip === 'mesh')
      for (let node = 0; node < nodes; node++) {
        if (this.#presence.here[node] === 0 || this.#size[node]! >= this.#bounds.low) continue;
        for (const link of this.#outside(node, scenario.protocol.meshDegree - this.#size[node]!)) {
          if (this.#size[this.#end(link)]! >= this.#bounds.high) continue;
          this.#set(link, 1);
          this.#set(this.#back(link), 1);
        }
      }
    const period = scenario.protocol.heartbeatSeconds * SECOND;
    for (let node = 0; node < nodes; node++)
      loop.schedule(this.#streams[node]!.unit() * period, this.#kind, node);
  }

  /** Passes a publication on, but not back over `cameBy` (-1: nobody sent it). `everybody` as for what is urgent and one's own. */
  forward(node: number, publication: PublicationId, cameBy: number, everybody: boolean): void {
    const { topology } = this.#ground.wire;
    const all = everybody || this.#ground.scenario.protocol.gossip === 'flood';
    const back = cameBy < 0 ? -1 : topology.reverse[cameBy]!;
    for (let link = topology.first[node]!; link < topology.first[node + 1]!; link++)
      if (link !== back && (all || this.#inMesh[link] === 1)) this.#post.publication(link, publication);
    if (all) return;
    this.#recent[node] ??= [];
    const recent = this.#recent[node];
    if (recent.length < PAIR * RECENT_MAX) recent.push(this.#ground.loop.now, publication);
  }

  /** Messages of gossip that are no publications. */
  onMessage(node: number, link: number, message: Message): void {
    const back = this.#back(link);
    switch (message.kind) {
      case 'graft':
        if (this.#size[node]! < this.#bounds.high) this.#set(back, 1);
        else if (this.#inMesh[back] === 0) this.#post.send(back, { kind: 'prune' });
        return;
      case 'prune':
        this.#set(back, 0);
        return;
      case 'ihave': {
        const wanted = message.publications.filter((publication) => !this.#has(node, publication));
        if (wanted.length > 0) this.#post.send(back, { kind: 'iwant', publications: wanted });
        return;
      }
      case 'iwant':
        for (const publication of message.publications)
          if (this.#has(node, publication)) this.#post.publication(back, publication);
    }
  }

  /** Neighbours in the mesh of a node. */
  meshOf(node: number): number[] {
    const { first, to } = this.#ground.wire.topology;
    const links: number[] = [];
    for (let link = first[node]!; link < first[node + 1]!; link++)
      if (this.#inMesh[link] === 1) links.push(to[link]!);
    return links;
  }

  #heartbeat(node: number): void {
    const { loop, scenario } = this.#ground;
    const { gossip, heartbeatSeconds, meshDegree } = scenario.protocol;
    loop.schedule(heartbeatSeconds * SECOND, this.#kind, node);
    if (this.#presence.here[node] === 0) return;
    this.#onHeartbeat(node);
    if (gossip !== 'mesh') return;
    const size = this.#size[node]!;
    if (size < this.#bounds.low)
      for (const link of this.#outside(node, meshDegree - size)) {
        this.#set(link, 1);
        this.#post.send(link, { kind: 'graft' });
      }
    else if (size > this.#bounds.high) this.#thin(node, size - meshDegree);
    this.#announce(node);
  }

  #announce(node: number): void {
    const recent = this.#recent[node];
    if (recent === undefined) return;
    const { loop, scenario } = this.#ground;
    const since = loop.now - TOLD_HEARTBEATS * scenario.protocol.heartbeatSeconds * SECOND;
    let past = 0;
    while (past < recent.length && recent[past]! < since) past += PAIR;
    if (past === recent.length) {
      this.#recent[node] = undefined;
      return;
    }
    if (past > 0) recent.splice(0, past);
    const publications: number[] = [];
    for (let at = 1; at < recent.length; at += PAIR) publications.push(recent[at]!);
    const message: Message = { kind: 'ihave', publications };
    for (const link of this.#outside(node, TOLD_PEERS)) this.#post.send(link, message);
  }

  /** Up to `count` links to neighbours that are there and not in the mesh, drawn by the node. Good until the next draw. */
  #outside(node: number, count: number): Int32Array {
    const { first } = this.#ground.wire.topology;
    let found = 0;
    for (let link = first[node]!; link < first[node + 1]!; link++)
      if (this.#inMesh[link] === 0 && this.#presence.here[this.#end(link)] === 1) this.#drawn[found++] = link;
    return this.#draw(node, found, count);
  }

  #thin(node: number, count: number): void {
    const { first } = this.#ground.wire.topology;
    let found = 0;
    for (let link = first[node]!; link < first[node + 1]!; link++)
      if (this.#inMesh[link] === 1) this.#drawn[found++] = link;
    for (const link of this.#draw(node, found, count)) {
      this.#set(link, 0);
      this.#post.send(link, { kind: 'prune' });
    }
  }

  /** Draws some of the links that were found. */
  #draw(node: number, found: number, count: number): Int32Array {
    const stream = this.#streams[node]!;
    const links = this.#drawn;
    const wanted = Math.max(0, Math.min(count, found));
    for (let at = 0; at < wanted; at++) {
      const other = at + stream.below(found - at);
      const link = links[at]!;
      links[at] = links[other]!;
      links[other] = link;
    }
    return links.subarray(0, wanted);
  }

  /** Connections end with a node's going: both sides see it. */
  #leave(node: number): void {
    const { first } = this.#ground.wire.topology;
    for (let link = first[node]!; link < first[node + 1]!; link++) {
      this.#set(link, 0);
      this.#set(this.#back(link), 0);
    }
    this.#recent[node] = undefined;
  }

  #set(link: number, value: 0 | 1): void {
    if (this.#inMesh[link] === value) return;
    this.#inMesh[link] = value;
    this.#size[this.#ground.wire.topology.from[link]!]! += value === 1 ? 1 : -1;
  }

  #end(link: number): number {
    return this.#ground.wire.topology.to[link]!;
  }

  #back(link: number): number {
    return this.#ground.wire.topology.reverse[link]!;
  }
}

// The mesh of gossip as the node's library keeps it: links are grafted when two nodes meet, grafted and pruned with each heartbeat, and some
// neighbours outside are told what there is. The library itself is not run here: this is a model of it with the node's settings.

import { meshBounds, TOLD_HEARTBEATS, TOLD_PEERS, TOLD_SHARE } from '../mesh-bounds.ts';
import type { RandomStream } from '../random.ts';
import { type Ground, SECOND } from './ground.ts';
import type { Message, PublicationId } from './message.ts';
import type { Post } from './post.ts';
import type { Presence } from './presence.ts';

/** Things remembered for announcing, of one node. */
const RECENT_MAX = 1_024;
/** Time between the starts of two nodes, as in the tiers of real nodes, in microseconds. */
const START_EVERY = 50_000;
/** One-way delays from the start of a node until a neighbour has it among those that gossip: measured at real nodes. */
const ACQUAINTING_TRIPS = 11;
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

  /** Grows the mesh of nodes that came one after another, as many heartbeats would have, and starts them. */
  start(): void {
    const { nodes, loop, scenario } = this.#ground;
    if (scenario.protocol.gossip === 'mesh') {
      this.#meet();
      for (let node = 0; node < nodes; node++) {
        if (this.#presence.here[node] === 0 || this.#size[node]! >= this.#bounds.low) continue;
        for (const link of this.#outside(node, scenario.protocol.meshDegree - this.#size[node]!))
          if (this.#size[this.#end(link)]! < this.#bounds.high) this.#graft(link);
      }
    }
    const period = scenario.protocol.heartbeatSeconds * SECOND;
    for (let node = 0; node < nodes; node++)
      loop.schedule(this.#streams[node]!.unit() * period, this.#kind, node);
  }

  /** Passes a publication on, but not back over `cameBy` (-1: nobody sent it). `everybody` as for what is urgent and one's own. */
  forward(node: number, publication: PublicationId, cameBy: number, everybody: boolean): void {
    const { topology } = this.#ground.wire;
    const isFlood = this.#ground.scenario.protocol.gossip === 'flood';
    const all = everybody || isFlood;
    const back = cameBy < 0 ? -1 : topology.reverse[cameBy]!;
    for (let link = topology.first[node]!; link < topology.first[node + 1]!; link++)
      if (link !== back && (all || this.#inMesh[link] === 1)) this.#post.publication(link, publication);
    if (isFlood) return;
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
    for (const link of this.#told(node)) this.#post.send(link, message);
  }

  /** Up to `count` links to neighbours that are there and not in the mesh, drawn by the node. Good until the next draw. */
  #outside(node: number, count: number): Int32Array {
    return this.#draw(node, this.#findOutside(node), count);
  }

  /** Links over which a node announces with one heartbeat: a few, or a share where that is more. */
  #told(node: number): Int32Array {
    const found = this.#findOutside(node);
    return this.#draw(node, found, Math.max(TOLD_PEERS, Math.floor(TOLD_SHARE * found)));
  }

  #findOutside(node: number): number {
    const { first } = this.#ground.wire.topology;
    let found = 0;
    for (let link = first[node]!; link < first[node + 1]!; link++)
      if (this.#inMesh[link] === 0 && this.#presence.here[this.#end(link)] === 1) this.#drawn[found++] = link;
    return found;
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

  /**
   * Links come up one after another, as nodes do that start a moment apart and need some trips to get acquainted. Whoever has too few grafts the
   * other at once (the library's `graftOnSubscribe`, which stops at D_low); who is dialled and has its fill refuses.
   */
  #meet(): void {
    const { delay, from, to } = this.#ground.wire.topology;
    const { here } = this.#presence;
    const dialled: number[] = [];
    for (let link = 0; link < to.length; link++)
      if (from[link]! > to[link]! && here[from[link]!] === 1 && here[to[link]!] === 1) dialled.push(link);
    const at = Float64Array.from(
      dialled,
      (link) => from[link]! * START_EVERY + ACQUAINTING_TRIPS * delay[link]!,
    );
    const order = Uint32Array.from(dialled.keys()).sort((a, b) => at[a]! - at[b]!);
    const { high, low } = this.#bounds;
    for (const one of order) {
      const link = dialled[one]!;
      const size = this.#size[to[link]!]!;
      if (size < low || (this.#size[from[link]!]! < low && size < high)) this.#graft(link);
    }
  }

  /** Both ends take each other into their meshes. */
  #graft(link: number): void {
    this.#set(link, 1);
    this.#set(this.#back(link), 1);
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

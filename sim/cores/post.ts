// Sends messages over the wire and hands them to whoever they are for. Publications travel as two numbers; other messages wait in
// slots. Adversaries' roles see their own node's mail here, and nobody else's.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../protocol/sync/index.ts';
import type { RandomStream } from '../random.ts';
import type { Ground } from './ground.ts';
import { bytesOf, type Message, type PublicationId } from './message.ts';
import type { Presence } from './presence.ts';
import type { Publications } from './publications.ts';
import type { Role } from './role.ts';

const FRAME_BYTES = 40;

/** Takes what arrives; the link leads from the sender to the receiver. */
export interface Receiver {
  onPublication(node: number, link: number, publication: PublicationId): void;
  onMessage(node: number, link: number, message: Message): void;
}

export class Post {
  readonly #ground: Ground;
  readonly #presence: Presence;
  readonly #publications: Publications;
  readonly #roles = new Map<number, Role>();
  /** Messages on their way, and free slots among them. */
  readonly #slots: (Message | null)[] = [];
  readonly #free: number[] = [];
  readonly #shutUntil: (link: number) => number;
  readonly #kinds: { publication: number; message: number };
  readonly #sample: RandomStream;
  #receiver: Receiver | undefined;
  #roundTrips = 0;

  /** `shutUntil`: until when what comes over a link is not listened to (admission), in microseconds. */
  constructor(
    ground: Ground,
    presence: Presence,
    publications: Publications,
    shutUntil: (link: number) => number,
  ) {
    this.#ground = ground;
    this.#presence = presence;
    this.#publications = publications;
    this.#shutUntil = shutUntil;
    this.#sample = ground.random('round trips');
    this.#kinds = {
      publication: ground.loop.on((link, publication) => this.#arrive(link, publication)),
      message: ground.loop.on((link, slot) => this.#arriveMessage(link, slot)),
    };
  }

  /** Messages that were encoded and decoded on their way. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  deliverTo(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Lays a role around a node. */
  cast(node: number, role: Role): void {
    this.#roles.set(node, role);
  }

  roleOf(node: number): Role | undefined {
    return this.#roles.get(node);
  }

  /** Sends a publication over a link. */
  publication(link: number, id: PublicationId): void {
    const { cheats, wire } = this.#ground;
    const from = wire.topology.from[link]!;
    if (cheats[from] === 1) {
      this.send(link, { kind: 'publication', publication: id });
      return;
    }
    this.#launch(link, id);
  }

  /** Sends a message over a link; an adversary's role may change it. */
  send(link: number, message: Message): void {
    const { cheats, wire } = this.#ground;
    const from = wire.topology.from[link]!;
    const role = cheats[from] === 1 ? this.#roles.get(from) : undefined;
    if (role?.send === undefined) {
      this.sendAsIs(link, message);
      return;
    }
    const sent = role.send(wire.topology.to[link]!, message);
    if (sent !== null) this.sendAsIs(link, sent);
  }

  /** Sends past the role. */
  sendAsIs(link: number, message: Message): void {
    if (message.kind === 'publication') {
      this.#launch(link, message.publication);
      return;
    }
    const { loop, scenario, wire } = this.#ground;
    const bytes = bytesOf(message, (id) => this.#publications.get(id).bytes);
    const delay = wire.transmit(link, bytes, loop.now);
    if (delay < 0) return;
    let carried = message;
    if (message.kind === 'question' || message.kind === 'answer') {
      if (this.#sample.unit() < scenario.measure.roundTripShare)
        carried = { ...message, message: this.#roundTrip(message.message) };
    }
    const slot = this.#free.pop() ?? this.#slots.push(null) - 1;
    this.#slots[slot] = carried;
    loop.schedule(delay, this.#kinds.message, link, slot);
  }

  #launch(link: number, id: PublicationId): void {
    const { loop, wire } = this.#ground;
    const delay = wire.transmit(link, FRAME_BYTES + this.#publications.get(id).bytes, loop.now);
    if (delay >= 0) loop.schedule(delay, this.#kinds.publication, link, id);
  }

  #arrive(link: number, id: PublicationId): void {
    const { cheats, wire } = this.#ground;
    const node = wire.topology.to[link]!;
    if (this.#presence.here[node] === 0 || this.#shutUntil(link) > this.#ground.loop.now) return;
    if (cheats[node] === 1) {
      const from = wire.topology.from[link]!;
      const heard = this.#roles.get(node)?.receive?.(from, { kind: 'publication', publication: id });
      if (heard === false) return;
    }
    this.#receiver!.onPublication(node, link, id);
  }

  #arriveMessage(link: number, slot: number): void {
    const message = this.#slots[slot]!;
    this.#slots[slot] = null;
    this.#free.push(slot);
    const { cheats, wire } = this.#ground;
    const node = wire.topology.to[link]!;
    if (this.#presence.here[node] === 0 || this.#shutUntil(link) > this.#ground.loop.now) return;
    const from = wire.topology.from[link]!;
    if (cheats[node] === 1 && this.#roles.get(node)?.receive?.(from, message) === false) return;
    this.#ground.trace(message.kind, node, from, '');
    this.#receiver!.onMessage(node, link, message);
  }

  /** Encodes and decodes; what comes out goes on, and must encode to the same bytes. */
  #roundTrip(message: SyncMessage): SyncMessage {
    this.#roundTrips += 1;
    const bytes = encodeSyncMessage(message);
    const decoded = decodeSyncMessage(bytes, [message.kind]) as SyncMessage;
    if (equalBytes(bytes, encodeSyncMessage(decoded))) this.#ground.checks.held('faithful encoding');
    else this.#ground.checks.broken('faithful encoding', this.#ground.loop.now, `a ${message.kind} changed`);
    return decoded;
  }
}

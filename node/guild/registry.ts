// The guilds that a node sits in, by id and by key group; cleans up after those that end.

import { toHex } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import type { Events } from '../events/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { groupOf } from './group-id.ts';
import { COMPACT_PAUSE_MS, ENDED_LISTED_MAX, GUILDS_OF_PEER_PART_MIN } from './limits.ts';
import type { GuildRecords } from './records.ts';
import type { Ring } from './ring.ts';
import { type GuildView, guildView } from './views.ts';

export interface RegistryDeps {
  readonly records: GuildRecords;
  readonly clock: Clock;
  readonly book: CardBook;
  readonly events: Events;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly max: number;
  /** Told when a guild is over, for what others keep of it. */
  readonly onEnd: (guild: string) => void;
}

/** All rings of a node. */
export class Registry {
  readonly #deps: RegistryDeps;
  readonly #rings = new Map<string, Ring>();
  readonly #groups = new Map<string, Ring>();
  readonly #ended = new Map<string, GuildView>();
  readonly #refused = new Map<string, GuildView['refused']>();
  readonly #watchers = new Set<(view: GuildView) => void>();
  /** Cleaning on disk, one after another. */
  #cleaning: Promise<void> = Promise.resolve();
  /** Deleted records may still be in files. */
  #dirty = false;
  #cancel: () => void = () => {};

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  /** Throws BUSY when the node sits in as many guilds as it may, GUILD_REFUSED when it sits in this one. */
  checkRoom(guild?: string): void {
    const { max } = this.#deps;
    if (this.#rings.size >= max) throw new ZeroError('BUSY', `this node sits in ${max} guilds already`);
    if (guild !== undefined && this.#rings.has(guild))
      throw new ZeroError('GUILD_REFUSED', 'this node has a seat in that guild already');
  }

  /** Throws BUSY when no guild, or no more of that node, has room here: strangers may not fill every seat. */
  checkRoomFor(peer: string): void {
    this.checkRoom();
    const theirs = this.live().filter(({ state }) => state.members.get(state.owner)?.peer === peer).length;
    if (theirs >= Math.max(1, Math.floor(this.#deps.max / GUILDS_OF_PEER_PART_MIN)))
      throw new ZeroError('BUSY', `this node sits in ${theirs} guilds of that node already`);
  }

  /** Adds a ring, on disk before it is used. */
  async add(ring: Ring): Promise<void> {
    this.checkRoom(ring.id);
    this.#rings.set(ring.id, ring);
    this.#groups.set(toHex(groupOf(ring.id)), ring);
    this.#deps.metrics.set('zerostate_guilds', this.#rings.size);
    await this.#deps.records.put({
      guild: ring.id,
      agent: ring.self.agentId,
      owner: ring.state.owner,
      since: ring.seat?.since ?? ring.state.epoch,
      untilMs: ring.seat?.untilMs ?? 0,
      others: ring.others().map(({ agent, peer }) => ({ agent, peer })),
    });
    this.changed(ring);
  }

  /** A ring changed; one that ended is cleaned up. */
  changed(ring: Ring): void {
    if (!this.#rings.has(ring.id)) return;
    const view = this.view(ring);
    if (ring.end !== undefined) this.#retire(ring, view);
    for (const watcher of this.#watchers) watcher(view);
    this.#deps.events.emit('guild', () => view);
  }

  #retire(ring: Ring, view: GuildView): void {
    const { log, metrics, onEnd, records } = this.#deps;
    this.#rings.delete(ring.id);
    this.#groups.delete(toHex(groupOf(ring.id)));
    this.#refused.delete(ring.id);
    this.#ended.set(ring.id, view);
    if (this.#ended.size > ENDED_LISTED_MAX) this.#ended.delete(this.#ended.keys().next().value as string);
    metrics.set('zerostate_guilds', this.#rings.size);
    metrics.count('zerostate_guilds_ended_total', { reason: view.state });
    log.info({ guild: ring.id, reason: view.state }, 'guild ended');
    onEnd(ring.id);
    this.#cleaning = this.#cleaning
      .then(() => records.delete(ring.id))
      .catch((error: unknown) => log.warn({ err: error }, 'the record of an ended guild is still on disk'));
    this.#cancel();
    this.#dirty = true;
    this.#cancel = this.#deps.clock.after(COMPACT_PAUSE_MS, () => void this.compact());
  }

  /** Waits until the records of what ended are deleted. */
  async cleaned(): Promise<void> {
    await this.#cleaning;
  }

  /** Rewrites the files that still hold deleted records, if there are any. */
  async compact(): Promise<void> {
    this.#cancel();
    const { log, records } = this.#deps;
    this.#cleaning = this.#cleaning
      .then(async () => {
        if (!this.#dirty) return;
        this.#dirty = false;
        await records.compact();
      })
      .catch((error: unknown) => log.warn({ err: error }, 'records of ended guilds are not compacted yet'));
    await this.#cleaning;
  }

  /** A live ring. Throws GUILD_UNKNOWN. */
  get(guild: string): Ring {
    const ring = this.#rings.get(guild);
    if (ring !== undefined) return ring;
    const ended = this.#ended.get(guild)?.state;
    throw new ZeroError(
      'GUILD_UNKNOWN',
      ended === undefined ? `no guild ${guild.slice(0, 80)}` : `the guild has ended: ${ended}`,
    );
  }

  /** The live ring of a key group. */
  byGroup(group: Uint8Array): Ring | undefined {
    return this.#groups.get(toHex(group));
  }

  live(): Ring[] {
    return [...this.#rings.values()];
  }

  /** Notes who did not take a seat. */
  noteRefused(ring: Ring, refused: GuildView['refused']): void {
    this.#refused.set(ring.id, refused);
  }

  view(ring: Ring): GuildView {
    const nameOf = (agent: string) => this.#deps.book.get(agent)?.card.name ?? '';
    return guildView(ring, nameOf, this.#refused.get(ring.id));
  }

  /** Throws GUILD_UNKNOWN. */
  show(guild: string): GuildView {
    const ended = this.#ended.get(guild);
    return ended !== undefined && !this.#rings.has(guild) ? ended : this.view(this.get(guild));
  }

  list(): GuildView[] {
    return [...this.live().map((ring) => this.view(ring)), ...[...this.#ended.values()].reverse()];
  }

  watch(watcher: (view: GuildView) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

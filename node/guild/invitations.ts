// Invitations: those of others that wait for a person here, and those of this node that wait for a person elsewhere. In memory, bounded.

import { RecentMap } from '../../protocol/bounded/index.ts';
import type { GuildSeat } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { INVITATIONS_MAX, INVITATIONS_PER_PEER_MAX } from './limits.ts';

/** One that waits here. */
export interface Invitation {
  readonly guild: string;
  readonly name: string;
  /** Who invited, and the node to answer. */
  readonly from: AgentId;
  readonly peer: string;
  readonly seat: GuildSeat;
}

/** Both kinds. */
export class Invitations {
  readonly #here = new RecentMap<string, Invitation>(INVITATIONS_MAX);
  readonly #there = new RecentMap<string, GuildSeat>(INVITATIONS_MAX);

  /** Keeps one that came; the oldest of its node gives way, then the oldest of all. */
  keep(invitation: Invitation): void {
    const { guild, peer } = invitation;
    const theirs = [...this.#here.values()].filter((one) => one.peer === peer && one.guild !== guild);
    if (theirs.length >= INVITATIONS_PER_PEER_MAX) this.#here.delete((theirs[0] as Invitation).guild);
    this.#here.set(invitation.guild, invitation);
  }

  list(now: number): Invitation[] {
    for (const [guild, { seat }] of this.#here.entries()) if (seat.untilMs <= now) this.#here.delete(guild);
    return [...this.#here.values()];
  }

  take(guild: string): Invitation | undefined {
    const invitation = this.#here.get(guild);
    this.#here.delete(guild);
    return invitation;
  }

  /** Remembers a seat that was offered. */
  offer(guild: string, seat: GuildSeat): void {
    this.#there.set(`${guild} ${seat.agent}`, seat);
  }

  /** The seat that was offered, once. */
  claim(guild: string, agent: AgentId): GuildSeat | undefined {
    const seat = this.#there.get(`${guild} ${agent}`);
    this.#there.delete(`${guild} ${agent}`);
    return seat;
  }
}

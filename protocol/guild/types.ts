// The shapes of guilds: control messages that agents sign, and the state that every member computes from them.

import type { AgentId } from '../identity/index.ts';

export const GUILD_CONTROL_TYPE = 'application/vnd.zerostate.guild-control+json';
export const GUILD_KEY_TYPE = 'application/vnd.zerostate.guild-key+json';

/** 'zsg:' and the content id of the guild's creation. */
export type GuildId = string;

/** owner: made the guild, alone may end it. coordinator: may change members. member: works. observer: reads. */
export const GUILD_ROLES = ['owner', 'coordinator', 'member', 'observer'] as const;
export type GuildRole = (typeof GUILD_ROLES)[number];
/** Roles that a control message can give: there is one owner, the creator. */
export const GIVEN_ROLES = ['coordinator', 'member', 'observer'] as const;

/** One seat in a guild. */
export type GuildSeat = {
  readonly agent: AgentId;
  /** Peer id of the node on which the agent takes the guild's messages. */
  readonly peer: string;
  readonly role: GuildRole;
  /** Milliseconds since 1970: the membership ends then by itself. */
  readonly untilMs: number;
};

/** What a control message does. */
export type GuildAct =
  | {
      readonly action: 'create';
      readonly name: string;
      readonly nonce: string;
      readonly seats: readonly GuildSeat[];
    }
  | { readonly action: 'invite'; readonly seat: GuildSeat }
  | { readonly action: 'join'; readonly accept: boolean; readonly reason: string }
  | { readonly action: 'add'; readonly seats: readonly GuildSeat[] }
  | { readonly action: 'remove'; readonly agents: readonly AgentId[]; readonly reason: string }
  | { readonly action: 'leave'; readonly reason: string }
  | { readonly action: 'dissolve'; readonly reason: string }
  | { readonly action: 'task'; readonly task: string; readonly verb: string; readonly data: string };

export type GuildAction = GuildAct['action'];

/** One signed control message. */
export interface GuildControl {
  /** null in a creation, which names the guild by its own hash. */
  readonly guild: GuildId | null;
  readonly actor: AgentId;
  /**
   * Membership epoch. An act that changes members (create, add, remove) names the epoch that it begins, every other one the epoch that
   * its actor was in. It is the epoch of the group keys as well.
   */
  readonly epoch: number;
  /** Grows with each message of the actor in this guild. The last word of a node that lost its state has LAST_WORD. */
  readonly sequence: number;
  readonly issuedAtMs: number;
  readonly act: GuildAct;
}

/** A control message whose signature was checked, with its id and the guild it belongs to. */
export interface VerifiedControl extends GuildControl {
  /** Content id of the envelope. */
  readonly id: string;
  readonly guild: GuildId;
}

/** A member, as the state knows it. */
export interface GuildMember extends GuildSeat {
  /** Epoch in which it was seated: what an agent said before, under an earlier seat, counts no more. */
  readonly since: number;
  readonly joined: boolean;
  readonly leaving: boolean;
}

/** Sequences of one actor that were seen: the greatest, and those shortly below it. */
export interface SeenSequences {
  readonly top: number;
  readonly recent: readonly number[];
}

/** What every member of a guild agrees upon: immutable, computed from control messages alone. */
export interface GuildState {
  readonly guild: GuildId;
  readonly name: string;
  readonly owner: AgentId;
  readonly epoch: number;
  /** Id of the message that began the epoch. */
  readonly head: string;
  readonly members: ReadonlyMap<AgentId, GuildMember>;
  /** By actor. Those who left stay in it until they are seated again, so that nothing of theirs is replayed. */
  readonly seen: ReadonlyMap<AgentId, SeenSequences>;
  readonly ended: string | null;
}

/** Why a message was not accepted; codes for logs and peers. */
export type GuildVerdictCode =
  | 'OTHER_GUILD'
  | 'ENDED'
  | 'REPLAY'
  | 'OLD_EPOCH'
  | 'FUTURE_EPOCH'
  | 'FORK'
  | 'NOT_MEMBER'
  | 'NOT_ALLOWED'
  | 'EXPIRED'
  | 'BAD_SEATS'
  | 'CLOCK';

/**
 * accept: the new state. ignore: stale or repeated, nobody's fault. defer: too early, ask again after the missing epoch.
 * reject: provably against the rules, its actor's fault.
 */
export type GuildVerdict =
  | { readonly verdict: 'accept'; readonly state: GuildState }
  | { readonly verdict: 'ignore' | 'reject' | 'defer'; readonly code: GuildVerdictCode };

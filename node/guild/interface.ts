// What other parts of a node, and the API, see of guilds.

import type { GuildRole } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { FindFilter } from '../find/schema.ts';
import type { GuildHandler } from './contents.ts';
import type { Delivery, RequestOptions } from './talk.ts';
import type { GuildView, InvitationView } from './views.ts';

export type { GuildHandler, GuildMessage } from './contents.ts';
export type { Delivery, RequestOptions } from './talk.ts';
export type { GuildView, InvitationView } from './views.ts';

/** How a guild shall be made. */
export interface GuildRequest {
  /** What people see. */
  readonly name: string;
  /** The agent of this node that owns it; the first one that lives here unless told, made when there is none. */
  readonly agent?: AgentId;
  /** Members by hand. */
  readonly members?: readonly { readonly agent: AgentId; readonly role?: GivenRole }[];
  /** Members by meaning: the best `count` acceptable agents, each on another node. */
  readonly find?: { readonly text: string; readonly count: number; readonly filter?: FindFilter };
  /** Longest life in milliseconds; an hour unless told. */
  readonly ttlMs?: number;
  /** Fewest others that must take their seats; all that were asked unless told. */
  readonly min?: number;
}

export type GivenRole = Exclude<GuildRole, 'owner'>;

/** Told when a guild's state changes: members, epoch, end. */
export type GuildListener = (view: GuildView) => void;

/** Guilds of one node. Ids are the text of `GuildView.id`. */
export interface Guilds {
  /** Makes a guild and seats its members. Throws GUILD_NOT_FORMED, NO_MEMBER, LIMIT_EXCEEDED, NOT_OWNER, USAGE. */
  create(request: GuildRequest): Promise<GuildView>;
  /** Fetches key packages of agents that are likely to be asked, so that the guild with them forms in one round trip. Never throws. */
  prepare(agents: readonly AgentId[]): Promise<void>;
  /** Adds agents. An agent whose node asks a person is seated when that person says yes. Throws GUILD_NOT_ALLOWED, GUILD_NOT_FORMED. */
  invite(guild: string, agents: readonly AgentId[], role?: GivenRole): Promise<GuildView>;
  /** Says yes to an invitation that waits here. Throws GUILD_UNKNOWN, GUILD_REFUSED. */
  join(guild: string): Promise<GuildView>;
  /** Leaves a guild; its owner dissolves it instead. */
  leave(guild: string, reason?: string): Promise<void>;
  /** Removes members: the keys change, and they read nothing that follows. Throws GUILD_NOT_ALLOWED, NOT_FOUND. */
  remove(guild: string, agents: readonly AgentId[], reason?: string): Promise<GuildView>;
  /** Ends a guild for everybody; its keys are destroyed. Throws GUILD_NOT_ALLOWED. */
  dissolve(guild: string, reason?: string): Promise<GuildView>;
  /** Live ones first, then those that ended lately. */
  list(): GuildView[];
  /** Throws GUILD_UNKNOWN. */
  show(guild: string): GuildView;
  invitations(): InvitationView[];
  /** Other members that may work and are not known to be gone. Throws GUILD_UNKNOWN. */
  workersOf(guild: string): AgentId[];
  /** Sends content to all members, or to some; nobody answers. Throws LIMIT_EXCEEDED, GUILD_NOT_ALLOWED, GUILD_UNKNOWN. */
  send(guild: string, topic: string, data: Uint8Array, to?: readonly AgentId[]): Promise<Delivery>;
  /** Sends content to one member; answers what its handler answers. Throws what that throws, PEER_UNREACHABLE, GUILD_UNKNOWN. */
  request(
    guild: string,
    agent: AgentId,
    topic: string,
    data: Uint8Array,
    options?: RequestOptions,
  ): Promise<Uint8Array>;
  /** Handles the content of a topic, from every guild of this node. One handler a topic. */
  handle(topic: string, handler: GuildHandler): void;
  /** Watches every guild; answers a function that stops it. */
  watch(listener: GuildListener): () => void;
}

// Guilds: short-lived private rings of agents, with keys that only their members have. The only door of this folder.

export type {
  Delivery,
  GivenRole,
  GuildHandler,
  GuildListener,
  GuildMessage,
  GuildRequest,
  Guilds,
  GuildView,
  InvitationView,
  RequestOptions,
} from './interface.ts';
export { makeGuilds } from './make-guilds.ts';
export { guildViewSchema, invitationViewSchema } from './views.ts';

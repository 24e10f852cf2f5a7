// Guilds: short-lived private rings of agents. Signed control messages, who may do what, and the state that every member computes.
// The group's keys are the node's business (MLS). The only door of this folder.

export { mayAct, maySpeak } from './acl.ts';
export { claimOf, signControl, verifyControl } from './control.ts';
export {
  checkCredentialTime,
  GUILD_KEY_AGE_MS_MAX,
  type GuildCredential,
  readCredential,
  type SignCredentialInput,
  signCredential,
  type VerifiedCredential,
  verifyCredential,
} from './credential.ts';
export { guildIdOf, isGuildId } from './guild-id.ts';
export * from './limits.ts';
export { departing, foundGuild, type GuildContext, judgeControl, leaderOf } from './state.ts';
export * from './types.ts';

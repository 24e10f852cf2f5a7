// Error codes of guilds and leases. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const guildCodes = {
  GUILD_UNKNOWN: {
    exit: 1,
    http: 404,
    retryable: false,
    summary: 'This node is in no such guild, or the guild has ended.',
    remedy: 'See "zerostate guild list"; a guild that has ended cannot be entered again: create another.',
  },
  GUILD_REFUSED: {
    exit: 1,
    http: 403,
    retryable: false,
    summary: 'The guild, or the agent who was asked, does not agree.',
    remedy: 'Read the reason; ask another agent, or the owner of the guild.',
  },
  GUILD_ASKS: {
    exit: 1,
    http: 409,
    retryable: true,
    summary: 'The agent’s node lets a person decide about invitations.',
    remedy: 'Wait until somebody there runs "zerostate guild join GUILD".',
  },
  GUILD_NOT_ALLOWED: {
    exit: 1,
    http: 403,
    retryable: false,
    summary: 'The role in the guild does not allow that.',
    remedy:
      'Only the owner and coordinators change members, only the owner dissolves, and observers only read.',
  },
  GUILD_EPOCH: {
    exit: 1,
    http: 409,
    retryable: true,
    summary: 'A message is of another epoch of the guild’s keys than the one in force here.',
    remedy: 'Try again: the members catch up with each change of members by themselves.',
  },
  GUILD_KEYS_REFUSED: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A message, welcome or change of a guild does not verify under the group’s keys.',
    remedy: 'Do not use it; who sent it is not in the guild, or no longer.',
  },
  GUILD_KEY_GONE: {
    exit: 1,
    http: 409,
    retryable: true,
    summary:
      'The key package that the welcome was made for is not there any more: its node restarted, or waited too long.',
    remedy: 'Try again: a fresh one is fetched.',
  },
  GUILD_NOT_FORMED: {
    exit: 4,
    http: 504,
    retryable: true,
    summary: 'Fewer agents than asked for took their seats.',
    remedy: 'Look at the refusals, invite others, or ask for fewer members.',
  },
} as const satisfies Record<string, ErrorEntry>;

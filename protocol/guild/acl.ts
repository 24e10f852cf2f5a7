// Who may do what in a guild: one table.

import type { GuildAct, GuildAction, GuildRole } from './types.ts';

const WHO: Readonly<Record<GuildAction, readonly GuildRole[]>> = {
  create: ['owner'],
  invite: ['owner', 'coordinator'],
  add: ['owner', 'coordinator'],
  remove: ['owner', 'coordinator'],
  join: ['coordinator', 'member', 'observer'],
  leave: ['coordinator', 'member', 'observer'],
  dissolve: ['owner'],
  task: ['owner', 'coordinator', 'member'],
};

/** May a member of this role do that? */
export function mayAct(role: GuildRole, act: Pick<GuildAct, 'action'>): boolean {
  return WHO[act.action].includes(role);
}

/** May a member of this role send content? Observers only read. */
export function maySpeak(role: GuildRole): boolean {
  return role !== 'observer';
}

// What people and scripts see of a guild: one schema each, for the API, and the view of a live ring. No key is in it.

import Type, { type Static } from 'typebox';
import { rfc3339 } from '../clock/index.ts';
import type { Ring } from './ring.ts';

const text = Type.String();

export const guildViewSchema = Type.Object({
  id: text,
  name: text,
  /** active; else why it is over: dissolved, left, removed, expired, lost, stopped. */
  state: text,
  epoch: Type.Integer(),
  owner: text,
  leader: Type.Union([text, Type.Null()]),
  /** The agent of this node in it, with its role. */
  self: text,
  role: text,
  until: text,
  members: Type.Array(
    Type.Object({
      agent: text,
      name: text,
      peer: text,
      role: text,
      joined: Type.Boolean(),
      leaving: Type.Boolean(),
      /** Counts as gone: no sign of life for too long. */
      silent: Type.Boolean(),
      until: text,
    }),
  ),
  /** Agents that did not take a seat when it was made or they were invited, with the reason. */
  refused: Type.Array(Type.Object({ agent: text, error: text })),
});
export type GuildView = Static<typeof guildViewSchema>;

export const invitationViewSchema = Type.Object({
  guild: text,
  name: text,
  from: text,
  agent: text,
  role: text,
  until: text,
});
export type InvitationView = Static<typeof invitationViewSchema>;

/** The view of a ring. `nameOf` gives an agent's name by its card, or ''. */
export function guildView(
  ring: Ring,
  nameOf: (agent: string) => string,
  refused: GuildView['refused'] = [],
): GuildView {
  const { state } = ring;
  const context = ring.context();
  return {
    id: ring.id,
    name: state.name,
    state: ring.end ?? 'active',
    epoch: state.epoch,
    owner: state.owner,
    leader: ring.end === undefined ? (ring.leader() ?? null) : null,
    self: ring.self.agentId,
    role: ring.seat?.role ?? 'none',
    until: rfc3339(ring.seat?.untilMs ?? context.now),
    members: [...state.members.values()].map(({ agent, peer, role, joined, leaving, untilMs }) => ({
      agent,
      name: nameOf(agent),
      peer,
      role,
      joined,
      leaving,
      silent: ring.end === undefined && context.isSilent(agent),
      until: rfc3339(untilMs),
    })),
    refused,
  };
}

// A guild's state for one who joins later, told by the leader over its authenticated connection. What it says of keys is not believed:
// each member's credential stands in the group's tree, and must agree with the seats.

import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { Fields } from '../../protocol/fields/index.ts';
import {
  GUILD_ACTORS_MAX,
  GUILD_MEMBERS_MAX,
  GUILD_NAME_CHARS_MAX,
  GUILD_ROLES,
  type GuildMember,
  type GuildState,
  SEQUENCE_WINDOW,
} from '../../protocol/guild/index.ts';
import { requireAgentId } from '../../protocol/identity/index.ts';
import { type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';

/** Bytes of the state. */
export function encodeSnapshot(state: GuildState): Uint8Array {
  const { name, epoch, head, members, seen } = state;
  return utf8(
    JSON.stringify({
      name,
      epoch,
      head,
      members: [...members.values()],
      seen: [...seen].map(([agent, { top, recent }]) => ({ agent, top, recent })),
    }),
  );
}

function readMember(value: JsonValue, where: string): GuildMember {
  const fields = new Fields(value, where, ['agent', 'peer', 'role', 'untilMs', 'since', 'joined', 'leaving']);
  return {
    agent: requireAgentId(fields.raw('agent'), `${where}.agent`),
    peer: fields.text('peer', { max: 64 }),
    role: fields.oneOf('role', GUILD_ROLES),
    untilMs: fields.integer('untilMs', 0),
    since: fields.integer('since', 0),
    joined: fields.boolean('joined'),
    leaving: fields.boolean('leaving'),
  };
}

/** The state in the bytes, of the guild that was founded as `founding` says. Throws DECODE_FAILED or GUILD_REFUSED. */
export function decodeSnapshot(bytes: Uint8Array, founding: GuildState): GuildState {
  const fields = new Fields(parseStrictJson(fromUtf8(bytes)), 'guild snapshot', [
    'name',
    'epoch',
    'head',
    'members',
    'seen',
  ]);
  const members = fields.list('members', { min: 1, max: GUILD_MEMBERS_MAX }, readMember);
  const seen = fields.list('seen', { max: GUILD_ACTORS_MAX }, (item, where) => {
    const row = new Fields(item, where, ['agent', 'top', 'recent']);
    const recent = row.list('recent', { max: SEQUENCE_WINDOW }, (value) => Number(value));
    return [
      requireAgentId(row.raw('agent'), `${where}.agent`),
      { top: row.integer('top', 0), recent },
    ] as const;
  });
  const state: GuildState = {
    ...founding,
    name: fields.text('name', { max: GUILD_NAME_CHARS_MAX }),
    epoch: fields.integer('epoch', 0),
    head: fields.text('head', { max: 128 }),
    members: new Map(members.map((member) => [member.agent, member])),
    seen: new Map(seen),
  };
  const owners = members.filter(({ role }) => role === 'owner');
  if (state.name !== founding.name || owners.length !== 1 || owners[0]?.agent !== founding.owner)
    throw new ZeroError('GUILD_REFUSED', 'the leader tells of another guild than the one that was founded');
  return state;
}

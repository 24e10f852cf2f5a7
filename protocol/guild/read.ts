// Reads and writes the payload of control messages, strictly. Runs only on bytes whose signature is checked right after.

import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { requireAgentId } from '../identity/index.ts';
import type { JsonObject, JsonValue } from '../json/index.ts';
import { canonicalJson, parseStrictJson } from '../json/index.ts';
import { isGuildId } from './guild-id.ts';
import {
  GUILD_MEMBERS_MAX,
  GUILD_NAME_CHARS_MAX,
  GUILD_REASON_CHARS_MAX,
  TASK_CONTROL_CHARS_MAX,
} from './limits.ts';
import { GIVEN_ROLES, GUILD_ROLES, type GuildAct, type GuildControl, type GuildSeat } from './types.ts';

const PEER = { max: 64, pattern: /^[1-9A-HJ-NP-Za-km-z]+$/ };
const REASON = { max: GUILD_REASON_CHARS_MAX, min: 0 };
const LABEL = { max: 64, pattern: /^[A-Za-z0-9._:-]+$/ };
const ACTIONS = ['create', 'invite', 'join', 'add', 'remove', 'leave', 'dissolve', 'task'] as const;
const COMMON = ['type', 'version', 'guild', 'actor', 'epoch', 'sequence', 'issuedAtMs', 'action'];
const OWN: Record<(typeof ACTIONS)[number], readonly string[]> = {
  create: ['name', 'nonce', 'seats'],
  invite: ['seat'],
  join: ['accept', 'reason'],
  add: ['seats'],
  remove: ['agents', 'reason'],
  leave: ['reason'],
  dissolve: ['reason'],
  task: ['task', 'verb', 'data'],
};

function readSeat(value: JsonValue, where: string): GuildSeat {
  const fields = new Fields(value, where, ['agent', 'peer', 'role', 'untilMs']);
  return {
    agent: requireAgentId(fields.raw('agent'), `${where}.agent`),
    peer: fields.text('peer', PEER),
    role: fields.oneOf('role', GUILD_ROLES),
    untilMs: fields.integer('untilMs', 0),
  };
}

function readSeats(fields: Fields, min: number): GuildSeat[] {
  const seats = fields.list('seats', { min, max: GUILD_MEMBERS_MAX }, readSeat);
  if (new Set(seats.map(({ agent }) => agent)).size !== seats.length)
    fields.refuse('seats', 'names an agent twice');
  return seats;
}

function given(seats: readonly GuildSeat[], fields: Fields, name: string): void {
  if (!seats.every(({ role }) => (GIVEN_ROLES as readonly string[]).includes(role)))
    fields.refuse(name, 'gives a role that only the creator has');
}

function readAct(fields: Fields, action: (typeof ACTIONS)[number]): GuildAct {
  switch (action) {
    case 'create':
      return {
        action,
        name: fields.text('name', { max: GUILD_NAME_CHARS_MAX }),
        nonce: fields.text('nonce', { min: 32, max: 32, pattern: /^[0-9a-f]+$/ }),
        seats: readSeats(fields, 1),
      };
    case 'add': {
      const seats = readSeats(fields, 1);
      given(seats, fields, 'seats');
      return { action, seats };
    }
    case 'invite': {
      const seat = readSeat(fields.raw('seat'), `${fields.where}.seat`);
      given([seat], fields, 'seat');
      return { action, seat };
    }
    case 'join':
      return { action, accept: fields.boolean('accept'), reason: fields.text('reason', REASON) };
    case 'remove': {
      const agents = fields.list('agents', { min: 1, max: GUILD_MEMBERS_MAX }, requireAgentId);
      if (new Set(agents).size !== agents.length) fields.refuse('agents', 'names an agent twice');
      return { action, agents, reason: fields.text('reason', REASON) };
    }
    case 'leave':
    case 'dissolve':
      return { action, reason: fields.text('reason', REASON) };
    case 'task':
      return {
        action,
        task: fields.text('task', { max: 128 }),
        verb: fields.text('verb', LABEL),
        data: fields.text('data', { max: TASK_CONTROL_CHARS_MAX, min: 0 }),
      };
  }
}

/** The control message in a payload. Errors: DECODE_FAILED. */
export function readControl(payload: Uint8Array): GuildControl {
  const value = parseStrictJson(payload);
  const action = (value as JsonObject | null)?.action;
  const known = ACTIONS.find((name) => name === action);
  if (known === undefined) throw new ZeroError('DECODE_FAILED', 'guild control: unknown action');
  const fields = new Fields(value, 'guild control', [...COMMON, ...OWN[known]]);
  fields.constant('type', 'GuildControl');
  fields.constant('version', 1);
  const guild = fields.raw('guild');
  if (known === 'create' ? guild !== null : typeof guild !== 'string' || !isGuildId(guild))
    fields.refuse('guild', 'is not the id of a guild');
  return {
    guild: guild as string | null,
    actor: requireAgentId(fields.raw('actor'), 'guild control.actor'),
    epoch: fields.integer('epoch', 0),
    sequence: fields.integer('sequence', 1),
    issuedAtMs: fields.integer('issuedAtMs', 0),
    act: readAct(fields, known),
  };
}

/** The payload of a control message. Errors: as readControl, which it must pass. */
export function writeControl(control: GuildControl): Uint8Array {
  const { guild, actor, epoch, sequence, issuedAtMs, act } = control;
  const payload = canonicalJson({
    type: 'GuildControl',
    version: 1,
    guild,
    actor,
    epoch,
    sequence,
    issuedAtMs,
    ...(act as unknown as JsonObject),
  });
  readControl(payload);
  return payload;
}

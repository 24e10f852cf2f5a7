// The state machine of a guild: a verified control message and the state before it give a verdict. Pure; every member that has seen the same
// messages has the same state, in whatever order and however often they came.

import type { AgentId } from '../identity/index.ts';
import type { Verified } from '../verified.ts';
import { mayAct } from './acl.ts';
import {
  GUILD_ACTORS_MAX,
  GUILD_CLOCK_TOLERANCE_MS,
  GUILD_CONTROL_AGE_MS_MAX,
  GUILD_MEMBERS_MAX,
  GUILD_TTL_MS_MAX,
} from './limits.ts';
import { isSeen, withSequence } from './sequences.ts';
import type {
  GuildAct,
  GuildMember,
  GuildSeat,
  GuildState,
  GuildVerdict,
  GuildVerdictCode,
  VerifiedControl,
} from './types.ts';

/** What the judge knows beside the messages. */
export interface GuildContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Has this member been silent for too long, as far as one can tell here? A deputy may act for a silent owner. */
  readonly isSilent: (agent: AgentId) => boolean;
}

function no(verdict: 'ignore' | 'reject' | 'defer', code: GuildVerdictCode): GuildVerdict {
  return { verdict, code };
}

function seated(seat: GuildSeat, since: number, joined: boolean): GuildMember {
  return { ...seat, since, joined, leaving: false };
}

/** A seat must end, and not later than the longest membership from now. */
function isTimely(seat: GuildSeat, issuedAtMs: number): boolean {
  return seat.untilMs > issuedAtMs && seat.untilMs <= issuedAtMs + GUILD_TTL_MS_MAX;
}

function checkClock(control: VerifiedControl, now: number): GuildVerdict | undefined {
  if (control.issuedAtMs > now + GUILD_CLOCK_TOLERANCE_MS) return no('reject', 'CLOCK');
  if (control.issuedAtMs < now - GUILD_CONTROL_AGE_MS_MAX) return no('ignore', 'CLOCK');
  return undefined;
}

/** The first state of a guild, from its creation. */
export function foundGuild(control: Verified<VerifiedControl>, now: number): GuildVerdict {
  const { act, actor, epoch, issuedAtMs } = control;
  const clock = checkClock(control, now);
  if (clock !== undefined) return clock;
  if (act.action !== 'create') return no('reject', 'NOT_ALLOWED');
  const owners = act.seats.filter(({ role }) => role === 'owner');
  const alone = act.seats.length === 1;
  if (
    owners.length !== 1 ||
    owners[0]?.agent !== actor ||
    !act.seats.every((seat) => isTimely(seat, issuedAtMs)) ||
    epoch !== (alone ? 0 : 1)
  )
    return no('reject', 'BAD_SEATS');
  return {
    verdict: 'accept',
    state: {
      guild: control.guild,
      name: act.name,
      owner: actor,
      epoch,
      head: control.id,
      members: new Map(act.seats.map((seat) => [seat.agent, seated(seat, epoch, seat.agent === actor)])),
      seen: new Map([[actor, withSequence(undefined, control.sequence)]]),
      ended: null,
    },
  };
}

/** The member who leads: the owner; while it is silent the longest-seated coordinator that is not. */
export function leaderOf(state: GuildState, context: GuildContext): AgentId | undefined {
  const able = [...state.members.values()].filter(
    ({ agent, role, untilMs, leaving, joined }) =>
      (role === 'owner' || role === 'coordinator') &&
      joined &&
      !leaving &&
      untilMs > context.now &&
      !context.isSilent(agent),
  );
  return (able.find(({ role }) => role === 'owner') ?? able[0])?.agent;
}

/** Members whose time has run out, or who said that they leave: the leader removes them, and the keys change. */
export function departing(state: GuildState, now: number): AgentId[] {
  return [...state.members.values()]
    .filter(({ agent, leaving, untilMs }) => agent !== state.owner && (leaving || untilMs <= now))
    .map(({ agent }) => agent);
}

/** Judges a message that is not the creation. The state before is never changed. */
export function judgeControl(
  state: GuildState,
  control: Verified<VerifiedControl>,
  context: GuildContext,
): GuildVerdict {
  if (control.guild !== state.guild) return no('reject', 'OTHER_GUILD');
  if (control.id === state.head) return no('ignore', 'REPLAY');
  if (state.ended !== null) return no('ignore', 'ENDED');
  const clock = checkClock(control, context.now);
  if (clock !== undefined) return clock;
  if (control.act.action === 'create') return no('reject', 'NOT_ALLOWED');
  if (isSeen(state.seen.get(control.actor), control.sequence)) return no('ignore', 'REPLAY');
  const begins = control.act.action === 'add' || control.act.action === 'remove';
  const order = checkEpoch(state, control, begins);
  if (order !== undefined) return order;
  const member = state.members.get(control.actor);
  // Sent while it was a member, or in an earlier seat, and overtaken by its removal: late, not wrong.
  if (member === undefined)
    return control.epoch < state.epoch ? no('ignore', 'OLD_EPOCH') : no('reject', 'NOT_MEMBER');
  if (control.epoch < member.since) return no('ignore', 'OLD_EPOCH');
  if (member.untilMs <= control.issuedAtMs && control.act.action !== 'leave') return no('reject', 'EXPIRED');
  if (!mayAct(member.role, control.act)) return no('reject', 'NOT_ALLOWED');
  return apply(state, control, context);
}

/** An act that begins an epoch must begin the next one. Any other one is good in its own epoch and in later ones, as long as its actor is a member. */
function checkEpoch(state: GuildState, control: VerifiedControl, begins: boolean): GuildVerdict | undefined {
  if (!begins) return control.epoch > state.epoch ? no('defer', 'FUTURE_EPOCH') : undefined;
  if (control.epoch > state.epoch + 1) return no('defer', 'FUTURE_EPOCH');
  if (control.epoch < state.epoch) return no('ignore', 'OLD_EPOCH');
  // Another beginning of the epoch that we are in: two who lead at once.
  if (control.epoch === state.epoch) return no('reject', 'FORK');
  return undefined;
}

function apply(state: GuildState, control: Verified<VerifiedControl>, context: GuildContext): GuildVerdict {
  const { act, actor } = control;
  const members = new Map(state.members);
  const refused = change(members, state, act, actor, control, context);
  if (refused !== undefined) return refused;
  const begins = act.action === 'add' || act.action === 'remove';
  const seen = new Map(state.seen);
  // A new seat counts its messages anew: what was said in an earlier one is of an epoch before it.
  if (act.action === 'add') for (const { agent } of act.seats) seen.delete(agent);
  seen.set(actor, withSequence(state.seen.get(actor), control.sequence));
  return {
    verdict: 'accept',
    state: {
      ...state,
      members,
      seen,
      epoch: begins ? control.epoch : state.epoch,
      head: begins ? control.id : state.head,
      ended: act.action === 'dissolve' ? act.reason : state.ended,
    },
  };
}

/** Changes `members` as the act says; answers a refusal instead when the act is against the rules. */
function change(
  members: Map<AgentId, GuildMember>,
  state: GuildState,
  act: GuildAct,
  actor: AgentId,
  control: VerifiedControl,
  context: GuildContext,
): GuildVerdict | undefined {
  const own = members.get(actor) as GuildMember;
  switch (act.action) {
    case 'join':
      if (act.accept) members.set(actor, { ...own, joined: true });
      else members.set(actor, { ...own, leaving: true });
      return undefined;
    case 'leave':
      if (actor === state.owner) return no('reject', 'NOT_ALLOWED');
      members.set(actor, { ...own, leaving: true });
      return undefined;
    case 'add': {
      if (!mayLead(state, actor, context)) return no('defer', 'NOT_ALLOWED');
      const fresh = act.seats.every((seat) => !members.has(seat.agent) && isTimely(seat, control.issuedAtMs));
      if (!fresh || members.size + act.seats.length > GUILD_MEMBERS_MAX) return no('reject', 'BAD_SEATS');
      if (state.seen.size + act.seats.length > GUILD_ACTORS_MAX) return no('reject', 'BAD_SEATS');
      for (const seat of act.seats) members.set(seat.agent, seated(seat, control.epoch, false));
      return undefined;
    }
    case 'remove':
      if (!act.agents.every((agent) => members.has(agent)) || act.agents.includes(actor))
        return no('reject', 'BAD_SEATS');
      // Nobody removes the owner; while it is silent a deputy may act, and the owner who comes back finds the epoch gone on.
      if (act.agents.includes(state.owner)) return no('reject', 'NOT_ALLOWED');
      if (!mayLead(state, actor, context)) return no('defer', 'NOT_ALLOWED');
      for (const agent of act.agents) members.delete(agent);
      return undefined;
    default:
      return undefined;
  }
}

/** The owner always, a coordinator only while it leads: otherwise two would begin the same epoch. */
function mayLead(state: GuildState, actor: AgentId, context: GuildContext): boolean {
  return actor === state.owner || leaderOf(state, context) === actor;
}

// The guilds of one node: makes, joins, changes and ends them for whoever asks on this node. What other nodes ask is reception.ts, what time
// brings is keeper.ts.

import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { GUILD_TTL_MS_MAX, maySpeak } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault, LocalAgent } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Contents, GuildHandler } from './contents.ts';
import {
  type Candidate,
  choose,
  type FoundingDeps,
  found,
  gatherKeys,
  locate,
  type Refusal,
} from './founding.ts';
import type { GivenRole, GuildListener, GuildRequest, Guilds } from './interface.ts';
import type { Invitations } from './invitations.ts';
import { checkMayInvite } from './inviting.ts';
import { encodeKeyPackage } from './keys/own-keys.ts';
import { SETTLE_PAUSE_MS } from './limits.ts';
import type { Registry } from './registry.ts';
import type { Ring, RingOptions } from './ring.ts';
import { acceptance, takeSeat } from './seating.ts';
import { checkEnough, type Seats } from './seats.ts';
import type { Delivery, RequestOptions, Talk } from './talk.ts';
import type { GuildView, InvitationView } from './views.ts';
import { decodeList } from './wire.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Life of the keys of an agent that is made for a node that has none, and how far back they hold for slow clocks. */
const AGENT_LIFE_MS = 360 * DAY_MS;
const BACKDATE_MS = 600_000;
/** Parts of the answer to an accepted invitation: creation, seats, welcome. */
const SEAT_PARTS = 3;

export interface GuildServiceDeps extends FoundingDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly vault: AgentVault;
  readonly registry: Registry;
  readonly contents: Contents;
  readonly invitations: Invitations;
  readonly talk: Talk;
  readonly seats: Seats;
  readonly ringOptions: Pick<RingOptions, 'clock' | 'silentMs' | 'onChange'>;
}

/** Guilds, for the node itself. */
export class GuildService implements Guilds {
  readonly #deps: GuildServiceDeps;

  constructor(deps: GuildServiceDeps) {
    this.#deps = deps;
  }

  async create(request: GuildRequest): Promise<GuildView> {
    const { clock, metrics, registry, ringOptions, seats } = this.#deps;
    const started = performance.now();
    registry.checkRoom();
    const ttlMs = request.ttlMs ?? HOUR_MS;
    if (!(ttlMs > 0 && ttlMs <= GUILD_TTL_MS_MAX))
      throw new ZeroError('LIMIT_EXCEEDED', `a guild lives between 1 and ${GUILD_TTL_MS_MAX} ms`);
    const self = await this.#self(request.agent);
    const candidates = await choose(this.#deps, request);
    const { keyed, refused } = await gatherKeys(this.#deps, candidates);
    const willing = candidates.length - refused.filter(asks).length;
    checkEnough(keyed.length, request.min ?? willing, refused);
    const untilMs = clock.now() + ttlMs;
    const { ring, welcome } = await found(this.#deps, {
      name: request.name,
      self,
      keyed,
      untilMs,
      options: ringOptions,
    });
    try {
      await registry.add(ring);
      const offered = await seats.renew(ring, keyed, await seats.offer(ring, keyed, welcome, null));
      const absent = [...refused, ...offered.refused];
      const asking = candidates.filter(({ agent }) => absent.some((one) => one.agent === agent && asks(one)));
      const min = request.min ?? candidates.length - asking.length;
      registry.noteRefused(ring, absent);
      if (offered.joined.length < min) {
        await this.#end(ring, 'not enough members');
        checkEnough(offered.joined.length, min, absent);
      }
      metrics.observe('zerostate_guild_form_seconds', (performance.now() - started) / 1000);
      clock.after(offered.refused.length + asking.length > 0 ? 0 : SETTLE_PAUSE_MS, () => {
        void seats.settle(ring, offered, asking).catch((error: unknown) => this.#background(ring, error));
      });
      return registry.view(ring);
    } catch (error) {
      // What was begun and not finished leaves no keys behind.
      if (ring.end === undefined)
        await this.#end(ring, 'it could not be formed').catch(() => ring.finish('lost'));
      throw error;
    }
  }

  async prepare(agents: readonly AgentId[]): Promise<void> {
    await this.#deps.seats.prepare(agents);
  }

  async invite(guild: string, agents: readonly AgentId[], role: GivenRole = 'member'): Promise<GuildView> {
    const { registry, seats } = this.#deps;
    const ring = registry.get(guild);
    // Before anybody is asked for keys or for a yes: what this agent may not do comes to nothing there.
    checkMayInvite(ring);
    const candidates: Candidate[] = await Promise.all(
      agents.map(async (agent) => ({ ...(await locate(this.#deps, agent)), role })),
    );
    const { keyed, refused } = await gatherKeys(this.#deps, candidates);
    let absent = refused;
    if (keyed.length > 0) {
      const offered = await seats.addMore(ring, keyed);
      await seats.settle(ring, offered, [], true);
      absent = [...absent, ...offered.refused];
    }
    const asking = candidates.filter(({ agent }) => absent.some((one) => one.agent === agent && asks(one)));
    await seats.askPeople(ring, asking);
    registry.noteRefused(ring, absent);
    if (absent.length === agents.length && asking.length === 0) checkEnough(0, 1, absent);
    return registry.view(ring);
  }

  async join(guild: string): Promise<GuildView> {
    const { carrier, desk, invitations, judge, registry, ringOptions, vault } = this.#deps;
    registry.checkRoom(guild);
    const invitation = invitations.take(guild);
    if (invitation === undefined)
      throw new ZeroError('GUILD_UNKNOWN', `no invitation to ${guild.slice(0, 80)}`);
    try {
      const self = vault.get(invitation.seat.agent);
      const own = await desk.make(self);
      const control = acceptance(self, guild, judge.now());
      const answer = await carrier.ask(
        { agent: invitation.from, peer: invitation.peer },
        { op: 'accept', control, keyPackage: encodeKeyPackage(own.publicPackage) },
      );
      const [creation, snapshot, welcome] = decodeList(answer, SEAT_PARTS);
      if (creation === undefined || snapshot === undefined || welcome === undefined)
        throw new ZeroError('DECODE_FAILED', 'the answer to the acceptance is not complete');
      const ring = await takeSeat({ creation, snapshot, welcome, peer: invitation.peer }, self, own, judge, {
        ...ringOptions,
        sequence: 1,
      });
      await registry.add(ring);
      const { sealed, to } = await ring.say({ action: 'join', accept: true, reason: '' });
      await this.#deps.talk.deliver(ring, { sealed, to });
      return registry.view(ring);
    } catch (error) {
      // Whoever could not be reached may be reached later.
      if (isZeroError(error) && error.retryable) invitations.keep(invitation);
      throw error;
    }
  }

  async leave(guild: string, reason = ''): Promise<void> {
    const { registry, talk } = this.#deps;
    const ring = registry.get(guild);
    if (ring.state.owner === ring.self.agentId) {
      await this.#end(ring, reason);
      return;
    }
    const outgoing = await ring.say({ action: 'leave', reason });
    ring.finish('left');
    await talk.goodbye(ring, outgoing);
    await registry.cleaned();
  }

  async remove(guild: string, agents: readonly AgentId[], reason = ''): Promise<GuildView> {
    const { registry, talk } = this.#deps;
    const ring = registry.get(guild);
    for (const agent of agents) ring.member(agent);
    const { outgoing } = await ring.change({ action: 'remove', agents, reason });
    await talk.deliver(ring, outgoing);
    return registry.view(ring);
  }

  async dissolve(guild: string, reason = ''): Promise<GuildView> {
    const { registry } = this.#deps;
    const ring = registry.get(guild);
    await this.#end(ring, reason);
    return registry.show(guild);
  }

  list(): GuildView[] {
    return this.#deps.registry.list();
  }

  show(guild: string): GuildView {
    return this.#deps.registry.show(guild);
  }

  invitations(): InvitationView[] {
    const { clock, invitations } = this.#deps;
    return invitations.list(clock.now()).map(({ guild, name, from, seat }) => ({
      guild,
      name,
      from,
      agent: seat.agent,
      role: seat.role,
      until: rfc3339(seat.untilMs),
    }));
  }

  workersOf(guild: string): AgentId[] {
    const ring = this.#deps.registry.get(guild);
    const context = ring.context();
    return ring
      .others()
      .filter(
        ({ agent, joined, leaving, role }) =>
          joined && !leaving && maySpeak(role) && !context.isSilent(agent),
      )
      .map(({ agent }) => agent);
  }

  async send(guild: string, topic: string, data: Uint8Array, to?: readonly AgentId[]): Promise<Delivery> {
    return await this.#deps.talk.send(this.#deps.registry.get(guild), topic, data, to);
  }

  async request(
    guild: string,
    agent: AgentId,
    topic: string,
    data: Uint8Array,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    return await this.#deps.talk.request(this.#deps.registry.get(guild), agent, topic, data, options);
  }

  handle(topic: string, handler: GuildHandler): void {
    this.#deps.contents.handle(topic, handler);
  }

  watch(listener: GuildListener): () => void {
    return this.#deps.registry.watch(listener);
  }

  /** The agent that acts. A node without agents makes one: it needs no card to be a guild's owner. */
  async #self(agent: AgentId | undefined): Promise<LocalAgent> {
    const { clock, vault } = this.#deps;
    if (agent !== undefined) return vault.get(agent);
    const now = clock.now();
    return (
      vault.list()[0] ??
      (await vault.create({ notBefore: rfc3339(now - BACKDATE_MS), notAfter: rfc3339(now + AGENT_LIFE_MS) }))
    );
  }

  async #end(ring: Ring, reason: string): Promise<void> {
    // The keys are gone when this answers; the good-bye was sealed before.
    const outgoing = await ring.say({ action: 'dissolve', reason });
    await this.#deps.talk.goodbye(ring, outgoing);
    await this.#deps.registry.cleaned();
  }

  #background(ring: Ring, error: unknown): void {
    if (isZeroError(error) && error.code === 'GUILD_UNKNOWN') return;
    this.#deps.log.warn({ guild: ring.id, err: error }, 'a new guild is not settled yet');
  }
}

/** The agent's node lets a person decide. */
const asks = ({ code }: Refusal) => code === 'GUILD_ASKS';

// What time brings to guilds: signs of life, members that are gone or whose time is over, a leader that fell silent, the end of one's own
// seat; and the good-byes of a node that stops, or that finds at its start what a crash left behind.

import { isZeroError } from '../../protocol/errors/index.ts';
import { departing } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { Carrier } from './carrier.ts';
import { lastWord } from './last-word.ts';
import { GOODBYE_MS } from './limits.ts';
import type { GuildRecord, GuildRecords } from './records.ts';
import type { Registry } from './registry.ts';
import type { Ring } from './ring.ts';
import type { Talk } from './talk.ts';

/** Silence after which even a guild with a deputy that never came forward is given up, in silences of one member. */
const LOST_SILENCES = 2;

export interface KeeperDeps {
  readonly registry: Registry;
  readonly records: GuildRecords;
  readonly talk: Talk;
  readonly carrier: Carrier;
  readonly vault: AgentVault;
  readonly clock: Clock;
  readonly log: Logger;
  readonly beatMs: number;
  readonly silentMs: number;
}

/** Keeps the guilds of a node. */
export class Keeper {
  readonly #deps: KeeperDeps;
  #cancel: () => void = () => {};
  /** When the next round is to come. */
  #due = Number.POSITIVE_INFINITY;
  #stopped = false;
  /** Rings that are being looked after now. */
  readonly #busy = new Set<Ring>();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { beatMs, clock } = this.#deps;
    this.#due = clock.now() + beatMs;
    const round = () => {
      this.#excuseDelay();
      this.#due = clock.now() + beatMs;
      for (const ring of this.#deps.registry.live()) void this.look(ring, true);
      if (!this.#stopped) this.#cancel = clock.after(beatMs, round);
    };
    this.#cancel = clock.after(beatMs, round);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /**
   * What a round is late, this node listened to nobody. After a machine stood still, a message that waited with it may be read before the
   * round comes: whichever is first excuses everybody.
   */
  #excuseDelay(): void {
    const lateMs = this.#deps.clock.now() - this.#due;
    if (lateMs <= 0) return;
    this.#due += lateMs;
    for (const ring of this.#deps.registry.live()) ring.excuse(lateMs);
  }

  /** Looks after one ring; `beat` also gives a sign of life. Never throws. */
  async look(ring: Ring, beat = false): Promise<void> {
    this.#excuseDelay();
    if (this.#busy.has(ring) || ring.end !== undefined) return;
    this.#busy.add(ring);
    try {
      await this.#look(ring, beat);
    } catch (error) {
      if (!isZeroError(error))
        this.#deps.log.error({ guild: ring.id, err: error }, 'a guild could not be looked after');
      else
        this.#deps.log.debug({ guild: ring.id, code: error.code, error: error.message }, 'a guild must wait');
    } finally {
      this.#busy.delete(ring);
    }
  }

  async #look(ring: Ring, beat: boolean): Promise<void> {
    const { beatMs, clock, silentMs, talk } = this.#deps;
    const { seat, state } = ring;
    if (seat === undefined || seat.untilMs <= clock.now()) {
      ring.finish('expired');
      return;
    }
    if (beat && (seat.role === 'owner' || seat.role === 'coordinator')) await talk.beat(ring, beatMs);
    await ring.retry();
    const leader = ring.leader();
    const lost = ring.silence(state.owner) > LOST_SILENCES * silentMs;
    if (ring.end === undefined && leader === undefined && lost) ring.finish('lost');
    if (ring.end !== undefined || leader !== ring.self.agentId) return;
    const gone = this.#gone(ring);
    if (gone.length === 0) return;
    const { outgoing } = await ring.change({ action: 'remove', agents: gone, reason: 'gone' });
    await talk.deliver(ring, outgoing, { timeoutMs: beatMs });
  }

  /** Members to remove: their time is over, they said so, or they are silent. */
  #gone(ring: Ring): AgentId[] {
    const context = ring.context();
    const silent = ring
      .others()
      // Who has not taken the seat yet is the business of who offered it.
      .filter(({ agent, joined }) => joined && agent !== ring.state.owner && context.isSilent(agent))
      .map(({ agent }) => agent);
    return [...new Set([...departing(ring.state, context.now), ...silent])].filter(
      (agent) => agent !== ring.self.agentId,
    );
  }

  /** Leaves every guild, and dissolves its own: a node that stops takes its keys with it. */
  async farewell(): Promise<void> {
    const { registry, talk } = this.#deps;
    await Promise.all(
      registry.live().map(async (ring) => {
        try {
          const owner = ring.state.owner === ring.self.agentId;
          const outgoing = await ring.say({ action: owner ? 'dissolve' : 'leave', reason: 'the node stops' });
          ring.finish('stopped');
          await talk.deliver(ring, outgoing, { timeoutMs: GOODBYE_MS, gossip: false });
        } catch (error) {
          ring.finish('stopped');
          this.#deps.log.debug({ guild: ring.id, error: (error as Error).message }, 'no good-bye to a guild');
        }
      }),
    );
    await registry.compact();
  }

  /** Cleans up what a crash left: tells the others with a last word, and forgets. The keys died with the process. */
  async sweep(): Promise<void> {
    const { log, records } = this.#deps;
    const left = await records.all();
    if (left.length === 0) return;
    await Promise.all(left.map((record) => records.delete(record.guild)));
    await records.compact();
    log.info({ guilds: left.length }, 'guilds of the last run are over');
    // Others may take a while to be reached; nothing waits for that.
    for (const record of left) void this.#tell(record);
  }

  async #tell(record: GuildRecord): Promise<void> {
    const { carrier, clock, log, vault } = this.#deps;
    if (!vault.has(record.agent) || record.untilMs <= clock.now()) return;
    const control = lastWord(vault.get(record.agent), record, clock.now());
    await Promise.all(
      record.others.map((member) =>
        carrier
          .ask(member, { op: 'farewell', control })
          .catch((error: unknown) =>
            log.debug(
              { guild: record.guild, agent: member.agent, error: (error as Error).message },
              'a last word did not arrive',
            ),
          ),
      ),
    );
  }
}

// Seats of a guild at the node that leads it: offered side by side, offered again where keys are gone, and settled afterwards.

import { utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { GUILD_MEMBERS_MAX, type GuildSeat } from '../../protocol/guild/index.ts';
import { type AgentId, keychainToJson } from '../../protocol/identity/index.ts';
import type { Logger } from '../logger/index.ts';
import {
  type Candidate,
  checkKeyPackage,
  type FoundingDeps,
  gatherKeys,
  type Keyed,
  locate,
  type Refusal,
  refusalOf,
} from './founding.ts';
import type { Invitations } from './invitations.ts';
import type { Ring } from './ring.ts';
import { encodeSnapshot } from './snapshot.ts';
import type { Talk } from './talk.ts';

export interface SeatsDeps extends FoundingDeps {
  readonly invitations: Invitations;
  readonly talk: Talk;
  readonly log: Logger;
}

/** Offers seats. */
export class Seats {
  readonly #deps: SeatsDeps;

  constructor(deps: SeatsDeps) {
    this.#deps = deps;
  }

  /** Offers their seats to those keyed, side by side. */
  async offer(
    ring: Ring,
    keyed: readonly Keyed[],
    welcome: Uint8Array | undefined,
    snapshot: Uint8Array | null,
  ): Promise<{ joined: Uint8Array[]; refused: Refusal[] }> {
    const joined: Uint8Array[] = [];
    const refused: Refusal[] = [];
    if (welcome === undefined) return { joined, refused };
    await Promise.all(
      keyed.map(async (member) => {
        try {
          const { agent } = member;
          const join = await this.#deps.carrier.ask(member, {
            op: 'seat',
            agent,
            creation: ring.creation,
            snapshot,
            welcome,
          });
          await ring.take([join]);
          ring.heard(agent);
          joined.push(join);
        } catch (error) {
          refused.push(refusalOf(member.agent, error));
        }
      }),
    );
    return { joined, refused };
  }

  /** Adds members to a guild that stands: a new epoch, told to the old ones and offered to the new ones at once. */
  async addMore(ring: Ring, keyed: readonly Keyed[]): Promise<{ joined: Uint8Array[]; refused: Refusal[] }> {
    const untilMs = ring.seat?.untilMs ?? 0;
    const seats = keyed.map(({ agent, peer, role }): GuildSeat => ({ agent, peer, role, untilMs }));
    const packages = keyed.map(({ keyPackage }) => keyPackage);
    const { outgoing, welcome } = await ring.change({ action: 'add', seats }, packages);
    const [offered] = await Promise.all([
      this.offer(ring, keyed, welcome, encodeSnapshot(ring.state)),
      this.#deps.talk.deliver(ring, outgoing),
    ]);
    return offered;
  }

  /** Offers again, with fresh keys, to those whose node restarted since it gave the key package that was held ready. */
  async renew(
    ring: Ring,
    keyed: readonly Keyed[],
    first: { joined: Uint8Array[]; refused: Refusal[] },
  ): Promise<{ joined: Uint8Array[]; refused: Refusal[] }> {
    const gone = first.refused.filter(({ code }) => code === 'GUILD_KEY_GONE').map(({ agent }) => agent);
    if (gone.length === 0) return first;
    const { outgoing } = await ring.change({ action: 'remove', agents: gone, reason: 'its keys are gone' });
    const [fresh] = await Promise.all([
      gatherKeys(
        this.#deps,
        keyed.filter(({ agent }) => gone.includes(agent)),
      ),
      this.#deps.talk.deliver(ring, {
        ...outgoing,
        to: outgoing.to.filter(({ agent }) => !gone.includes(agent)),
      }),
    ]);
    const second =
      fresh.keyed.length === 0 ? { joined: [], refused: [] } : await this.addMore(ring, fresh.keyed);
    return {
      joined: [...first.joined, ...second.joined],
      refused: [
        ...first.refused.filter(({ agent }) => !gone.includes(agent)),
        ...fresh.refused,
        ...second.refused,
      ],
    };
  }

  /** After the seats are taken: who did not is removed, everybody hears of everybody, people are asked, and the next guild is prepared. */
  async settle(
    ring: Ring,
    { joined, refused }: { joined: readonly Uint8Array[]; refused: readonly Refusal[] },
    asking: readonly Candidate[],
    late = false,
  ): Promise<void> {
    const { talk } = this.#deps;
    if (ring.end !== undefined) return;
    if (refused.length > 0) {
      const agents = refused.map(({ agent }) => agent).filter((agent) => ring.state.members.has(agent));
      if (agents.length > 0) {
        const { outgoing } = await ring.change({ action: 'remove', agents, reason: 'did not take the seat' });
        const to = outgoing.to.filter(({ agent }) => !agents.includes(agent));
        await talk.deliver(ring, { ...outgoing, to });
      }
    }
    const others = ring.others();
    if (joined.length > 0 && (others.length > 1 || late))
      await talk.deliver(ring, {
        sealed: await ring.seal({ kind: 'control', controls: joined, commit: null }),
        to: others,
      });
    await this.askPeople(ring, asking);
    await this.prepare(others.map(({ agent }) => agent));
  }

  /** Sends signed invitations to agents whose nodes ask a person. */
  async askPeople(ring: Ring, asking: readonly Candidate[]): Promise<void> {
    const { carrier, invitations, log } = this.#deps;
    const keychain = utf8(JSON.stringify(keychainToJson(ring.self.keychain)));
    await Promise.all(
      asking.map(async ({ agent, peer, role }) => {
        const seat: GuildSeat = { agent, peer, role, untilMs: ring.seat?.untilMs ?? 0 };
        invitations.offer(ring.id, seat);
        const control = ring.sign({ action: 'invite', seat });
        await carrier
          .ask({ agent, peer }, { op: 'invite', control, creation: ring.creation, keychain })
          .catch((error: unknown) =>
            log.info(
              { guild: ring.id, agent, error: (error as Error).message },
              'an invitation did not arrive',
            ),
          );
      }),
    );
  }

  /** Fetches key packages of agents and holds them ready. Never throws. */
  async prepare(agents: readonly AgentId[]): Promise<void> {
    const { carrier, desk, log } = this.#deps;
    await Promise.all(
      agents.slice(0, GUILD_MEMBERS_MAX).map(async (agent) => {
        if (desk.has(agent)) return;
        try {
          const member = await locate(this.#deps, agent);
          const keyPackage = await carrier.ask(member, { op: 'key', agent });
          checkKeyPackage(keyPackage, member, this.#deps.judge);
          desk.hold(agent, keyPackage);
        } catch (error) {
          log.debug({ agent, error: (error as Error).message }, 'no key package to hold ready');
        }
      }),
    );
  }
}

/** Throws GUILD_NOT_FORMED. */
export function checkEnough(seated: number, min: number, refused: readonly Refusal[]): void {
  if (seated >= min) return;
  throw new ZeroError(
    'GUILD_NOT_FORMED',
    `${seated} of at least ${min} agents took their seats: ${refused.map(({ agent, error }) => `${agent} (${error})`).join('; ')}`,
  );
}

// Finds members for a task and ranks them: by words or by name, then by price, latency, reputation, load and data at hand.

import { type Known, knownOf } from '../../protocol/capsule/index.ts';
import { checkCardTime } from '../../protocol/card/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Candidate,
  type Ranked,
  rankMembers,
  type VerifiedManifest,
} from '../../protocol/task/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { FindService } from '../find/find-service.ts';
import type { Directory } from '../network/directory.ts';
import type { Quarantines } from '../quarantine/index.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import { belowSla, type Manifest, specOfManifest } from './manifest.ts';
import type { TaskOrder } from './order.ts';
import type { MemberCard, TaskPorts } from './ports.ts';
import type { Member } from './task-book.ts';
import { taskProtocolId } from './wire.ts';

/** Members considered for one run, and for each further one. */
const PER_RUN = 8;
/** Members considered at most: what one search answers. */
const CONSIDERED_MAX = 40;
/** Characters of a reason for which an agent is not asked. */
const WHY_CHARS_MAX = 400;

export interface MembersDeps {
  readonly find: FindService;
  readonly cards: CardService;
  readonly revocations: RevocationService;
  readonly quarantines: Pick<Quarantines, 'agent'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly ports: TaskPorts;
  readonly network: string;
  /** Tasks that wait for or run at a peer, for each of its workers, in thousandths. */
  readonly load: (peer: string) => number;
  /** Share of a task's bytes that a peer was given before, 0 to 1000. */
  readonly local: (peer: string, manifest: VerifiedManifest) => number;
}

/** An agent that may fit, and where it lives. */
export interface Found {
  readonly peer: string;
  readonly entry: BookEntry;
  readonly fit: number;
  readonly reasons: Member['reasons'];
  /** Why it is not to be asked, where whoever asks has named it; null when it may be. */
  readonly unfit: string | null;
}

type Placeless = Omit<Found, 'peer'>;

/** Finds and ranks members. */
export class Members {
  readonly #deps: MembersDeps;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
  }

  /** Agents that may fit, not yet ranked. `note` is told of those that were named and of which nothing is known that could be ranked. */
  async find(spec: Manifest, order: TaskOrder, note: (line: string) => void): Promise<Found[]> {
    const named = order.members ?? (order.guild === undefined ? undefined : this.#guild(order.guild));
    const found =
      named === undefined ? await this.#byWords(spec, order.redundancy) : await this.#byName(named, note);
    return found.flatMap((one) => {
      const peer = this.#endpoint(one.entry);
      if (peer !== undefined) return [{ ...one, peer }];
      if (named !== undefined) note(`${one.entry.agentId} cannot be asked: it runs no tasks of this network`);
      return [];
    });
  }

  /** Ranks what was found, best first, with the load of this moment; those left out last, with the reason. */
  rank(found: readonly Found[], manifest: VerifiedManifest, order: TaskOrder): Member[] {
    const { directory } = this.#deps;
    const { priceCeiling, taskId } = manifest.manifest;
    const candidates = found.map(({ entry, fit, peer, unfit }): Candidate => {
      const { card, agentId } = entry;
      const quote = this.#quote(card, manifest);
      const rttMs = directory.rttOf(peer) ?? null;
      return {
        agentId,
        operator: card.operator ?? peer,
        region: card.region,
        fit,
        price: quote.price,
        unfit: unfit ?? quote.unfit,
        rtt: rttMs === null ? null : Math.round(rttMs * 1_000),
        reputation: this.#deps.ports.reputation(agentId),
        load: this.#deps.load(peer),
        local: this.#deps.local(peer, manifest),
      };
    });
    const wants = {
      ceiling: priceCeiling === null ? null : BigInt(priceCeiling.amount),
      reputationFloor: order.reputationFloor,
      salt: taskId,
    };
    const by = new Map(found.map((one) => [one.entry.agentId, one]));
    const known = new Map(candidates.map((one) => [one.agentId, knownOf(one)]));
    return rankMembers(candidates, wants, order.redundancy > 1).map((ranked) => ({
      ...memberOf(ranked, by),
      known: known.get(ranked.agentId) as Known,
    }));
  }

  /** The most that a run costs, or why it cannot be bought. */
  #quote(card: MemberCard, manifest: VerifiedManifest): { price: bigint | null; unfit: string | null } {
    try {
      return {
        price: this.#deps.ports.payments.quote(card, manifest.manifest)?.amount ?? null,
        unfit: belowSla(card, specOfManifest(manifest.manifest).sla),
      };
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return { price: null, unfit: error.message };
    }
  }

  #endpoint({ card }: BookEntry): string | undefined {
    const id = taskProtocolId(this.#deps.network);
    return card.endpoints.find(({ protocol }) => protocol === id)?.peer;
  }

  #guild(guild: string): AgentId[] {
    return this.#deps.ports.guildMembers?.(guild) ?? [];
  }

  async #byWords(spec: Manifest, redundancy: number): Promise<Placeless[]> {
    const { capability, region, sla, tags } = spec;
    const filter = {
      ...(sla === undefined ? {} : { sla }),
      ...(tags.length === 0 ? {} : { tagsAll: tags }),
      ...(region === undefined ? {} : { region }),
    };
    const limit = Math.min(CONSIDERED_MAX, PER_RUN * redundancy);
    const { results } = await this.#deps.find.find({ text: capability, limit, filter });
    const found: Placeless[] = [];
    for (const { agentId, reasons, score } of results) {
      const entry = await this.#deps.cards.resolve(agentId);
      if (entry !== undefined) found.push({ entry, reasons, fit: Math.round(score * 1_000), unfit: null });
    }
    return found;
  }

  /** Agents that the caller chose: signature, time, revocation and quarantine are asked all the same, and the answer says what they said. */
  async #byName(agents: readonly AgentId[], note: (line: string) => void): Promise<Placeless[]> {
    const found: Placeless[] = [];
    for (const agentId of agents) {
      let why = 'no card of it is known';
      const entry = await this.#deps.cards.resolve(agentId).catch((error: Error) => {
        why = error.message;
        return undefined;
      });
      if (entry === undefined) {
        note(`${agentId} cannot be asked: ${why}`.slice(0, WHY_CHARS_MAX));
        continue;
      }
      const unfit = this.#apart(entry)?.slice(0, WHY_CHARS_MAX) ?? null;
      found.push({
        entry,
        fit: 1_000,
        reasons: [{ check: 'chosen', ok: unfit === null, detail: unfit ?? 'named in the task' }],
        unfit,
      });
    }
    return found;
  }

  /** Why an agent is not to be asked, whoever names it. */
  #apart(entry: BookEntry): string | undefined {
    const { clock, quarantines, revocations } = this.#deps;
    const time = checkCardTime(entry.card, clock.now());
    if (time !== 'valid') return `its card is ${time}`;
    const { detail, revoked } = revocations.verdict(entry);
    return revoked === null ? quarantines.agent(entry.agentId)?.detail : detail;
  }
}

function memberOf(
  { agentId, operator, region, score, terms, refused }: Ranked,
  by: ReadonlyMap<AgentId, Found>,
): Member {
  const { entry, peer, reasons } = by.get(agentId) as Found;
  return { agentId, operator, region, score, terms, refused, name: entry.card.name, peer, reasons };
}

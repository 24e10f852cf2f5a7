// The partners of a node, on disk: what was agreed, how they are reached, how they have served. Decides nothing.

import { fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Agreement,
  type Consent,
  freshUsage,
  noteUsage,
  type Standing,
  standingOf,
  type UsageEvent,
  type UsageState,
  verifyAgreement,
  verifyConsent,
} from '../../protocol/partner/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';
import { PARTNERS_MAX } from './limits.ts';

/** One direction: what was agreed, and the other's word to it. */
export interface Signed {
  readonly agreement: Verified<Agreement>;
  /** null until the other side has consented. */
  readonly consent: Verified<Consent> | null;
}

/** A partner. */
export interface Partner {
  readonly agent: AgentId;
  /** Name that people here gave it. */
  readonly name: string;
  /** Own agent that deals with it. */
  readonly self: AgentId;
  /** Multiaddrs to reach it by. */
  readonly addresses: readonly string[];
  /** Peers that its newest pass names, and when that ends. */
  readonly peers: readonly string[];
  readonly passUntilMs: number;
  /** What it gets from here. */
  readonly given: Signed;
  /** What this node gets from it; null until its first greeting. */
  readonly taken: Signed | null;
  readonly usage: UsageState;
  readonly addedAt: number;
  /** Entries of its log whose openings were asked for, under the agreement with this id. */
  readonly opened: { readonly agreement: string; readonly next: number };
}

interface Stored extends Omit<Partner, 'given' | 'taken'> {
  given: { agreement: string; consent: string | null };
  taken: { agreement: string; consent: string | null } | null;
}

/** The book. */
export class PartnerBook {
  readonly #db: Database;
  readonly #level: JsonLevel<Stored>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #partners = new Map<AgentId, Partner>();
  /** Changes of one partner, one after another: none writes over what another has just written. */
  readonly #writes = new Serial();
  /** Writes that have not begun, by partner. */
  readonly #waiting = new Map<AgentId, Promise<void>>();

  constructor(deps: { db: Database; clock: Clock; log: Logger }) {
    this.#db = deps.db;
    this.#level = jsonLevel<Stored>(deps.db, 'partners');
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Reads the book. A partner whose record does not hold any more is left out, and said so. */
  async load(): Promise<void> {
    for await (const [agent, stored] of this.#level.iterator()) {
      try {
        this.#partners.set(agent, {
          ...stored,
          given: readSigned(stored.given),
          taken: stored.taken && readSigned(stored.taken),
        });
      } catch (error) {
        if (!isZeroError(error)) throw error;
        this.#log.error(
          { partner: agent, code: error.code },
          'the record of a partner does not hold: add it anew',
        );
      }
    }
  }

  list(): Partner[] {
    return [...this.#partners.values()].sort((a, b) => a.addedAt - b.addedAt || (a.agent < b.agent ? -1 : 1));
  }

  /** Throws PARTNER_UNKNOWN. */
  get(agent: AgentId): Partner {
    const partner = this.#partners.get(agent);
    if (partner === undefined) throw new ZeroError('PARTNER_UNKNOWN', `${agent} is no partner of this node`);
    return partner;
  }

  find(agent: AgentId): Partner | undefined {
    return this.#partners.get(agent);
  }

  /** The partner that a peer speaks for, by a pass in force. */
  ofPeer(peer: string): Partner | undefined {
    const now = this.#clock.now();
    return this.list().find(({ peers, passUntilMs }) => passUntilMs >= now && peers.includes(peer));
  }

  /** Puts a partner down, on disk before it is answered; how a known one has served stays. Throws LIMIT_EXCEEDED or STORAGE_FAILED. */
  async put(partner: Partner): Promise<Partner> {
    return await this.#writes.run(partner.agent, () => this.#put(partner));
  }

  async #put(wanted: Partner): Promise<Partner> {
    const { agent } = wanted;
    if (!this.#partners.has(agent) && this.#partners.size >= PARTNERS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a node has at most ${PARTNERS_MAX} partners`);
    const newest = () => ({ ...wanted, usage: this.#partners.get(agent)?.usage ?? wanted.usage });
    await this.#write(newest());
    // What was booked while the disk was busy is written behind this.
    const partner = newest();
    this.#partners.set(agent, partner);
    return partner;
  }

  /** Changes a partner. Throws PARTNER_UNKNOWN or STORAGE_FAILED. */
  async change(agent: AgentId, change: Partial<Omit<Partner, 'usage'>>): Promise<Partner> {
    return await this.#writes.run(agent, () => this.#put({ ...this.get(agent), ...change }));
  }

  /** Throws PARTNER_UNKNOWN or STORAGE_FAILED. */
  async remove(agent: AgentId): Promise<void> {
    await this.#writes.run(agent, async () => {
      this.get(agent);
      try {
        await this.#level.del(agent);
      } catch (cause) {
        throw new ZeroError('STORAGE_FAILED', 'a partner could not be removed', { cause });
      }
      this.#partners.delete(agent);
    });
  }

  /** Books how a partner served. In memory at once; on disk soon, a proven lie before this resolves. */
  async note(agent: AgentId, event: UsageEvent): Promise<void> {
    const partner = this.#partners.get(agent);
    if (partner === undefined) return;
    const changed = { ...partner, usage: noteUsage(partner.usage, event, this.#clock.now()) };
    this.#partners.set(agent, changed);
    // What comes often is written now and then, and when the node stops.
    const isFrequent = event.kind === 'verified' || event.kind === 'met';
    if (!isFrequent || changed.usage.counts[event.kind] % 16 === 1) await this.#rewrite(agent);
  }

  /** Writes what memory says of a partner that is still one. Who asks while a write waits for its turn is served by that. */
  async #rewrite(agent: AgentId): Promise<void> {
    const waiting = this.#waiting.get(agent);
    if (waiting !== undefined) return await waiting;
    const done = this.#writes.run(agent, async () => {
      this.#waiting.delete(agent);
      const partner = this.#partners.get(agent);
      if (partner !== undefined) await this.#write(partner);
    });
    this.#waiting.set(agent, done);
    await done.finally(() => this.#waiting.get(agent) === done && this.#waiting.delete(agent));
  }

  /** Writes every partner: how they have served, above all. */
  async save(): Promise<void> {
    for (const agent of [...this.#partners.keys()]) await this.#rewrite(agent);
  }

  standing(partner: Partner): Standing {
    return standingOf(partner.usage, this.#clock.now());
  }

  fresh(): UsageState {
    return freshUsage(this.#clock.now());
  }

  async #write(partner: Partner): Promise<void> {
    const { given, taken } = partner;
    const stored: Stored = { ...partner, given: writeSigned(given), taken: taken && writeSigned(taken) };
    try {
      await this.#db.batch().put(partner.agent, stored, { sublevel: this.#level }).write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'a partner could not be written', { cause });
    }
  }
}

function writeSigned({ agreement, consent }: Signed): { agreement: string; consent: string | null } {
  const text = (envelope: Envelope) => toBase64(encodeEnvelope(envelope));
  return { agreement: text(agreement.envelope), consent: consent && text(consent.envelope) };
}

// Held, not in force: whether its time has come or gone is asked at every use.
function readSigned({ agreement, consent }: { agreement: string; consent: string | null }): Signed {
  const read = verifyAgreement(decodeEnvelope(fromBase64(agreement)), 0);
  return { agreement: read, consent: consent === null ? null : verifyConsent(fromBase64(consent), read) };
}

/** True when what was agreed is in force: consented to, and not over. */
export function isInForce(signed: Signed | null, now: number): signed is Signed {
  return signed !== null && signed.consent !== null && now <= signed.agreement.notAfterMs;
}

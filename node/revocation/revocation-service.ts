// Revocations at work: signs them for local agents, keeps the set of all, and judges cards with how fresh that knowledge is.
// Freshness of an agent is that of its host's log: a node announces its log's size with a time, and who holds as many entries
// knows every revocation signed there as of that time.

import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import {
  type RevocationJudgement,
  RevocationSet,
  type RevocationSubject,
  type Revoked,
  revocationOf,
  signRevocation,
  subjectOfCard,
} from '../../protocol/revocation/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  REVOCATION_PREDICATE,
  type RevocationPredicate,
  type RevocationTarget,
} from '../../protocol/statement/index.ts';
import type { BookEntry, CardBook } from '../cards/card-book.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogPosition, LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { NodeEntry } from '../network/directory.ts';
import { Serial } from '../serial.ts';

/** Revocations kept for listing, newest first; the set itself has its own bounds. */
const LISTED_MAX = 5_000;
/** Logs whose freshness is remembered. */
const ORIGINS_MAX = 10_000;

/** A revocation as it is listed. */
export interface KnownRevocation {
  readonly statementId: string;
  readonly issuer: AgentId;
  readonly predicate: RevocationPredicate;
  readonly receivedAt: number;
}

/** What is known of a card's revocation. `clear` is said only on fresh knowledge. */
export interface RevocationStatus {
  readonly state: 'clear' | 'revoked' | 'unknown';
  readonly detail: string;
  readonly revoked: Revoked | null;
}

export interface RevocationDeps {
  readonly vault: AgentVault;
  readonly book: CardBook;
  readonly ownLog: OwnLog;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxAgeMs: number;
}

/** Signs, collects and judges revocations. */
export class RevocationService {
  readonly #deps: RevocationDeps;
  readonly #set = new RevocationSet();
  readonly #known: KnownRevocation[] = [];
  readonly #serial = new Serial();
  /** Per log origin: announced heads whose entries are not all here yet, and the time up to which all are. */
  readonly #asOf = new Map<string, number>();
  readonly #skew = new Map<string, number>();
  readonly #pending = new Map<string, { size: number; at: number }>();

  constructor(deps: RevocationDeps) {
    this.#deps = deps;
  }

  /** A node spoke: if its log is held as far as it says, everything it signed until then is known. */
  heard({ peerId, log, issuedAtMs, heardAtMs }: NodeEntry): void {
    const origin = originOf(peerId);
    // How far the announcer's clock is off: the least difference seen, since delays only add to it. Announcements beyond the tolerance
    // of clocks are dropped before they come here, so a wrong guess (all of them held back alike) is off by no more than that.
    const skew = Math.min(heardAtMs - issuedAtMs, this.#skew.get(origin) ?? Number.POSITIVE_INFINITY);
    this.#skew.set(origin, skew);
    if (this.#skew.size > ORIGINS_MAX) this.#skew.delete(this.#skew.keys().next().value as string);
    // An announcer with a fast clock must not make knowledge look younger than it is.
    const at = Math.min(issuedAtMs + skew, heardAtMs);
    if (this.#deps.store.state(origin).size >= log.size) this.#note(origin, at);
    else this.#pending.set(origin, { size: log.size, at });
    if (this.#pending.size > ORIGINS_MAX) this.#pending.delete(this.#pending.keys().next().value as string);
  }

  /** A log has grown: what was announced before may be complete now. */
  grown(origin: string): void {
    const pending = this.#pending.get(origin);
    if (pending === undefined || this.#deps.store.state(origin).size < pending.size) return;
    this.#pending.delete(origin);
    this.#note(origin, pending.at);
  }

  #note(origin: string, at: number): void {
    if (at > (this.#asOf.get(origin) ?? 0)) this.#asOf.set(origin, at);
    if (this.#asOf.size > ORIGINS_MAX) this.#asOf.delete(this.#asOf.keys().next().value as string);
  }

  /** Up to when everything that was signed into a log is known here (ms since 1970), and the size that is waited for. */
  freshnessOf(origin: string): { readonly asOf: number | null; readonly announced: number | null } {
    const { clock, ownLog } = this.#deps;
    const asOf = origin === ownLog.origin ? clock.now() : (this.#asOf.get(origin) ?? null);
    return { asOf, announced: this.#pending.get(origin)?.size ?? null };
  }

  /** Age in ms beyond which discovery does not rely on knowledge. */
  get maxAgeMs(): number {
    return this.#deps.maxAgeMs;
  }

  /**
   * Takes a verified statement if it is a revocation; answers it when it is new and its issuer may say so. `position` is null for one that comes
   * before its log.
   */
  offer(statement: AgentStatement, position: LogPosition | null): KnownRevocation | undefined {
    if (!isStatementOf(statement, REVOCATION_PREDICATE)) return undefined;
    const verified = revocationOf(statement);
    const outcome = this.#set.apply(verified, position);
    if (outcome.verdict !== 'accept') return undefined;
    if (outcome.fork !== null)
      this.#deps.log.warn(
        { issuer: verified.issuer, fork: outcome.fork },
        'an agent signed two revocations with one number',
      );
    const known = {
      statementId: verified.id,
      issuer: verified.issuer,
      predicate: verified.revocation,
      receivedAt: this.#deps.clock.now(),
    };
    this.#known.push(known);
    if (this.#known.length > LISTED_MAX) this.#known.shift();
    return known;
  }

  /**
   * What is known of the revocation of an object. `origin`: the log that its agent's newest card names, and nobody else: whoever stole a
   * key would name a log in which it was never revoked.
   */
  judge(subject: RevocationSubject, origin: string | undefined, maxAgeMs: number): RevocationJudgement {
    const { clock, vault, ownLog } = this.#deps;
    const now = clock.now();
    const asOf =
      origin === ownLog.origin && vault.has(subject.agentId)
        ? now
        : origin === undefined
          ? undefined
          : this.#asOf.get(origin);
    if (asOf !== undefined) this.#set.noteFresh(subject.agentId, asOf);
    return this.#set.judge(subject, now, maxAgeMs);
  }

  /** Judges a card by the freshness that discovery asks for. */
  verdict(entry: BookEntry): RevocationStatus {
    const { maxAgeMs } = this.#deps;
    const judged = this.judge(subjectOfCard(entry), entry.card.log?.origin, maxAgeMs);
    if (judged.revoked !== null) {
      return {
        state: 'revoked',
        detail: `revoked ${judged.revoked.issuedAt}: ${judged.revoked.reason}`,
        revoked: judged.revoked,
      };
    }
    if (judged.status === 'valid')
      return { state: 'clear', detail: `not revoked, as of ${seconds(judged.ageMs)} ago`, revoked: null };
    const age =
      judged.ageMs === null
        ? 'its host has not been heard of yet'
        : `newest knowledge is ${seconds(judged.ageMs)} old, at most ${seconds(maxAgeMs)} is allowed`;
    return {
      state: 'unknown',
      detail:
        judged.state === 'incomplete'
          ? 'a revocation of this agent is known to be missing'
          : `unknown: ${age}`,
      revoked: null,
    };
  }

  /** What revokes a card, whatever the freshness: for lists, in which thousands are looked at. */
  revokedBy(entry: BookEntry): Revoked | null {
    return this.#set.isRevoked(subjectOfCard(entry));
  }

  /** Newest known first. */
  list(limit: number): KnownRevocation[] {
    return this.#known.slice(-limit).reverse();
  }

  /**
   * Revokes a local agent: every card it has published so far, or, with `forever`, the agent itself (that needs its identity key).
   * Resolves when the statement is on disk. Throws NOT_OWNER or NOT_FOUND.
   */
  async revoke(agentId: AgentId, reason: string, forever: boolean): Promise<LogPosition> {
    const { book } = this.#deps;
    return await this.#sign(agentId, reason, forever, () => {
      const entry = book.get(agentId);
      if (entry === undefined) throw new ZeroError('NOT_FOUND', `${agentId} has no card yet`);
      if (forever) return { kind: 'agent', id: agentId };
      const { epoch, keySerial, sequence } = entry.card;
      return { kind: 'card', id: entry.cardId, through: { epoch, keySerial, sequence } };
    });
  }

  /** Revokes one statement of a local agent, and nothing else of it. Resolves when that is on disk. Throws NOT_OWNER. */
  async revokeStatement(agentId: AgentId, statementId: string, reason: string): Promise<LogPosition> {
    return await this.#sign(agentId, reason, false, () => ({ kind: 'statement', id: statementId }));
  }

  async #sign(
    agentId: AgentId,
    reason: string,
    byIdentity: boolean,
    targetOf: () => RevocationTarget,
  ): Promise<LogPosition> {
    return await this.#serial.run(agentId, async () => {
      const { clock, ownLog, vault } = this.#deps;
      const agent = vault.get(agentId);
      const target = targetOf();
      const head = this.#set.head(agentId);
      const envelope = signRevocation({
        keychain: agent.keychain,
        signer: seedSigner(byIdentity ? await vault.identitySeed(agentId) : agent.operationalSeed),
        sequence: (head?.sequence ?? 0) + 1,
        previous: head?.id ?? null,
        target,
        reason,
        issuedAt: rfc3339(clock.now()),
      });
      return await ownLog.append(envelope, { isUrgent: true });
    });
  }
}

function seconds(ms: number | null): string {
  return `${Math.round((ms ?? 0) / 100) / 10} s`;
}

// The set of all revocations that a node knows: a pure state machine over verified revocations. It only grows.

import { toHex, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import type { AgentId } from '../identity/index.ts';
import type { RevocationTarget } from '../statement/index.ts';
import { type Freshness, judgeFreshness } from './freshness.ts';
import {
  IssuerRevocations,
  type RevocationEntry,
  type RevocationFork,
  type RevocationHead,
} from './issuer.ts';
import { REVOCATIONS_MAX, REVOCATIONS_PER_ISSUER_MAX } from './limits.ts';
import type { VerifiedRevocation } from './revocation.ts';
import { type RevocationSubject, reaches } from './subject.ts';

/** What came of applying a revocation. `fork` is the contradiction it revealed: two statement ids with one sequence number. */
export type RevocationVerdict =
  | { readonly verdict: 'accept'; readonly fork: RevocationFork | null }
  | { readonly verdict: 'ignore'; readonly detail: 'known' }
  | { readonly verdict: 'reject'; readonly detail: 'not-owner' | 'full' };

/** Why an object is revoked. */
export interface Revoked {
  readonly by: AgentId;
  readonly kind: RevocationTarget['kind'];
  readonly reason: string;
  /** Id of the revocation. */
  readonly statementId: string;
  readonly issuedAt: string;
}

/** Who owns a card, statement or key, as far as the caller knows; undefined when it does not. */
export type OwnerOf = (target: RevocationTarget) => AgentId | undefined;

/** A log position: entries at or after `size` of this origin are not yet known there. */
export interface LogPosition {
  readonly origin: string;
  readonly size: number;
}

/** The verdict on an object. `valid` is said only on fresh knowledge; everything else that is not revoked is `unknown`. */
export interface RevocationJudgement extends Freshness {
  readonly status: 'revoked' | 'valid' | 'unknown';
  readonly revoked: Revoked | null;
}

function isAtOrBefore(subject: RevocationSubject, entry: RevocationEntry): boolean {
  const { through } = entry.target;
  if (through === undefined || subject.cardId === undefined) return false;
  const { epoch, keySerial, sequence } = subject;
  if (epoch === undefined || keySerial === undefined || sequence === undefined) return false;
  if (epoch !== through.epoch) return epoch < through.epoch;
  if (keySerial !== through.keySerial) return keySerial < through.keySerial;
  return sequence <= through.sequence;
}

// The same one on every node, whatever came first.
function bySequence(a: RevocationEntry, b: RevocationEntry): number {
  return a.sequence - b.sequence || (a.id < b.id ? -1 : 1);
}

/** Every known revocation, by issuer. An issuer's revocations reach its own objects only, whatever they name. */
export class RevocationSet {
  readonly #issuers = new Map<AgentId, IssuerRevocations>();
  readonly #asOf = new Map<AgentId, number>();
  #size = 0;

  /** Number of revocations known. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a verified revocation. `at` is the log entry it was read from. A target that `ownerOf` knows to be another's is
   * rejected; one that nobody knows yet is accepted and reaches nothing but the issuer's own objects.
   */
  apply(
    verified: VerifiedRevocation,
    at: { origin: string; index: number } | null = null,
    ownerOf: OwnerOf = () => undefined,
  ): RevocationVerdict {
    const { revocation, issuer, id } = verified;
    const known = this.#issuers.get(issuer);
    if (known?.has(id)) return { verdict: 'ignore', detail: 'known' };
    const owner = ownerOf(revocation.target);
    if (owner !== undefined && owner !== issuer) return { verdict: 'reject', detail: 'not-owner' };
    if (this.#size >= REVOCATIONS_MAX || (known?.size ?? 0) >= REVOCATIONS_PER_ISSUER_MAX)
      return { verdict: 'reject', detail: 'full' };
    const mine = known ?? new IssuerRevocations();
    if (known === undefined) this.#issuers.set(issuer, mine);
    this.#size++;
    const { rootIds, countersigned, serial } = verified.keys;
    const fork = mine.add({
      id,
      sequence: revocation.sequence,
      previous: revocation.previous,
      target: revocation.target,
      reason: revocation.reason,
      issuedAt: revocation.issuedAt,
      epoch: verified.epoch,
      keySerial: verified.keySerial,
      order: { rootIds, countersigned, serial },
      byIdentity: verified.signerRole === 'identity',
      origin: at?.origin ?? null,
      index: at?.index ?? null,
    });
    return { verdict: 'accept', fork };
  }

  /** The revocation that reaches this object, or null. With `at`, as known at that position of a log. */
  isRevoked(subject: RevocationSubject, at?: LogPosition): Revoked | null {
    const mine = this.#issuers.get(subject.agentId);
    if (mine === undefined) return null;
    const candidates = [
      ...mine.find('agent', subject.agentId),
      ...(subject.key === undefined ? [] : mine.find('key', subject.key)),
      ...(subject.cardId === undefined ? [] : mine.find('card', subject.cardId)),
      ...(subject.statementId === undefined ? [] : mine.find('statement', subject.statementId)),
      ...mine.ranges().filter((entry) => isAtOrBefore(subject, entry)),
    ];
    const known = (entry: RevocationEntry) =>
      at === undefined || (entry.origin === at.origin && (entry.index as number) < at.size);
    const found = candidates.filter((entry) => known(entry) && reaches(entry, subject)).sort(bySequence)[0];
    if (found === undefined) return null;
    return {
      by: subject.agentId,
      kind: found.target.kind,
      reason: found.reason,
      statementId: found.id,
      issuedAt: found.issuedAt,
    };
  }

  /** The newest revocation known of an issuer, or null. The next one signs sequence + 1 and this id as previous. */
  head(issuer: AgentId): RevocationHead | null {
    return this.#issuers.get(issuer)?.head() ?? null;
  }

  /** Contradictions of an issuer: someone signed two revocations with one number, so its key is shared or stolen. */
  forks(issuer: AgentId): readonly RevocationFork[] {
    return this.#issuers.get(issuer)?.forks() ?? [];
  }

  /**
   * Notes that all of an issuer's revocations up to `asOfMs` are here, for instance because its log was read to the end of a
   * checkpoint that witnesses dated so. Never goes back.
   */
  noteFresh(issuer: AgentId, asOfMs: number): void {
    if (asOfMs > (this.#asOf.get(issuer) ?? Number.NEGATIVE_INFINITY)) this.#asOf.set(issuer, asOfMs);
  }

  /** How fresh knowledge of this issuer is. */
  freshness(issuer: AgentId, nowMs: number, maxAge: number): Freshness {
    return judgeFreshness(this.#asOf.get(issuer) ?? null, this.head(issuer)?.complete ?? true, nowMs, maxAge);
  }

  /** The verdict on an object with its freshness. A known revocation counts at any age; validity needs fresh knowledge. */
  judge(subject: RevocationSubject, nowMs: number, maxAge: number): RevocationJudgement {
    const revoked = this.isRevoked(subject);
    const freshness = this.freshness(subject.agentId, nowMs, maxAge);
    if (revoked !== null) return { ...freshness, status: 'revoked', revoked };
    return { ...freshness, status: freshness.state === 'fresh' ? 'valid' : 'unknown', revoked: null };
  }

  /** Digest of the whole set ('sha256:<hex>'), the same for every order of arrival: two nodes compare it after a partition. */
  digest(): string {
    const ids: string[] = [];
    for (const issuer of this.#issuers.values()) ids.push(...issuer.ids());
    return `sha256:${toHex(sha256(utf8(ids.sort().join('\n'))))}`;
  }
}

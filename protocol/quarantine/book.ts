// What is known of quarantine: every order, and the releases of each. A grow-only set, so any order of arrival ends in the same state. Pure; who is
// obeyed is not decided here.
//
// Orders never replace each other: what is held by one stays held until that one ends or is released, whatever else its issuer signs. So no
// old statement that is sent again, and no new one, opens what another keeps shut.

import { timeMs } from '../fields/index.ts';
import { type AgentId, compareKeyOrder } from '../identity/index.ts';
import type { RevocationSubject } from '../revocation/index.ts';
import type {
  QuarantineKind,
  QuarantineOrderPredicate,
  QuarantineReleasePredicate,
} from '../statement/index.ts';
import { IssuerSequences } from './issuers.ts';
import {
  EARLY_RELEASES_MAX,
  FOUND_ORIGINS_MAX,
  ORDERS_MAX,
  ORDERS_PER_ISSUER_MAX,
  QUARANTINE_CLOCK_MS,
  STRANGE_ORDERS_MAX,
} from './limits.ts';

/** A verified order. */
export interface QuarantineOrder {
  /** Statement id. */
  readonly id: string;
  readonly issuer: AgentId;
  readonly order: QuarantineOrderPredicate;
  /** The key that signed it: when that is revoked, so is its word. */
  readonly signer: RevocationSubject;
  /** Logs that it was found in: whoever steals a key of an agent cannot write into the log of its node. */
  readonly origins: ReadonlySet<string>;
}

/** A verified release. */
export interface QuarantineRelease {
  readonly id: string;
  readonly issuer: AgentId;
  readonly release: QuarantineReleasePredicate;
  /** The key that signed it: what is said with a key that was stolen since opens nothing. */
  readonly signer: RevocationSubject;
  /** As of an order. */
  readonly origins: ReadonlySet<string>;
}

/** An order or a release, as far as it matters whether its word still counts. */
export type Said = Pick<QuarantineOrder, 'issuer' | 'origins' | 'signer'>;

/** Whether the word of an order or a release still counts, as who knows revocations and rotations of keys says. */
export type IsSound = (said: Said) => boolean;

/** pending: dated ahead of our clock. held: in force. expired: its end has passed. released: enough of those it names have said so. */
export type QuarantineState = 'pending' | 'held' | 'expired' | 'released';

/** What came of offering a statement. `ignore`: known already, or of no use. */
export type QuarantineVerdict = 'accept' | 'ignore' | 'full';

interface Kept extends QuarantineOrder {
  readonly isTrusted: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

const nameOf = (kind: QuarantineKind, id: string): string => `${kind}|${id}`;

/**
 * Of two releases of one order by one agent, the one that stands: under the newer key, so that no number of a thief is above the owner's; then the
 * higher number, and of equal ones always the same.
 */
function standsBefore(a: QuarantineRelease, b: QuarantineRelease): boolean {
  const [newer, older] = [a.signer.order, b.signer.order];
  const byKey = newer === undefined || older === undefined ? 0 : compareKeyOrder(newer, older);
  if (byKey !== 0) return byKey > 0;
  return a.release.sequence === b.release.sequence ? a.id < b.id : a.release.sequence > b.release.sequence;
}

/** May this release, of one whom the order names, count? The issuer's own must be newer than the order: a lower number never wins. */
function counts({ issuer, release }: QuarantineRelease, of: QuarantineOrder): boolean {
  return issuer !== of.issuer || release.sequence > of.order.sequence;
}

/** Every order and release that a node knows. */
export class QuarantineBook {
  readonly #orders = new Map<string, Kept>();
  readonly #byTarget = new Map<string, Set<string>>();
  /** By order, by agent. */
  readonly #releases = new Map<string, Map<AgentId, QuarantineRelease>>();
  /** Releases of orders that are not here yet, oldest first. */
  readonly #early = new Map<string, QuarantineRelease & { readonly isTrusted: boolean }>();
  readonly #issuers = new IssuerSequences();
  #strangers = 0;

  get size(): number {
    return this.#orders.size;
  }

  /** Adds an order. `isTrusted`: its issuer is one of those who are obeyed; the others' orders give way to each other. */
  addOrder(entry: QuarantineOrder, isTrusted: boolean, nowMs: number): QuarantineVerdict {
    const { id, issuer, order } = entry;
    const known = this.#orders.get(id);
    if (known !== undefined) return foundAgain(known, entry);
    if (!this.#makeRoom(issuer, isTrusted, nowMs)) return 'full';
    const kept = {
      ...entry,
      isTrusted,
      fromMs: timeMs(order.issuedAt) - QUARANTINE_CLOCK_MS,
      untilMs: timeMs(order.expiresAt) + QUARANTINE_CLOCK_MS,
    };
    this.#orders.set(id, kept);
    if (!isTrusted) this.#strangers += 1;
    for (const target of order.targets) {
      const name = nameOf(target.kind, target.id);
      const named = this.#byTarget.get(name) ?? new Set();
      this.#byTarget.set(name, named.add(id));
    }
    this.#issuers.note(issuer, order.sequence, id, isTrusted);
    for (const early of [...this.#early.values()])
      if (early.release.order === id) {
        this.#early.delete(early.id);
        this.#addTo(kept, early);
      }
    return 'accept';
  }

  /** Adds a release; one whose order is not known yet waits for it. */
  addRelease(entry: QuarantineRelease, isTrusted: boolean): QuarantineVerdict {
    const of = this.#orders.get(entry.release.order);
    if (of !== undefined && !of.order.release.by.includes(entry.issuer)) return 'ignore';
    const known = of === undefined ? this.#early.get(entry.id) : this.#known(entry);
    if (known !== undefined) return foundAgain(known, entry);
    this.#issuers.note(entry.issuer, entry.release.sequence, entry.id, isTrusted);
    if (of !== undefined) this.#addTo(of, entry);
    else {
      this.#early.set(entry.id, { ...entry, isTrusted });
      if (this.#early.size > EARLY_RELEASES_MAX) this.#dropEarly();
    }
    return 'accept';
  }

  #dropEarly(): void {
    const all = [...this.#early.values()];
    const first = all.find((one) => !one.isTrusted) ?? all[0];
    if (first !== undefined) this.#early.delete(first.id);
  }

  #known({ id, issuer, release }: QuarantineRelease): QuarantineRelease | undefined {
    const held = this.#releases.get(release.order)?.get(issuer);
    return held?.id === id ? held : undefined;
  }

  /** Keeps a release of one whom the order names, and no other. */
  #addTo(of: QuarantineOrder, entry: QuarantineRelease): void {
    if (!of.order.release.by.includes(entry.issuer)) return;
    const all = this.#releases.get(of.id) ?? new Map<AgentId, QuarantineRelease>();
    const before = all.get(entry.issuer);
    if (before === undefined || standsBefore(entry, before)) all.set(entry.issuer, entry);
    this.#releases.set(of.id, all);
  }

  get(id: string): QuarantineOrder | undefined {
    return this.#orders.get(id);
  }

  /** Every order that names this thing, oldest number first. */
  naming(kind: QuarantineKind, id: string): QuarantineOrder[] {
    const ids = this.#byTarget.get(nameOf(kind, id));
    if (ids === undefined) return [];
    return [...ids].map((one) => this.#orders.get(one) as Kept).sort(byNumber);
  }

  /** How an order stands at a time. A sound release counts at any time: whoever signed it meant this order and no other. */
  stateOf(id: string, nowMs: number, isSound: IsSound = () => true): QuarantineState | undefined {
    const kept = this.#orders.get(id);
    if (kept === undefined) return undefined;
    if (this.releasesOf(id).filter(isSound).length >= kept.order.release.threshold) return 'released';
    if (nowMs < kept.fromMs) return 'pending';
    return nowMs < kept.untilMs ? 'held' : 'expired';
  }

  /** The releases of an order that count, one an agent. */
  releasesOf(id: string): QuarantineRelease[] {
    const kept = this.#orders.get(id);
    if (kept === undefined) return [];
    return [...(this.#releases.get(id)?.values() ?? [])]
      .filter((release) => counts(release, kept))
      .sort((a, b) => (a.issuer < b.issuer ? -1 : 1));
  }

  /** Every order. */
  list(): QuarantineOrder[] {
    return [...this.#orders.values()];
  }

  /** The highest number of what an issuer said that is held here and sound, 0 before its first. */
  newest(issuer: AgentId, isSound: IsSound = () => true): number {
    let newest = 0;
    const take = (said: Said, sequence: number) => {
      if (said.issuer === issuer && sequence > newest && isSound(said)) newest = sequence;
    };
    for (const one of this.#orders.values()) take(one, one.order.sequence);
    for (const one of this.#early.values()) take(one, one.release.sequence);
    for (const all of this.#releases.values()) {
      const one = all.get(issuer);
      if (one !== undefined) take(one, one.release.sequence);
    }
    return newest;
  }

  /** Numbers of an issuer, up to this one, that are missing here: an order may be among them. */
  missing(issuer: AgentId, upTo: number): number {
    return this.#issuers.missing(issuer, upTo);
  }

  /** Issuers that signed two statements with one number: the key is in more hands than one. Both hold. */
  forked(): AgentId[] {
    return this.#issuers.forked();
  }

  #makeRoom(issuer: AgentId, isTrusted: boolean, nowMs: number): boolean {
    if (!isTrusted && this.#strangers >= STRANGE_ORDERS_MAX) this.#dropFirst((one) => !one.isTrusted);
    if (!isTrusted) return true;
    // Not what was released before its end: told of again, without its release, it would hold again.
    const isOver = (one: Kept): boolean => one.isTrusted && one.untilMs <= nowMs;
    if (this.#orders.size - this.#strangers >= ORDERS_MAX && !this.#dropFirst(isOver)) return false;
    const own = [...this.#orders.values()].filter((one) => one.issuer === issuer).length;
    return own < ORDERS_PER_ISSUER_MAX || this.#dropFirst((one) => one.issuer === issuer && isOver(one));
  }

  #dropFirst(test: (one: Kept) => boolean): boolean {
    for (const one of this.#orders.values()) {
      if (!test(one)) continue;
      this.#orders.delete(one.id);
      this.#releases.delete(one.id);
      if (!one.isTrusted) this.#strangers -= 1;
      for (const { kind, id } of one.order.targets) {
        const named = this.#byTarget.get(nameOf(kind, id));
        named?.delete(one.id);
        if (named?.size === 0) this.#byTarget.delete(nameOf(kind, id));
      }
      return true;
    }
    return false;
  }
}

/** Notes where else it was found. */
function foundAgain(known: Said, { origins }: Said): 'ignore' {
  const all = [...new Set([...known.origins, ...origins])].slice(0, FOUND_ORIGINS_MAX);
  Object.assign(known, { origins: new Set(all) });
  return 'ignore';
}

function byNumber(a: QuarantineOrder, b: QuarantineOrder): number {
  return a.order.sequence - b.order.sequence || (a.id < b.id ? -1 : 1);
}

// The link reports of a network's relays: the newest of each author, checked, handed to the policy, and passed on. Where a peer can be reached is
// what that peer itself announces: its last link is added here to the reports of the relays that it names, so no relay can claim a peer.

import { toHex } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import {
  AUTHORS_MAX,
  CALM_REPORT_MS,
  type LinkReport,
  REPORT_LINKS_MAX,
  type ReportedLink,
  type RoutingEvent,
  type Telling,
  type ToldLinks,
  telling,
} from '../../protocol/routing/index.ts';
import { signLinkReport, verifyLinkReport } from './link-report.ts';
import type { Relays } from './relays.ts';

/** Peers whose ways are kept up because somebody asked for them lately. */
export const WANTED_MAX = 512;
/** A peer that nobody asked for during this time is let go. */
const WANTED_MS = 600_000;
/** Expected at least for the last link of a peer that has not measured it; no less than the longest that it has, or what is unknown would be preferred. */
const LAST_LINK_MS = 30;
/** Reports that wait for one neighbour: the newest of every author. */
const WAITING_MAX = AUTHORS_MAX;
/** Neighbours to which reports are passed on. */
const READERS_MAX = 1_024;
/** A reader that has not asked for reports during this time gets none. */
const READER_MS = 60_000;
/** Reports that were checked lately, by digest, with their author: every one comes by several ways. */
const SEEN_MAX = 4_096;
/**
 * Pause after which a report is passed on to those as well that are connected with its author and hear it from there: that connection may have died
 * without a word. Shorter than a report is in force.
 */
const COPY_MS = 2 * CALM_REPORT_MS;
/** Region of a relay that has not announced itself. */
const UNKNOWN_REGION = 'unknown';

interface Held {
  readonly report: LinkReport;
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly told: ToldLinks;
  /** When it was last passed on to those as well that are connected with its author. */
  readonly copiedAt: number;
}
interface Wanted {
  askedAt: number;
  exits: string;
  relays: readonly string[];
}
interface Reader {
  askedAt: number;
  passedAt: number;
  /** Something that waits is news. */
  isUrgent: boolean;
  readonly waiting: Set<string>;
}

export interface ReportsDeps {
  readonly self: string;
  readonly seed: Uint8Array;
  readonly relays: Pick<Relays, 'exitsOf' | 'get' | 'region'>;
  readonly now: () => number;
  readonly observe: (event: RoutingEvent) => void;
}

/** The reports that a node holds. */
export class Reports {
  readonly #deps: ReportsDeps;
  readonly #held = new Map<string, Held>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #seen = new Map<string, string>();
  readonly #readers = new Map<string, Reader>();
  /** Of what the policy is told: larger than any of an earlier run. */
  #sequence: bigint;

  constructor(deps: ReportsDeps) {
    this.#deps = deps;
    this.#sequence = BigInt(Math.trunc(deps.now())) * 1_000n;
  }

  list(): LinkReport[] {
    return [...this.#held.values()].map(({ report }) => report);
  }

  /** Peers that somebody asked for lately, the newest last. */
  destinations(): string[] {
    return [...this.#wanted.keys()];
  }

  /** Somebody asks for ways to a peer: the policy is told where it can be reached. */
  wanted(peer: string): void {
    const now = this.#deps.now();
    const known = this.#wanted.get(peer);
    if (known !== undefined) {
      known.askedAt = now;
      return;
    }
    if (this.#wanted.size >= WANTED_MAX) this.#wanted.delete(this.#wanted.keys().next().value as string);
    this.#wanted.set(peer, { askedAt: now, exits: '', relays: [] });
    this.#follow(peer);
  }

  /** One round: peers that moved, peers that nobody asks for, readers that have gone. */
  refresh(now: number): void {
    for (const [peer, { askedAt }] of this.#wanted)
      if (now - askedAt > WANTED_MS) this.#wanted.delete(peer);
      else this.#follow(peer);
    for (const [reader, { askedAt }] of this.#readers)
      if (now - askedAt > READER_MS) this.#readers.delete(reader);
  }

  /** Tells the policy of the relays of a peer whose announcement has changed. */
  #follow(peer: string): void {
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined) return;
    const exits = this.#deps.relays.exitsOf(peer).filter(({ relay }) => relay !== this.#deps.self);
    const now = exits
      .map(({ relay, rttMs }) => `${relay} ${rttMs ?? ''}`)
      .sort()
      .join();
    if (now === wanted.exits) return;
    const touched = new Set([...wanted.relays, ...exits.map(({ relay }) => relay)]);
    wanted.exits = now;
    wanted.relays = exits.map(({ relay }) => relay);
    for (const relay of touched) this.#tell(relay);
  }

  /** Tells the policy all that is held: it is another one. */
  retell(): void {
    const wanted = [...this.#wanted.values()].flatMap(({ relays }) => relays);
    for (const author of new Set([...this.#held.keys(), ...wanted]))
      if (author !== this.#deps.self) this.#tell(author);
  }

  /** Hands the policy a relay's report with the peers that say they can be reached through it. */
  #tell(author: string): void {
    const held = this.#held.get(author)?.report;
    const links: ReportedLink[] = [...(held?.links ?? [])];
    for (const [peer, { relays }] of this.#wanted) {
      if (!relays.includes(author) || links.length >= REPORT_LINKS_MAX) continue;
      const exits = this.#deps.relays.exitsOf(peer);
      const unknownMs = Math.max(LAST_LINK_MS, ...exits.map(({ rttMs }) => rttMs ?? 0));
      const exit = exits.find(({ relay }) => relay === author);
      links.push({ to: peer, costMs: exit?.rttMs ?? unknownMs });
    }
    this.#sequence += 1n;
    this.#deps.observe({
      kind: 'reported',
      report: { author, sequence: this.#sequence, region: held?.region ?? this.#regionOf(author), links },
    });
  }

  #regionOf(author: string): string {
    const region = this.#deps.relays.region(author);
    return region === '' ? UNKNOWN_REGION : region;
  }

  /**
   * This node's own report: signed and passed on where it says something new, or nothing was said for CALM_REPORT_MS. Everybody checks each one that
   * comes, so one a second took a quiet network more than its probes.
   */
  own(report: LinkReport): void {
    const { seed, self } = this.#deps;
    const news = this.#telling(report);
    if (!news.isTold) return;
    const bytes = signLinkReport(report, seed);
    this.#hold(report, bytes, toHex(sha256(bytes)), self, news);
  }

  /** A report that a neighbour passed on; answers whether it is news. Throws SIGNATURE_INVALID or DECODE_FAILED. */
  take(bytes: Uint8Array, from: string): boolean {
    const digest = toHex(sha256(bytes));
    const author = this.#seen.get(digest);
    if (author !== undefined) {
      // Who passes it on has it.
      if (this.#held.get(author)?.digest === digest) this.#readers.get(from)?.waiting.delete(author);
      return false;
    }
    const report = verifyLinkReport(bytes);
    this.#seen.set(digest, report.author);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(this.#seen.keys().next().value as string);
    if (report.author === this.#deps.self) return false;
    // Keys are free: without this, whoever relays could fill everybody's map with authors that nobody has ever met.
    if (this.#deps.relays.get(report.author) === undefined) return false;
    if ((this.#held.get(report.author)?.report.sequence ?? -1n) >= report.sequence) return false;
    this.#hold(report, bytes, digest, from, this.#telling(report));
    this.#tell(report.author);
    return true;
  }

  #telling({ author, links }: LinkReport): Telling {
    return telling(links, this.#held.get(author)?.told, this.#deps.now());
  }

  #hold(
    report: LinkReport,
    bytes: Uint8Array,
    digest: string,
    from: string,
    { isUrgent, told }: Telling,
  ): void {
    const before = this.#held.get(report.author);
    const now = this.#deps.now();
    const isCopied = before === undefined || now - before.copiedAt >= COPY_MS;
    const copiedAt = isCopied ? now : before.copiedAt;
    this.#held.delete(report.author);
    this.#held.set(report.author, { report, bytes, digest, told, copiedAt });
    if (this.#held.size > AUTHORS_MAX) this.#held.delete(this.#held.keys().next().value as string);
    const isOwn = report.author === this.#deps.self;
    const linked = new Set(isOwn || isCopied ? [] : report.links.map(({ to }) => to));
    for (const [reader, known] of this.#readers) {
      if (reader === from) known.waiting.delete(report.author);
      else if (reader !== report.author && !linked.has(reader) && known.waiting.size < WAITING_MAX) {
        known.waiting.add(report.author);
        known.isUrgent ||= isUrgent;
      }
    }
  }

  /** A neighbour wants reports: it gets all at first, then what is new. */
  read(reader: string): void {
    const known = this.#readers.get(reader);
    if (known !== undefined) {
      known.askedAt = this.#deps.now();
      return;
    }
    if (this.#readers.size >= READERS_MAX) return;
    const waiting = new Set([...this.#held.keys()].filter((author) => author !== reader));
    this.#readers.set(reader, {
      askedAt: this.#deps.now(),
      passedAt: 0,
      isUrgent: true,
      waiting,
    });
  }

  /** A reader is connected no more. */
  left(reader: string): void {
    this.#readers.delete(reader);
  }

  /** What waits for each reader, at most `bytesMax` bytes each; taken out. */
  drain(bytesMax: number): Map<string, Uint8Array[]> {
    const { now, relays } = this.#deps;
    const batches = new Map<string, Uint8Array[]>();
    for (const [reader, known] of this.#readers) {
      const { passedAt, waiting } = known;
      if (waiting.size === 0) continue;
      // Readers that only send get reports as seldom as those without news: they choose a first hop, and forward nothing.
      const isEarly = now() - passedAt < CALM_REPORT_MS;
      if (isEarly && (!known.isUrgent || relays.get(reader) === undefined)) continue;
      known.passedAt = now();
      known.isUrgent = false;
      const batch: Uint8Array[] = [];
      let size = 0;
      for (const author of waiting) {
        const bytes = this.#held.get(author)?.bytes;
        if (bytes !== undefined && size + bytes.length > bytesMax) break;
        waiting.delete(author);
        if (bytes === undefined) continue;
        batch.push(bytes);
        size += bytes.length;
      }
      if (batch.length > 0) batches.set(reader, batch);
    }
    return batches;
  }
}
